//! What is asked of every server.

use std::time::Duration;

use super::servers::Kind;

pub struct Scenario {
    pub name: &'static str,
    pub title: &'static str,
    /// The load generator's words: for the measured run, for what fills the caches before, and for the pass that sees
    /// whether every key is served as it will be.
    pub load: &'static str,
    pub fill: &'static str,
    pub check: &'static str,
    /// The kind of page, as `bench::page` has it.
    pub page: char,
    pub bytes: usize,
    /// Whether no request may reach the upstream.
    pub all_hits: bool,
    /// Whether the floors can answer it: they know 200 and one body.
    pub floors: bool,
    pub rounds: usize,
    pub window: Duration,
}

pub const KEYS: u32 = 10_000;
pub const CONNECTIONS: u32 = 64;

const HITS: Scenario = Scenario {
    name: "hits-4k",
    title: "hits, 4 KB",
    load: "hit",
    fill: "fill",
    check: "fill",
    page: 'o',
    bytes: 4096,
    all_hits: true,
    floors: true,
    rounds: 9,
    window: Duration::from_millis(1500),
};
const SHORTER: Scenario = Scenario { rounds: 5, floors: false, ..HITS };

/// The first is the one that must-be ratios speak of.
pub const ALL: [Scenario; 6] = [
    HITS,
    Scenario { name: "hits-1k", title: "hits, 1 KB", bytes: 1024, floors: true, ..SHORTER },
    Scenario { name: "hits-64k", title: "hits, 64 KB", bytes: 65_536, floors: true, ..SHORTER },
    Scenario { name: "not-modified", title: "304 to If-None-Match", load: "not-modified", ..SHORTER },
    Scenario {
        name: "compressed",
        title: "hits, 4 KB in gzip",
        load: "compressed",
        fill: "fill-compressed",
        check: "check-compressed",
        page: 'z',
        ..SHORTER
    },
    Scenario { name: "mix", title: "4 KB, 1 % misses", load: "mix", all_hits: false, ..SHORTER },
];

impl Scenario {
    pub fn servers(&self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(|kind| self.floors || !kind.is_floor())
    }
}
