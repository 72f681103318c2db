//! From samples to a summary: percentiles by region, the course of the run, and which promise held.

use std::collections::BTreeMap;

use serde_json::Value;

use super::samples::Samples;
use super::stats::{Percentiles, Quantile, p99_valid};
use super::summary::{Check, Kind, Limit, Point, Region, Unit, What};
use super::workload::{Workload, applied_limit_ms, promise_ms, visible_limit_ms};
use crate::error::Result;
use crate::wan::Profile;
use crate::wan::plan::origin_rtt_ms;

/// Of all journeys.
const LEFT_OUT_MAX: f64 = 0.01;
/// A plot of more points says no more.
const POINTS: u64 = 60;
/// The least time between two versions of a watched review: `loadtests/lib/pace.js`.
const UNSEEN_MS: f64 = 1000.0;

/// Versions that nobody saw were overtaken by their successors, a second later at the earliest. They are the slowest of all,
/// and a percentile without them would flatter.
pub fn count_unseen(samples: &mut Samples, watched_edits: u64) {
    let seen = samples.visible.len() as u64;
    samples.visible.extend((seen..watched_edits).map(|_| UNSEEN_MS));
}

/// One region's own figures.
pub fn region(
    name: &'static str,
    wan: Option<Profile>,
    samples: &Samples,
    applied: &[f64],
    began: u64,
    asked: u64,
) -> Result<Region> {
    let mut kinds: BTreeMap<Kind, Vec<f64>> = BTreeMap::new();
    for wait in &samples.waits {
        if let Some(kind) = wait.kind {
            kinds.entry(kind).or_default().push(wait.ms);
        }
    }
    let kinds = kinds.into_iter().filter_map(|(kind, mut waits)| Some((kind, Percentiles::of(&mut waits)?))).collect();
    Ok(Region {
        name: name.to_owned(),
        leg_ms: wan.map_or(0.0, |wan| f64::from(wan.leg_ms(name))),
        origin_rtt_ms: if wan.is_some() { f64::from(origin_rtt_ms(name)?) } else { 0.0 },
        promise_ms: promise_ms(name),
        requests: samples.waits.len() as u64,
        errors: samples.errors.len() as u64,
        errors_in_window: samples.errors_in_window,
        kinds,
        cache_status: samples.reasons.clone(),
        applied_ms: Percentiles::of(&mut applied.to_vec()),
        visible_ms: Percentiles::of(&mut samples.visible.clone()),
        unconfirmed: samples.unconfirmed,
        origin_requests: asked,
        series: series(samples, began),
    })
}

fn series(samples: &Samples, began: u64) -> Vec<Point> {
    let seconds = |at: u64| at.saturating_sub(began);
    let last = samples.waits.iter().map(|wait| seconds(wait.at)).max().unwrap_or_default();
    let width = (last / POINTS).max(1);
    let mut buckets: BTreeMap<u64, (Vec<f64>, u64, u64)> = BTreeMap::new();
    for wait in &samples.waits {
        let (waits, hits, _) = buckets.entry(seconds(wait.at) / width).or_default();
        waits.push(wait.ms);
        *hits += u64::from(matches!(wait.kind, Some(Kind::WarmKept | Kind::WarmNew)));
    }
    for at in &samples.errors {
        buckets.entry(seconds(*at) / width).or_default().2 += 1;
    }
    let points = buckets.into_iter().map(|(place, (mut waits, hits, errors))| {
        let t_s = (place * width) as f64;
        match Percentiles::of(&mut waits) {
            Some(found) => Point { t_s, n: found.n, p50: found.p50, p95: found.p95, p99: found.p99, hits, errors },
            // Nothing but errors.
            None => Point { t_s, n: 0, p50: 0.0, p95: 0.0, p99: 0.0, hits: 0, errors },
        }
    });
    points.collect()
}

/// The promises that a run in one region can keep or break. On a bad day a lost packet costs a second, so there
/// the p95 is held and the p99 only shown. A short test has too few samples to tell kinds apart.
pub fn checks(region: &Region, samples: &Samples, wan: Option<Profile>, workload: &Workload) -> Result<Vec<Check>> {
    let held = if wan == Some(Profile::BadDay) { Quantile::P95 } else { Quantile::P99 };
    let name = Some(region.name.as_str());
    // Where nobody was answered or refused, nothing was measured.
    let errors = (region.requests + region.errors > 0).then_some(region.errors as f64);
    let mut checks =
        vec![Check::judge(What::Other("errors".to_owned()), name, Limit::AtMost(0.0), Unit::Count, errors, region.requests)];
    if workload.is_test() {
        let all = Percentiles::of(&mut samples.waits.iter().map(|wait| wait.ms).collect::<Vec<_>>());
        let (value, n) = (all.map(|all| all.p95), all.map_or(0, |all| all.n));
        checks.push(Check::judge(
            What::Other("all waits, p95".to_owned()),
            name,
            Limit::Below(region.promise_ms),
            Unit::Ms,
            value,
            n,
        ));
        return Ok(checks);
    }
    for kind in Kind::ALL {
        let limit = match (kind, wan) {
            // Its readers end at an edge that is not near.
            _ if workload.lost_region().is_some_and(|(lost, _)| lost == region.name) => region.promise_ms,
            // What the issue promises of near readers; others are promised the whole.
            (Kind::WarmKept, Some(Profile::Near) | None) => 100.0,
            (Kind::WarmNew, Some(Profile::Near) | None) => 200.0,
            _ => region.promise_ms,
        };
        let found = region.kinds.get(&kind);
        if found.is_none() && !workload.kinds.contains(&kind) {
            continue;
        }
        let (value, n) = (found.map(|found| found.at(held)), found.map_or(0, |found| found.n));
        checks.push(Check::judge(What::Wait(kind, held), name, Limit::Below(limit), Unit::Ms, value, n));
    }
    if let Some(crowd) = Percentiles::of(&mut samples.crowd.clone()) {
        let asked = What::Other("the crowd's requests to the origin".to_owned());
        checks.push(Check::judge(asked, name, Limit::AtMost(1.0), Unit::Count, Some(samples.crowd_asked as f64), crowd.n));
        // Enough of them for a p99, or it is none.
        let value = p99_valid(crowd.n).then_some(crowd.p99);
        let waits = What::Other("the crowd, p99".to_owned());
        checks.push(Check::judge(waits, name, Limit::Below(region.promise_ms), Unit::Ms, value, crowd.n));
    }
    if workload.edits_per_s > 0.0 {
        let rtt = if wan.is_some() { origin_rtt_ms(&region.name)? } else { 0 };
        let leg = wan.map_or(0, |wan| wan.leg_ms(&region.name));
        for (what, limit, found) in [
            (What::Applied(held), applied_limit_ms(rtt), region.applied_ms),
            (What::Visible(held), visible_limit_ms(rtt, leg), region.visible_ms),
        ] {
            let (value, n) = (found.map(|found| found.at(held)), found.map_or(0, |found| found.n));
            checks.push(Check::judge(what, name, Limit::Below(limit), Unit::Ms, value, n));
        }
    }
    Ok(checks)
}

/// What k6 itself found broken and is not judged here: counts and shares, not percentiles.
pub fn broken_thresholds(client: &str, said: &Value) -> Vec<Check> {
    let broken = said["thresholds"].as_array().into_iter().flatten().filter(|threshold| threshold["ok"] == false);
    let named = broken.filter_map(|threshold| Some((threshold["metric"].as_str()?, threshold["limit"].as_str()?)));
    let ours = named.filter(|(metric, limit)| !limit.starts_with("p(") && !metric.starts_with("reader_errors"));
    let check = |what: String, count: f64| Check::judge(What::Other(what), None, Limit::AtMost(0.0), Unit::Count, Some(count), 1);
    let broken = ours.map(|(metric, limit)| check(format!("{client}: {metric} {limit}"), 1.0));
    // Those who should have come and did not, as k6 had no one left to play them: more than a few, and the model was
    // not open.
    let count = |name: &str| said["counts"][name].as_f64().unwrap_or_default();
    let (missing, made) = (count("dropped_iterations"), count("iterations"));
    let many = missing > LEFT_OUT_MAX * (missing + made);
    broken.chain(many.then(|| check(format!("{client}: journeys left out"), missing))).collect()
}

pub fn script_errors(client: &str, count: usize) -> Option<Check> {
    let what = What::Other(format!("{client}: errors of the script"));
    (count > 0).then(|| Check::judge(what, None, Limit::AtMost(0.0), Unit::Count, Some(count as f64), 1))
}

#[cfg(test)]
mod tests {
    use super::super::samples::Wait;
    use super::super::summary::Verdict;
    use super::*;

    fn measured(ms: f64, errors: Vec<u64>) -> Region {
        let waits = (0..2000).map(|n| Wait { at: 100 + n / 10, ms, kind: Some(Kind::WarmKept) }).collect();
        let samples = Samples { waits, errors, ..Samples::default() };
        region("eu", Some(Profile::Near), &samples, &[], 100, 7).unwrap()
    }

    #[test]
    fn the_course_of_a_run_has_few_points_and_loses_nobody() {
        let region = measured(50.0, vec![110, 110]);
        assert!(region.series.len() <= POINTS as usize + 10);
        assert_eq!(region.series.iter().map(|point| point.n).sum::<u64>(), 2000);
        assert_eq!(region.series.iter().map(|point| point.errors).sum::<u64>(), 2);
        assert_eq!(region.hit_ratio(), Some(1.0));
    }

    #[test]
    fn a_version_that_nobody_saw_is_among_the_slowest() {
        let mut samples = Samples { visible: vec![50.0; 980], ..Samples::default() };
        count_unseen(&mut samples, 1000);
        assert_eq!((samples.visible.len(), Percentiles::of(&mut samples.visible).unwrap().p99), (1000, UNSEEN_MS));
        // Who has seen the first text as a new one has seen one more than were written.
        count_unseen(&mut samples, 999);
        assert_eq!(samples.visible.len(), 1000);
    }

    #[test]
    fn a_count_that_k6_found_broken_is_named() {
        let said = serde_json::json!({"thresholds": [
            {"metric": "checks", "limit": "rate==1", "ok": false},
            {"metric": "reader_wait_ms{kind:cold_new}", "limit": "p(99)<600", "ok": false},
            {"metric": "editor_errors", "limit": "count==0", "ok": true},
        ]});
        let found = broken_thresholds("eu", &said);
        let dropped = serde_json::json!({"counts": {"dropped_iterations": 3}});
        assert_eq!((found.len(), broken_thresholds("eu", &dropped)[0].value), (1, Some(3.0)));
        assert_eq!((found[0].what.words(), &found[0].verdict), ("eu: checks rate==1".to_owned(), &Verdict::NotMet));
    }

    #[test]
    fn a_slow_hit_or_one_error_breaks_a_promise() {
        let verdicts = |region: &Region| -> Vec<bool> {
            checks(
                region,
                &Samples::default(),
                Some(Profile::Near),
                &Workload { edits_per_s: 0.0, ..Workload::parse("publish-storm").unwrap() },
            )
            .unwrap()
            .iter()
            .map(|check| check.verdict == Verdict::Met)
            .collect()
        };
        assert_eq!(verdicts(&measured(50.0, Vec::new())), [true, true]);
        assert_eq!(verdicts(&measured(100.0, Vec::new())), [true, false]);
        assert_eq!(verdicts(&measured(50.0, vec![101])), [false, true]);
    }
}
