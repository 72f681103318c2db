//! What the machine and the servers do while readers read.

use std::fs;
use std::time::Duration;

use super::held::Holdings;
use super::metrics::{self, sum};
use super::summary::OriginPoint;
use crate::error::{Error, Result};
use crate::system::{Edge, Ground, System};
use crate::term;
use crate::wait::{self, Probe};

/// Of the kernel's clock in `/proc`.
const TICKS_PER_SECOND: f64 = 100.0;
/// Every answer of the origin that the edge waited for, of fills and of what it passed on.
const ASKED: &str = "edge_origin_first_byte_seconds_count";
const FETCHED_AHEAD: &str = "edge_prefetches_total";
const FETCHED_AHEAD_LIMIT: Duration = Duration::from_secs(120);
const WALKED: &str = "edge_prefetch_walks_total{reason=\"done\"}";

/// CPU time that processes have used, and the machine, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    at: f64,
    busy: f64,
    load: f64,
    origin: f64,
    /// Requests to the origin, by all edges.
    asked: u64,
}

/// One look a second, and what came out of it.
pub struct Watch {
    ground: Ground,
    cores: f64,
    /// When, and how many seconds of CPU the machine had used until then.
    busy: Vec<(f64, f64)>,
    started: std::time::Instant,
    first: Usage,
    last: Usage,
    pub origin: Vec<OriginPoint>,
    pub holdings: Holdings,
}

impl Watch {
    pub fn begin(system: &System, ground: Ground, load: &[u32], seconds: u64) -> Result<Self> {
        let cores = machine_cores().max(1) as f64;
        let mut watch = Self {
            ground,
            cores,
            busy: Vec::new(),
            started: wait::now(),
            first: Usage::default(),
            last: Usage::default(),
            origin: Vec::new(),
            holdings: Holdings::new(system, seconds),
        };
        watch.first = watch.usage(system, load, &watch.said(system))?;
        watch.busy.push((watch.first.at, watch.first.busy));
        watch.last = watch.first;
        Ok(watch)
    }

    pub fn elapsed_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// A point more, from the last one until now.
    pub fn look(&mut self, system: &System, load: &[u32]) -> Result<()> {
        let said = self.said(system);
        let now = self.usage(system, load, &said)?;
        self.holdings.look(now.at, &said, || metrics::read_origin(&system.origin, self.ground).ok());
        self.busy.push((now.at, now.busy));
        let seconds = (now.at - self.last.at).max(f64::EPSILON);
        let asked = now.asked.saturating_sub(self.last.asked) as f64;
        self.origin.push(OriginPoint {
            t_s: self.last.at,
            requests_per_s: asked / seconds,
            cpu_share: (now.origin - self.last.origin).max(0.0) / seconds / self.cores,
        });
        // Of k6 processes that have ended nothing is known any more.
        self.last = Usage { load: now.load.max(self.last.load), ..now };
        Ok(())
    }

    /// The machine's share in its busiest stretch from then on (see [`busiest`]), and k6's in all.
    pub fn shares(&self, from_s: f64) -> (f64, f64) {
        let seconds = (self.last.at - self.first.at).max(f64::EPSILON) * self.cores;
        (
            busiest(&self.busy[self.busy.partition_point(|look| look.0 < from_s)..]) / self.cores,
            (self.last.load - self.first.load) / seconds,
        )
    }

    /// Every edge's metrics. One that does not answer now is asked again in a second.
    fn said(&self, system: &System) -> Vec<Option<String>> {
        system.edges.iter().map(|edge| metrics::read(edge, self.ground).ok()).collect()
    }

    fn usage(&self, system: &System, load: &[u32], said: &[Option<String>]) -> Result<Usage> {
        let asked: Option<Vec<f64>> = said.iter().map(|text| Some(sum(text.as_deref()?, ASKED))).collect();
        Ok(Usage {
            at: self.elapsed_s(),
            busy: machine_seconds()?,
            load: load.iter().map(|pid| process_seconds(*pid)).sum(),
            origin: process_seconds(system.origin.process.pid()),
            asked: asked.map_or(self.last.asked, |asked| asked.iter().sum::<f64>() as u64),
        })
    }
}

/// Cores in use on average, in the stretch in a row that had most of it: ten seconds, or a hundredth of the run if that is longer,
/// as what is shorter moves no p99. Of a run shorter than that, in all of it.
fn busiest(looks: &[(f64, f64)]) -> f64 {
    const WINDOW_S_MIN: f64 = 10.0;
    let seconds = looks.first().zip(looks.last()).map_or(0.0, |(first, last)| last.0 - first.0);
    let window_s = (seconds / 100.0).max(WINDOW_S_MIN);
    let rate = |from: &(f64, f64), to: &(f64, f64)| (to.1 - from.1) / (to.0 - from.0).max(f64::EPSILON);
    let whole = looks.first().zip(looks.last()).map_or(0.0, |(first, last)| rate(first, last));
    let windows = looks.iter().filter_map(|from| Some(rate(from, looks.iter().find(|to| to.0 - from.0 >= window_s)?)));
    windows.fold(whole, f64::max)
}

/// Requests that an edge has sent to the origin.
pub fn asked(edge: &Edge, ground: Ground) -> Result<u64> {
    Ok(sum(&metrics::read(edge, ground)?, ASKED) as u64)
}

/// Waits until an edge has looked at all pages, and fetched them, before readers ask.
pub fn fetched_ahead(edge: &Edge, ground: Ground) -> Result<()> {
    let started = wait::now();
    let fetched = wait::until("an edge to have fetched all pages", FETCHED_AHEAD_LIMIT, || {
        let text = metrics::read(edge, ground)?;
        let fetched = sum(&text, FETCHED_AHEAD);
        Ok(if sum(&text, WALKED) > 0.0 { Probe::Done(fetched) } else { Probe::NotYet(format!("{fetched} so far")) })
    })?;
    term::done(&format!("edge {}", edge.region), started.elapsed(), &format!("{fetched} pages fetched ahead"));
    Ok(())
}

fn machine_cores() -> usize {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    text.lines()
        .filter(|line| line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit())))
        .count()
}

/// All cores: what was neither idle nor waiting for a disk.
fn machine_seconds() -> Result<f64> {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().and_then(|line| line.strip_prefix("cpu "));
    let fields: Option<Vec<f64>> = line.map(|line| line.split_whitespace().filter_map(|field| field.parse().ok()).collect());
    let fields = fields.filter(|fields| fields.len() >= 5).ok_or_else(|| Error::failed("/proc/stat cannot be read"))?;
    // user, nice, system, idle, iowait, irq, softirq, steal; what guests use is in user already.
    let busy: f64 = fields.iter().take(8).enumerate().filter(|(place, _)| ![3, 4].contains(place)).map(|(_, ticks)| ticks).sum();
    Ok(busy / TICKS_PER_SECOND)
}

/// Zero once it has ended.
fn process_seconds(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold anything.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_stretch_is_not_averaged_away() {
        // A quiet minute with ten seconds of two cores in it.
        let looks: Vec<(f64, f64)> = (0..=60).map(|at| (f64::from(at), f64::from(at.clamp(20, 30) - 20) * 2.0)).collect();
        assert_eq!(busiest(&looks), 2.0);
        assert_eq!(busiest(&looks[..5]), 0.0);
        // In half an hour they are half of the stretch that counts.
        let long: Vec<(f64, f64)> = (0..=2000).map(|at| (f64::from(at), f64::from(at.clamp(20, 30) - 20) * 2.0)).collect();
        assert_eq!(busiest(&long), 1.0);
        assert_eq!(busiest(&[]), 0.0);
    }

    #[test]
    fn this_process_has_used_some_time() {
        let mut sum = 0_u64;
        while process_seconds(std::process::id()) == 0.0 {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        assert!(machine_seconds().unwrap() > 0.0 && process_seconds(u32::MAX) == 0.0);
    }
}
