//! What the machine and the servers do while readers read.

use std::fs;
use std::time::Duration;

use super::summary::OriginPoint;
use crate::error::{Error, Result};
use crate::http::Call;
use crate::system::{Edge, Ground, System};
use crate::wait;
use crate::wan::Node;

/// Of the kernel's clock in `/proc`.
const TICKS_PER_SECOND: f64 = 100.0;
const METRICS_LIMIT: Duration = Duration::from_secs(10);
/// Every answer of the origin that the edge waited for, of fills and of what it passed on.
const ASKED: &str = "edge_origin_first_byte_seconds_count";

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
pub struct Watch<'a> {
    system: &'a System,
    ground: Ground,
    cores: f64,
    started: std::time::Instant,
    first: Usage,
    last: Usage,
    pub origin: Vec<OriginPoint>,
}

impl<'a> Watch<'a> {
    pub fn begin(system: &'a System, ground: Ground, load: &[u32]) -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        let mut watch = Self {
            system,
            ground,
            cores,
            started: wait::now(),
            first: Usage::default(),
            last: Usage::default(),
            origin: Vec::new(),
        };
        watch.first = watch.usage(load)?;
        watch.last = watch.first;
        Ok(watch)
    }

    pub fn elapsed_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// A point more, from the last one until now.
    pub fn look(&mut self, load: &[u32]) -> Result<()> {
        let now = self.usage(load)?;
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

    /// The machine's whole share since the beginning, and k6's part of it.
    pub fn shares(&self) -> (f64, f64) {
        let seconds = (self.last.at - self.first.at).max(f64::EPSILON) * self.cores;
        ((self.last.busy - self.first.busy) / seconds, (self.last.load - self.first.load) / seconds)
    }

    fn usage(&self, load: &[u32]) -> Result<Usage> {
        let asked = self.system.edges.iter().filter_map(|edge| asked(edge, self.ground).ok());
        Ok(Usage {
            at: self.elapsed_s(),
            busy: machine_seconds()?,
            load: load.iter().map(|pid| process_seconds(*pid)).sum(),
            origin: process_seconds(self.system.origin.process.pid()),
            asked: asked.sum(),
        })
    }
}

/// Requests that an edge has sent to the origin.
pub fn asked(edge: &Edge, ground: Ground) -> Result<u64> {
    let url = format!("{}/metrics", edge.admin_url);
    let node = Node::of_edge(&edge.region)?;
    let text = ground.at(&node, || Ok(Call::get(&url).limit(METRICS_LIMIT).send()?.expect(200)?.text()))?;
    Ok(sum(&text, ASKED))
}

/// All series of one metric.
fn sum(text: &str, metric: &str) -> u64 {
    let lines = text.lines().filter_map(|line| line.strip_prefix(metric));
    let ours = lines.filter(|rest| rest.starts_with([' ', '{']));
    ours.filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
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
    fn a_metric_is_summed_over_its_series() {
        let text = "# HELP edge_x x\nedge_x_count{a=\"1\"} 3\nedge_x_count{a=\"2\"} 4\nedge_x_counted 9\nedge_x_count 1\n";
        assert_eq!(sum(text, "edge_x_count"), 8);
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
