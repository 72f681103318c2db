//! What is measured of the edge alone: two workers against one, many entries against few (beside a bare loop that reads as
//! much), memory, and a purge.

use std::fs;

use serde_json::{Value, json};

use super::options::Options;
use super::rounds::{Entrant, fill, interleave};
use super::scenario::{ALL, Scenario};
use super::servers::{Kind, Place, Server, WORKERS, knows};
use super::stats::{Series, cpu_ratio};
use super::{LOAD_CORE, SERVER_CORE};
use crate::error::{Context, Error, Result};
use crate::http::Call;
use crate::term;
use crate::wait;

const PURGE_TOKEN: &str = "EDGE_PURGE_TOKEN";
const PURGE_SECRET: &str = "purge-token-of-the-benchmark";
const TWO_CORES: &str = "0,1";
/// A tag that every page of the section carries.
const COMMON_TAG: &str = "all-of-them";
const SMALL_BYTES: usize = 256;
const FEW: u32 = 1000;

#[derive(Default)]
pub struct EdgeOnly {
    workers: Vec<Series>,
    entries: Vec<Series>,
    entry_count: u32,
    pub overhead_bytes: Option<f64>,
    pub purge_us: Option<f64>,
    /// What could not be measured, and why.
    left_out: Vec<String>,
}

impl EdgeOnly {
    pub fn measure(place: &Place<'_>, options: &Options) -> Result<Self> {
        let mut found = Self::default();
        if options.wants("workers") {
            found.workers = workers(place, options)?;
        }
        if ["entries", "memory", "purge"].iter().any(|section| options.wants(section)) {
            found.many_entries(place, options)?;
        }
        Ok(found)
    }

    pub fn two_workers_ratio(&self) -> Option<f64> {
        cpu_ratio(self.workers.get(1), self.workers.first())
    }

    pub fn growth_ratio(&self) -> Option<f64> {
        cpu_ratio(self.entries.get(1), self.entries.first())
    }

    /// Of the bare loop: what it costs any server that so much memory does not fit the processor's caches.
    fn floor_growth_ratio(&self) -> Option<f64> {
        cpu_ratio(self.entries.get(3), self.entries.get(2))
    }

    fn many_entries(&mut self, place: &Place<'_>, options: &Options) -> Result<()> {
        const SCENARIO: Scenario = Scenario {
            name: "entries",
            title: "few entries and many, 256 bytes each",
            page: 'e',
            bytes: SMALL_BYTES,
            rounds: 15,
            ..first()
        };
        let many = if options.quick { 100_000 } else { 1_000_000 };
        self.entry_count = many;
        term::heading(SCENARIO.title);
        let mut place = Place { bytes: SMALL_BYTES, logs: place.logs.clone(), edge_env: place.edge_env.clone(), ..*place };
        let purges = knows(place.binaries, PURGE_TOKEN, PURGE_SECRET)?;
        if purges {
            place.edge_env.push((PURGE_TOKEN.to_owned(), PURGE_SECRET.to_owned()));
        }
        let mut entrants = Vec::new();
        for keys in [FEW, many] {
            let entrant = Entrant { server: Server::start(Kind::Edge, &place)?, series: Series::new(Kind::Edge), keys };
            let started = wait::now();
            // Few first in either, so that what is made once for a process is not counted for its entries.
            fill(&SCENARIO, &place, &entrant.server, 0, FEW)?;
            if keys > FEW {
                let before = resident_bytes(&entrant.server)?;
                fill(&SCENARIO, &place, &entrant.server, FEW, keys - FEW)?;
                let grown = resident_bytes(&entrant.server)?.saturating_sub(before);
                let own = own_bytes(place.upstream)?;
                self.overhead_bytes = Some(grown as f64 / f64::from(keys - FEW) - own);
                let detail = format!(
                    "{keys} entries; {:.0} bytes each beyond {own:.0} of key, head and body",
                    self.overhead_bytes.unwrap_or(0.0)
                );
                term::done("filled", started.elapsed(), &detail);
            }
            entrants.push(entrant);
        }
        if options.wants("entries") {
            for keys in [FEW, many] {
                place.floor_pages = keys;
                let (server, series) = (Server::start(Kind::FloorBare, &place)?, Series::new(Kind::FloorBare));
                entrants.push(Entrant { server, series, keys });
            }
            interleave(&SCENARIO, &place, options, &mut entrants)?;
        }
        if let Some(large) = entrants.get(1).filter(|_| purges && options.wants("purge")) {
            self.purge_us = Some(purge(&large.server)?);
        } else {
            self.left_out.push(format!("purge: this build of the edge has no {PURGE_TOKEN}, or it was not asked for"));
        }
        self.entries = entrants.into_iter().map(|entrant| entrant.series).collect();
        Ok(())
    }

    pub fn failures(&self) -> impl Iterator<Item = &str> {
        self.workers.iter().chain(&self.entries).filter_map(|series| series.failure.as_deref())
    }

    pub fn print(&self) {
        let row = |what: &str, series: &Series| {
            if let Some(cpu) = series.cpu_us() {
                term::line(&format!("  {what:<24} {:.2} µs CPU a request ({:.2}–{:.2})", cpu.median, cpu.min, cpu.max));
            }
        };
        if !self.workers.is_empty() || !self.entries.is_empty() {
            term::heading("The edge alone");
        }
        self.workers.iter().zip(["one worker", "two workers"]).for_each(|(series, what)| row(what, series));
        let many = self.entry_count;
        let names = ["entries", "entries", "pages, bare loop", "pages, bare loop"].into_iter().zip([FEW, many, FEW, many]);
        let names: Vec<_> = names.map(|(what, count)| format!("{count} {what}")).collect();
        self.entries.iter().zip(&names).for_each(|(series, what)| row(what, series));
        if let Some(us) = self.purge_us {
            term::line(&format!("  {:<24} {us:.1} µs, as the edge measured it", format!("purge of {}", self.entry_count)));
        }
        self.left_out.iter().for_each(|what| term::warn(what));
    }

    pub fn json(&self) -> Value {
        let cpu = |series: Option<&Series>| {
            series.and_then(Series::cpu_us).map(|cpu| json!({ "median": cpu.median, "min": cpu.min, "max": cpu.max }))
        };
        json!({
            "workers_cpu_us": { "one": cpu(self.workers.first()), "two": cpu(self.workers.get(1)), "ratio": self.two_workers_ratio() },
            "entries_cpu_us": { "few": cpu(self.entries.first()), "many": cpu(self.entries.get(1)), "ratio": self.growth_ratio(), "count": self.entry_count },
            "pages_of_the_bare_loop_cpu_us": { "few": cpu(self.entries.get(2)), "many": cpu(self.entries.get(3)), "ratio": self.floor_growth_ratio() },
            "memory_bytes_an_entry_beyond_its_own": self.overhead_bytes,
            "purge_us": self.purge_us,
            "left_out": self.left_out,
        })
    }
}

const fn first() -> Scenario {
    let [hits, ..] = ALL;
    hits
}

/// The load has the second core in both cases, so with two workers it shares one with it: CPU time a request is what
/// can be compared, requests a second are not.
fn workers(place: &Place<'_>, options: &Options) -> Result<Vec<Series>> {
    const SCENARIO: Scenario = Scenario { name: "workers", title: "one worker and two", ..first() };
    term::heading(SCENARIO.title);
    let by_setting = knows(place.binaries, WORKERS, "1")?;
    let mut entrants = Vec::new();
    for (count, cores) in [("1", SERVER_CORE), ("2", TWO_CORES)] {
        let mut edge_env: Vec<_> = place.edge_env.iter().filter(|(name, _)| name != WORKERS).cloned().collect();
        edge_env.extend(by_setting.then(|| (WORKERS.to_owned(), count.to_owned())));
        let place = Place { cores, edge_env, logs: place.logs.clone(), ..*place };
        let entrant =
            Entrant { server: Server::start(Kind::Edge, &place)?, series: Series::new(Kind::Edge), keys: super::scenario::KEYS };
        fill(&SCENARIO, &place, &entrant.server, 0, entrant.keys)?;
        entrants.push(entrant);
    }
    interleave(&SCENARIO, place, options, &mut entrants)?;
    term::line(&format!("  load on core {LOAD_CORE}"));
    Ok(entrants.into_iter().map(|entrant| entrant.series).collect())
}

fn resident_bytes(server: &Server) -> Result<u64> {
    let path = format!("/proc/{}/status", server.process.pid());
    let text = fs::read_to_string(&path).context(|| path.clone())?;
    let kilobytes = text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| Error::failed(format!("no VmRSS in {path}")))
}

/// What no cache can do without: the URL, the head's names and values as the upstream sends them, the body.
fn own_bytes(upstream: u16) -> Result<f64> {
    let path = format!("/e/{SMALL_BYTES}/00001234");
    let answer = Call::get(format!("http://127.0.0.1:{upstream}{path}")).send()?.expect(200)?;
    let head: usize = answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    Ok((format!("http://bench.test{path}").len() + head + answer.body.len()) as f64)
}

/// A hard purge of the tag that all entries carry; the edge says how long it took.
fn purge(server: &Server) -> Result<f64> {
    let port = server.admin_port.ok_or_else(|| Error::failed("no admin port"))?;
    let call =
        Call::new("POST", format!("http://127.0.0.1:{port}/purge")).header("authorization", format!("Bearer {PURGE_SECRET}"));
    let answer = call.json(&json!({ "tags": [COMMON_TAG], "strength": "hard" })).send()?.expect(200)?;
    let said = answer.json()?;
    said.get("microseconds")
        .and_then(Value::as_f64)
        .ok_or_else(|| Error::failed(format!("no microseconds: {}", answer.summary())))
}
