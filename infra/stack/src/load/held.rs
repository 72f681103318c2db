//! What our processes hold while readers read, and whether it grows: memory, connections, lag.

use std::fs;

use super::judge::POINTS;
use super::metrics::sum;
use super::summary::{Check, Held, HeldPoint, Limit, Unit, What};
use crate::system::System;

const LEAST_S: f64 = 5.0;
/// What medians of a quarter may differ by though nothing grows: allocators give back late, readers come and go.
const MEMORY_GROWTH_MAX: f64 = 0.05;
const CONNECTION_GROWTH_MAX: f64 = 0.10;
const LAG_GROWTH_MAX_MS: f64 = 10.0;
const LAG_COUNT: &str = "edge_feed_lag_seconds_count";
const LAG_SUM: &str = "edge_feed_lag_seconds_sum";
/// Of an edge, and of the origin.
const STORED: [&str; 2] = ["edge_entry_bytes", "origin_html_kept_bytes"];
const ORIGIN: &str = "origin";

/// Looks at all processes now and then.
pub struct Holdings {
    every_s: f64,
    next_s: f64,
    pids: Vec<u32>,
    /// Of each edge: events that it has applied, and their lag in all, in seconds.
    lags: Vec<(f64, f64)>,
    pub held: Vec<Held>,
}

impl Holdings {
    pub fn new(system: &System, seconds: u64) -> Self {
        let edges = system.edges.iter().map(|edge| (format!("edge {}", edge.region), edge.process.pid()));
        let all = edges.chain([(ORIGIN.to_owned(), system.origin.process.pid())]);
        let (names, pids): (Vec<_>, Vec<_>) = all.unzip();
        Self {
            every_s: (seconds as f64 / POINTS as f64).max(LEAST_S),
            next_s: 0.0,
            pids,
            lags: vec![(0.0, 0.0); system.edges.len()],
            held: names.into_iter().map(|name| Held { name, points: Vec::new() }).collect(),
        }
    }

    /// `edges` are their own words, as far as they answered; `origin` is asked for its when it is time.
    pub fn look(&mut self, t_s: f64, edges: &[Option<String>], origin: impl FnOnce() -> Option<String>) {
        if t_s < self.next_s {
            return;
        }
        self.next_s = t_s + self.every_s;
        let origin = origin();
        let metrics: Vec<_> = edges.iter().chain([&origin]).map(Option::as_deref).collect();
        for (place, (held, pid)) in self.held.iter_mut().zip(&self.pids).enumerate() {
            let text = metrics.get(place).copied().flatten();
            let lag_ms = text.zip(self.lags.get_mut(place)).and_then(|(text, before)| lag_ms(text, before));
            let stored_mb = text.map(|text| STORED.iter().map(|stored| sum(text, stored)).sum::<f64>() / 1024.0 / 1024.0);
            if let Some((memory_mb, descriptors)) = memory_mb(*pid).zip(descriptors(*pid)) {
                held.points.push(HeldPoint { t_s, memory_mb, stored_mb, descriptors, lag_ms });
            }
        }
    }
}

/// Whether anything grew: the last quarter of a run beside its second. The first one fills caches.
pub fn checks(held: &[Held], seconds: f64) -> Vec<Check> {
    held.iter().flat_map(|held| growths(held, seconds)).collect()
}

fn growths(held: &Held, seconds: f64) -> Vec<Check> {
    let quarter = |first: f64, of: fn(&HeldPoint) -> Option<f64>| {
        let inside = held.points.iter().filter(|point| (first..first + 0.25).contains(&(point.t_s / seconds)));
        median(inside.filter_map(of).collect())
    };
    let both = |of| Some((quarter(0.25, of)?, quarter(0.75, of)?));
    let share = |(before, after): (f64, f64)| after / before.max(f64::MIN_POSITIVE) - 1.0;
    let check = |what: &str, limit, unit, value| {
        let what = What::Other(format!("{}: growth of {what}", held.name));
        Check::judge(what, None, Limit::AtMost(limit), unit, value, held.points.len() as u64)
    };
    // What is stored is bounded by a setting, and grows with what readers have asked for until then.
    let memory = both(|point| Some(point.memory_mb - point.stored_mb.unwrap_or_default())).map(share);
    let connections = both(|point| Some(point.descriptors)).map(share);
    let mut checks = vec![
        check("memory beyond what is stored", MEMORY_GROWTH_MAX, Unit::Share, memory),
        check("open descriptors", CONNECTION_GROWTH_MAX, Unit::Share, connections),
    ];
    // The origin applies nothing.
    if held.name != ORIGIN {
        let lag = both(|point| point.lag_ms).map(|(before, after)| after - before);
        checks.push(check("lag", LAG_GROWTH_MAX_MS, Unit::Ms, lag));
    }
    checks
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The mean of the events applied since the last look; `None` if there were none.
fn lag_ms(text: &str, before: &mut (f64, f64)) -> Option<f64> {
    let now = (sum(text, LAG_COUNT), sum(text, LAG_SUM));
    let (count, seconds) = (now.0 - before.0, now.1 - before.1);
    *before = now;
    (count > 0.0).then(|| seconds / count * 1000.0)
}

fn memory_mb(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib: f64 = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()?;
    Some(kib / 1024.0)
}

/// Connections, nearly all of them.
fn descriptors(pid: u32) -> Option<f64> {
    Some(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as f64)
}

#[cfg(test)]
mod tests {
    use super::super::summary::Verdict;
    use super::*;

    fn held(memory_mb: impl Fn(f64) -> f64, lag_ms: impl Fn(f64) -> Option<f64>) -> Held {
        storing(memory_mb, |_| None, lag_ms)
    }

    fn storing(
        memory_mb: impl Fn(f64) -> f64,
        stored_mb: impl Fn(f64) -> Option<f64>,
        lag_ms: impl Fn(f64) -> Option<f64>,
    ) -> Held {
        let point = |t_s: f64| HeldPoint {
            t_s,
            memory_mb: memory_mb(t_s),
            stored_mb: stored_mb(t_s),
            descriptors: 40.0,
            lag_ms: lag_ms(t_s),
        };
        Held { name: "edge sa".to_owned(), points: (0..60).map(|n| point(f64::from(n) * 30.0)).collect() }
    }

    fn verdicts(held: Held) -> Vec<bool> {
        checks(&[held], 1800.0).iter().map(|check| check.verdict == Verdict::Met).collect()
    }

    #[test]
    fn what_fills_and_stays_does_not_grow_and_a_leak_does() {
        let filling = |t_s: f64| 60.0 + 20.0 * (1.0 - (-t_s / 60.0).exp());
        assert_eq!(verdicts(held(filling, |_| Some(4.0))), [true, true, true]);
        assert_eq!(verdicts(held(|t_s| filling(t_s) + t_s / 100.0, |_| Some(4.0))), [false, true, true]);
        // What readers have asked for is no leak, and hides none.
        let stored = |t_s: f64| Some(t_s / 100.0);
        assert_eq!(verdicts(storing(|t_s| filling(t_s) + t_s / 100.0, stored, |_| Some(4.0))), [true, true, true]);
        assert_eq!(verdicts(storing(|t_s| filling(t_s) + t_s / 50.0, stored, |_| Some(4.0))), [false, true, true]);
        assert_eq!(verdicts(held(filling, |t_s| Some(t_s / 50.0))), [true, true, false]);
        // Nothing measured is nothing proved, but the origin has no lag to measure.
        let silent = held(filling, |_| None);
        assert_eq!(verdicts(silent.clone()), [true, true, false]);
        assert_eq!(verdicts(Held { name: ORIGIN.to_owned(), ..silent }), [true, true]);
        assert_eq!(verdicts(Held { name: "edge sa".to_owned(), points: Vec::new() }), [false, false, false]);
    }

    #[test]
    fn lag_is_that_of_the_events_since_the_last_look() {
        let mut before = (0.0, 0.0);
        let text = |count: u32, sum: f64| format!("# x\nedge_feed_lag_seconds_sum {sum}\nedge_feed_lag_seconds_count {count}\n");
        assert_eq!(lag_ms(&text(4, 0.4), &mut before), Some(100.0));
        assert_eq!(lag_ms(&text(4, 0.4), &mut before), None);
        assert_eq!(lag_ms(&text(6, 0.5), &mut before).map(f64::round), Some(50.0));
        assert_eq!(lag_ms("", &mut before), None);
    }

    #[test]
    fn this_process_holds_something() {
        let pid = std::process::id();
        assert!(memory_mb(pid).unwrap() > 1.0 && descriptors(pid).unwrap() >= 3.0);
        assert!(memory_mb(u32::MAX).is_none());
    }
}
