//! What one run measured: all that a report shows and a later run compares itself with.

mod check;
mod outcome;
mod read;
#[cfg(test)]
pub mod sample;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

pub use check::{Check, Limit, Unit, Verdict, What};
pub use outcome::Outcome;

use super::stats::{Percentiles, busy_valid};

/// Of the JSON. Moves when a field changes its meaning, so that an old baseline is refused instead of misread.
const FORMAT: u64 = 1;

#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub workload: String,
    /// `near`, `far`, `bad-day` or `loopback`.
    pub wan: String,
    /// `full` or `embedded`.
    pub parts: String,
    pub commit: String,
    /// RFC 3339.
    pub date: String,
    pub machine: String,
    pub cores: u64,
    /// Of the main phase.
    pub seconds: f64,
    /// Share of all the machine's CPU that was in use in the main phase, from 0 to 1.
    pub busy: f64,
    /// The part of `busy` that was k6's.
    pub load_share: f64,
    pub notes: Vec<String>,
    /// In the order sa, na, eu, asia.
    pub regions: Vec<Region>,
    pub origin: Vec<OriginPoint>,
    /// Of the edges in their order, and of the origin.
    pub held: Vec<Held>,
    pub spans: Vec<Span>,
    pub checks: Vec<Check>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    pub name: String,
    /// Round trip from a reader to its edge.
    pub leg_ms: f64,
    /// Round trip from the edge to the origin.
    pub origin_rtt_ms: f64,
    /// What a reader here may wait at most.
    pub promise_ms: f64,
    pub requests: u64,
    /// Outside of the window in which a workload expects some.
    pub errors: u64,
    /// Inside that window: they are reported, but not held against it.
    pub errors_in_window: u64,
    pub kinds: BTreeMap<Kind, Percentiles>,
    /// Requests by what `Cache-Status` gave as the reason.
    pub cache_status: BTreeMap<String, u64>,
    pub applied_ms: Option<Percentiles>,
    pub visible_ms: Option<Percentiles>,
    /// Copies that were shown though the edge could not tell whether they were current.
    pub unconfirmed: u64,
    /// Requests that this edge sent to the origin in the run.
    pub origin_requests: u64,
    pub series: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    WarmKept,
    WarmNew,
    ColdKept,
    ColdNew,
}

/// One bucket of time, in one region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where the bucket begins, in seconds since the run began.
    pub t_s: f64,
    pub n: u64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub hits: u64,
    pub errors: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OriginPoint {
    pub t_s: f64,
    pub requests_per_s: f64,
    /// Of all the machine's CPU, from 0 to 1.
    pub cpu_share: f64,
}

/// What one of our processes held.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub name: String,
    pub points: Vec<HeldPoint>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeldPoint {
    pub t_s: f64,
    /// Resident, in MiB.
    pub memory_mb: f64,
    /// Of that, what an edge has stored for readers, by its own count; `None` for the origin, which stores nothing.
    pub stored_mb: Option<f64>,
    /// Connections, nearly all of them.
    pub descriptors: f64,
    /// From commit to application, the mean of the events since the point before; `None` if there were none.
    pub lag_ms: Option<f64>,
}

/// A stretch of the run that the plots point out: a spike, a cut link.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub from_s: f64,
    pub to_s: f64,
    pub what: String,
}

impl Summary {
    pub fn valid(&self) -> bool {
        busy_valid(self.busy)
    }

    pub fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == name)
    }

    pub fn check(&self, what: &What, region: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.what == *what && check.region.as_deref() == Some(region))
    }

    pub fn requests(&self) -> u64 {
        self.regions.iter().map(|region| region.requests).sum()
    }

    pub fn errors(&self) -> u64 {
        self.regions.iter().map(|region| region.errors).sum()
    }
}

impl Region {
    /// Over the whole run; `None` if nobody asked.
    pub fn hit_ratio(&self) -> Option<f64> {
        let asked: u64 = self.series.iter().map(|point| point.n).sum();
        let hits: u64 = self.series.iter().map(|point| point.hits).sum();
        (asked > 0).then(|| hits as f64 / asked as f64)
    }

    /// Below one, the edge spares the origin.
    pub fn origin_requests_per_request(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.origin_requests as f64 / self.requests as f64)
    }
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::WarmKept, Self::WarmNew, Self::ColdKept, Self::ColdNew];

    pub const fn key(self) -> &'static str {
        match self {
            Self::WarmKept => "warm_kept",
            Self::WarmNew => "warm_new",
            Self::ColdKept => "cold_kept",
            Self::ColdNew => "cold_new",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::WarmKept => "warm, connection kept",
            Self::WarmNew => "warm, new connection",
            Self::ColdKept => "cold, connection kept",
            Self::ColdNew => "cold, new connection",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}
