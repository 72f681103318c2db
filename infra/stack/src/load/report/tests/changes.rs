use super::wellformed::check;
use crate::load::report::comparison::{Change, Worth, compare};
use crate::load::report::{html, plot_for_readme};
use crate::load::summary::{Kind, Region, Summary, Verdict, sample};

fn changed(spoil: impl FnOnce(&mut Summary)) -> Vec<Change> {
    let mut now = sample::summary();
    spoil(&mut now);
    compare(&sample::summary(), &now).changes
}

fn move_p99(of: &mut Region, kind: Kind, by: f64) {
    of.kinds.get_mut(&kind).unwrap().p99 += by;
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let run = sample::summary();
    let comparison = compare(&run, &run);
    assert_eq!(comparison.changes, []);
    assert!(comparison.unlike.is_empty() && comparison.same > 60, "{}", comparison.same);
    // 640 samples are too few for that p99, in each region.
    assert_eq!(comparison.left_out.len(), 4);
    assert!(comparison.lines()[0].ends_with("figures changed beyond noise."));
}

#[test]
fn noise_is_ignored_and_a_change_is_seen() {
    // The warm p99 is near 70 ms: 10 % of it is more than 5 ms.
    let p99 = sample::summary().regions[0].kinds[&Kind::WarmKept].p99;
    assert!(p99 > 60.0);
    assert_eq!(changed(|run| move_p99(&mut run.regions[0], Kind::WarmKept, p99 * 0.099)), []);
    let seen = changed(|run| move_p99(&mut run.regions[0], Kind::WarmKept, p99 * 0.102));
    assert_eq!(
        seen.iter().map(|change| (change.what.as_str(), change.worth)).collect::<Vec<_>>(),
        [("South America: warm, connection kept, p99", Worth::Worse)]
    );
    assert!((seen[0].part.unwrap() - 0.102).abs() < 1e-9);
    let seen = changed(|run| move_p99(&mut run.regions[0], Kind::WarmKept, -p99 / 2.0));
    assert_eq!((seen.len(), seen[0].worth), (1, Worth::Better));
    // Below 50 ms it is the 5 ms that count.
    let p50 = |by: f64| changed(move |run| run.regions[2].kinds.get_mut(&Kind::WarmKept).unwrap().p50 += by);
    assert_eq!((p50(4.9).len(), p50(5.1).len()), (0, 1));
}

#[test]
fn what_is_invalid_is_not_compared() {
    assert_eq!(changed(|run| move_p99(&mut run.regions[0], Kind::ColdKept, 900.0)), []);
    let (good, mut busy) = (sample::summary(), sample::summary());
    busy.busy = 0.9;
    move_p99(&mut busy.regions[0], Kind::WarmKept, 900.0);
    for (baseline, now, which) in [(&good, &busy, "this run"), (&busy, &good, "the baseline")] {
        let comparison = compare(baseline, now);
        assert_eq!((comparison.changes.len(), comparison.same), (0, 0));
        assert!(comparison.left_out[0].contains(which));
        assert!(comparison.lines()[0].ends_with("Nothing could be compared."));
    }
}

#[test]
fn counts_are_compared_by_the_request_and_first_errors_always() {
    let scaled = |run: &mut Summary, by: u64| {
        for region in &mut run.regions {
            (region.requests, region.origin_requests) = (region.requests * 2, region.origin_requests * by);
        }
    };
    assert_eq!(changed(|run| scaled(run, 2)), []);
    let seen = changed(|run| scaled(run, 4));
    assert!(seen.len() == 4 && seen.iter().all(|change| change.worth == Worth::Worse));
    assert!((seen[0].part.unwrap() - 1.0).abs() < 1e-9);
    let seen = changed(|run| run.regions[1].errors = 1);
    assert_eq!((seen[0].what.as_str(), seen[0].now.as_str(), seen[0].part), ("North America: errors", "1", None));
    // Three instead of two may be chance.
    let (mut before, mut now) = (sample::summary(), sample::summary());
    (before.regions[1].errors, now.regions[1].errors) = (2, 3);
    assert_eq!(compare(&before, &now).changes, []);
}

#[test]
fn lost_promises_and_other_reasons_are_seen() {
    let seen = changed(|run| run.checks[0].verdict = Verdict::NotMet);
    assert_eq!((seen[0].before.as_str(), seen[0].now.as_str(), seen[0].worth), ("met", "not met", Worth::Worse));
    let seen = changed(|run| {
        run.regions[0].cache_status.insert("vary-miss".to_owned(), 1_000_000);
    });
    assert!(seen.iter().any(|change| change.what == "South America: Cache-Status vary-miss" && change.worth == Worth::Different));
}

#[test]
fn the_page_and_the_terminal_tell_of_it() {
    let (baseline, mut now) = (sample::summary(), sample::summary());
    move_p99(&mut now.regions[3], Kind::ColdNew, 90.0);
    (now.machine, now.commit) = ("another machine".to_owned(), "9999".to_owned());
    let comparison = compare(&baseline, &now);
    let page = html(&now, Some(&comparison));
    check(&page);
    assert!(page.contains("Compared with the baseline") && page.contains("<td class=\"missed\"><b>worse</b></td>"));
    assert!(page.contains("another machine now") && page.contains("more than 5 ms and by more than 10 %"));
    let lines = comparison.lines().join("\n");
    assert!(lines.contains("worse     Asia: cold, new connection, p99  "), "{lines}");
    assert!(lines.contains("commit 3f9c2d17a0b4") && lines.contains("not made alike, machine"));
}

/// `REPORT_SAMPLE=/tmp/sample cargo test -p stack the_sample` writes two to look at, `.html` and `.svg`.
#[test]
fn the_sample_can_be_looked_at() {
    let Some(path) = std::env::var_os("REPORT_SAMPLE") else { return };
    let (baseline, mut now) = (sample::summary(), sample::summary());
    let slower = now.regions[3].kinds.get_mut(&Kind::ColdNew).unwrap();
    (slower.p99, slower.max) = (slower.p99 + 190.0, slower.max + 310.0);
    let cold = &mut now.checks[17];
    (cold.value, cold.verdict) = (Some(slower.p99), Verdict::NotMet);
    (now.regions[1].errors_in_window, now.regions[1].series[63].errors) = (31, 31);
    let mut busy = now.clone();
    busy.busy = 0.82;
    for (name, run) in [("html", &now), ("busy.html", &busy)] {
        let path = std::path::Path::new(&path).with_extension(name);
        std::fs::write(&path, html(run, Some(&compare(&baseline, run)))).unwrap();
        std::fs::write(path.with_extension("svg"), plot_for_readme(run)).unwrap();
    }
}
