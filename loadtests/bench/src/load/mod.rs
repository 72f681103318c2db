//! A closed loop of keep-alive connections on one thread: each sends its next request when the
//! answer to the last has come and was found right. The latency is therefore that of a server at
//! full load with this many clients, not at a rate of its own.

mod answer;
mod connection;
mod request;
mod run;

use std::net::SocketAddr;
use std::time::Duration;

pub use run::run;

use crate::histogram::Histogram;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Every key once, in order, until all have been answered.
    Fill,
    /// Keys at random, all of them cached.
    Hit,
    /// The same with the ETag as `If-None-Match`.
    NotModified,
    /// The same with `Accept-Encoding: gzip`.
    Compressed,
    /// Fills for it. A cache may make the encoding later, off the way of its readers: an answer without it is right too.
    FillCompressed,
    /// Every key once, and each must be encoded.
    CheckCompressed,
    /// Keys at random, and one request in a hundred for a key never asked for before.
    Mix,
}

impl std::str::FromStr for Scenario {
    type Err = ();

    fn from_str(text: &str) -> Result<Scenario, ()> {
        Ok(match text {
            "fill" => Scenario::Fill,
            "hit" => Scenario::Hit,
            "not-modified" => Scenario::NotModified,
            "compressed" => Scenario::Compressed,
            "fill-compressed" => Scenario::FillCompressed,
            "check-compressed" => Scenario::CheckCompressed,
            "mix" => Scenario::Mix,
            _ => return Err(()),
        })
    }
}

impl Scenario {
    pub const fn is_fill(self) -> bool {
        matches!(self, Scenario::Fill | Scenario::FillCompressed | Scenario::CheckCompressed)
    }

    pub const fn is_compressed(self) -> bool {
        matches!(self, Scenario::Compressed | Scenario::FillCompressed | Scenario::CheckCompressed)
    }
}

/// In a mix, one request in this many misses.
pub const MISS_ONE_IN: u64 = 100;

pub struct Plan {
    pub server: SocketAddr,
    pub scenario: Scenario,
    /// The letter of the page's kind: `o`, `z` or `e`.
    pub kind: crate::page::Kind,
    pub bytes: usize,
    pub connections: usize,
    /// Keys from `first_key`, this many.
    pub first_key: u32,
    pub keys: u32,
    /// In a mix, the first key that nobody has asked for.
    pub first_fresh_key: u32,
    /// Not measured, before the window.
    pub warm: Duration,
    pub window: Duration,
    /// The server's process, whose CPU time is read at both ends of the window.
    pub pid: Option<u32>,
    pub seed: u64,
    /// Whether bodies and ETags are those of the key; the floors' are not.
    pub checked: bool,
}

/// What was seen in the window.
pub struct Outcome {
    pub requests: u64,
    pub fresh_keys: u32,
    pub bytes_received: u64,
    pub took: Duration,
    pub latencies: Histogram,
    pub server_cpu: Option<Duration>,
    pub own_cpu: Duration,
}
