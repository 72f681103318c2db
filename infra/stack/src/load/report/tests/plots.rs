//! That what the plots draw is what was measured.

use super::wellformed::check;
use crate::load::report::{hits, latency, origin, tail};
use crate::load::summary::{Point, Region, Summary, sample};

fn each(run: &mut Summary, change: impl Fn(&mut Point)) {
    run.regions.iter_mut().flat_map(|region: &mut Region| &mut region.series).for_each(change);
}

/// The paths of a class, without those of the legend.
fn drawn<'a>(html: &'a str, class: &str) -> Vec<&'a str> {
    let plots = html.split_once("class=\"panels\"").unwrap().1;
    let open = format!("<path class=\"{class}\" d=\"");
    plots.split(&open).skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
}

#[test]
fn latency_has_a_line_a_percentile_and_the_promise_at_its_height() {
    let mut run = sample::summary();
    each(&mut run, |point| (point.n, point.p95) = (1_000, 600.0));
    let html = latency::over_time(&run);
    check(&html);
    for class in ["p50", "p95", "p99", "promise"] {
        assert_eq!(drawn(&html, class).len(), 4, "{class}");
    }
    // Asia's readers waited what Asia was promised, so its p95 lies on the promise.
    let height = drawn(&html, "promise")[3].split('L').next().unwrap().split(' ').nth(1).unwrap();
    let p95 = drawn(&html, "p95")[3];
    assert_eq!(p95.matches(&format!(" {height}")).count(), 120, "{height}: {p95}");
    // And those of South America, where less was promised, above it: further up is less.
    let promise: f64 = drawn(&html, "promise")[0].split('L').next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    assert!(height.parse::<f64>().unwrap() < promise);
}

#[test]
fn a_p99_of_few_samples_is_not_drawn_and_empty_stretches_are_gaps() {
    let mut run = sample::summary();
    each(&mut run, |point| point.n = 999);
    run.regions[0].series[40].n = 0;
    let html = latency::over_time(&run);
    assert!(drawn(&html, "p99").is_empty() && html.contains("so none is drawn here"));
    let pieces: Vec<usize> = drawn(&html, "p95").into_iter().map(|path| path.matches('M').count()).collect();
    assert_eq!(pieces, [2, 1, 1, 1]);
}

#[test]
fn a_wait_far_beyond_the_promise_is_cut_off_and_said_so() {
    let mut run = sample::summary();
    assert!(!latency::over_time(&run).contains("The axis ends"));
    run.regions[2].series[3].p95 = 30_000.0;
    let html = latency::over_time(&run);
    assert!(html.contains("The axis ends at 1,800 ms") && html.contains("p95 30,000 ms"));
}

#[test]
fn percentiles_show_what_is_not_to_be_relied_on() {
    let html = tail::percentiles(&sample::summary());
    check(&html);
    // Of 640 samples only the p99 lacks the ten beyond it; each line ends with a cross.
    assert_eq!(html.matches("class=\"mark series s3 open\"").count(), 4 + 4);
    assert_eq!(html.matches("class=\"mark series s1 open\"").count(), 4);
    assert_eq!(html.matches("class=\"mark series s1 full\"").count(), 4 * 4);
}

#[test]
fn bars_of_reasons_are_as_wide_as_their_share() {
    let mut run = sample::summary();
    for region in &mut run.regions {
        region.cache_status = [("hit", 300), ("uri-miss", 100)].map(|(reason, many)| (reason.to_owned(), many)).into();
    }
    let html = hits::by_reason(&run);
    check(&html);
    assert_eq!(html.matches("width=\"645.0\"").count(), 4);
    assert_eq!(html.matches("width=\"215.0\"").count(), 4);
    assert_eq!(html.matches("<title>hit: 300 (75.0 %)</title>").count(), 4);
}

#[test]
fn lines_of_hits_and_of_the_origin_go_on_as_long_as_the_run() {
    let run = sample::summary();
    for html in [hits::ratio_over_time(&run), origin::load(&run)] {
        check(&html);
        let line = html.split("<figure>").nth(1).unwrap().split("class=\"series s1\" d=\"").nth(1).unwrap();
        assert_eq!(line.split_once('"').unwrap().0.matches('L').count(), 119);
    }
}
