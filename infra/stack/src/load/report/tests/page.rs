use super::wellformed::check;
use crate::load::report::{compare, html};
use crate::load::summary::{Kind, Limit, Summary, Unit, Verdict, What, sample};

fn page(run: &Summary) -> String {
    let page = html(run, None);
    check(&page);
    page
}

fn without_title(page: &str) -> &str {
    page.split_once("<h1").unwrap().1
}

#[test]
fn a_good_run_says_so_and_needs_nothing_else() {
    let page = page(&sample::summary());
    assert!(page.contains("<h1 class=\"good\">Every promise held</h1>"));
    for outside in ["<script", "<link", "<img", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.replace("http://www.w3.org/2000/svg", "").matches("://").count(), 0);
    for wanted in
        ["Latency over time", "Percentiles", "Hit ratio", "Cache-Status", "readers", "Load of the origin", "3f9c2d17a0b4"]
    {
        assert!(page.contains(wanted), "{wanted}");
    }
}

#[test]
fn a_broken_promise_is_in_the_title_and_in_the_table() {
    let mut run = sample::summary();
    run.checks[2].verdict = Verdict::NotMet;
    let page = page(&run);
    assert!(page.contains(&format!("<h1 class=\"bad\">1 of {} promises did not hold</h1>", run.checks.len())));
    // Once among the promises, once beside the figures.
    assert_eq!(page.matches("<b>✗ not met</b>").count(), 2);
}

#[test]
fn a_p99_of_few_samples_is_marked_invalid() {
    let mut run = sample::summary();
    for region in &mut run.regions {
        region.kinds.retain(|kind, _| *kind == Kind::WarmKept);
    }
    assert!(!page(&run).contains("invalid: n below 1,000"));
    run.regions[1].kinds.get_mut(&Kind::WarmKept).unwrap().n = 999;
    assert_eq!(page(&run).matches("invalid: n below 1,000").count(), 1);

    // Even where whoever wrote the file found it good.
    run.checks[0].n = 999;
    assert_eq!(run.checks[0].verdict, Verdict::Met);
    let page = page(&run);
    assert!(page.contains("1 of 21 promises could not be judged"));
    assert!(page.contains("a p99 needs 1000 samples, this has 999"));
}

#[test]
fn a_run_on_a_busy_machine_has_no_good_figure() {
    let mut run = sample::summary();
    run.busy = 0.82;
    let page = page(&run);
    assert!(page.contains("<h1 class=\"odd\">This run proves nothing: the machine was 82 % busy</h1>"));
    assert!(!without_title(&page).contains("✓ met"));
    assert_eq!(page.matches("invalid: machine too busy").count(), 4 * 4 + 4 * 2);
}

#[test]
fn foreign_text_stays_text() {
    let mut run = sample::summary();
    let evil = "<script>alert(\"1\")</script>&'";
    for text in [&mut run.workload, &mut run.wan, &mut run.parts, &mut run.commit, &mut run.date, &mut run.machine] {
        *text = evil.to_owned();
    }
    run.notes.push(evil.to_owned());
    run.spans[0].what = evil.to_owned();
    run.regions[0].name = evil.to_owned();
    run.regions[0].cache_status.insert(evil.to_owned(), 9_999_999);
    run.checks[0].what = What::Other(evil.to_owned());
    run.checks[1].verdict = Verdict::Invalid(evil.to_owned());
    let comparison = compare(&sample::summary(), &run);
    let page = html(&run, Some(&comparison));
    check(&page);
    assert!(!page.contains("<script") && page.matches("&lt;script&gt;").count() > 10);
}

#[test]
fn an_empty_run_is_a_whole_page_too() {
    let mut run = sample::summary();
    run.checks.clear();
    run.origin.clear();
    run.spans.clear();
    for region in &mut run.regions {
        region.kinds.clear();
        region.series.clear();
        region.cache_status.clear();
        (region.requests, region.applied_ms, region.visible_ms) = (0, None, None);
    }
    assert!(page(&run).contains("it checked no promise"));
    run.regions.clear();
    page(&run);
}

#[test]
fn errors_are_seen_and_those_that_were_expected_apart() {
    let mut run = sample::summary();
    run.regions[3].errors = 12;
    run.regions[3].errors_in_window = 345;
    run.regions[3].series[9].errors = 12;
    let errors = What::Other("errors".to_owned());
    run.checks = vec![crate::load::summary::Check::judge(errors, None, Limit::AtMost(0.0), Unit::Count, Some(12.0), 1)];
    let page = page(&run);
    assert!(page.contains("<td class=\"number missed\">12</td><td class=\"number\">345</td>"));
    assert!(page.contains("12 errors (and 345 while they were expected)"));
    assert!(page.contains("1 of 1 promises did not hold"));
}
