//! Interleaved rounds: each round runs every server once, beginning with another one each time, so that what the
//! machine does meanwhile falls on all alike.

use std::time::Duration;

use super::load::{Load, Sample};
use super::options::Options;
use super::scenario::{KEYS, Scenario};
use super::servers::{Place, Server, pages_served};
use super::stats::Series;
use super::{LOAD_CORE, progress};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::term;
use crate::wait;

/// Keys that nobody has asked for begin here, far above those of any fill, and go up with every window.
const FIRST_FRESH_KEY: u32 = 20_000_000;
/// More than the misses of one window, its warm-up included.
const FRESH_KEYS_A_WINDOW: u32 = 100_000;

/// How long a filled cache may take until it serves every key from memory, as asked for.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);
const SETTLE_PAUSE: Duration = Duration::from_millis(500);

/// One measured server of a run of rounds.
pub struct Entrant {
    pub server: Server,
    pub series: Series,
    /// Keys that its cache was filled with.
    pub keys: u32,
}

/// Starts all servers of a scenario, fills their caches, and measures them in rounds.
pub fn measure(scenario: &Scenario, place: &Place<'_>, options: &Options) -> Result<Vec<Series>> {
    term::heading(scenario.title);
    let started = wait::now();
    let mut entrants = Vec::new();
    for kind in scenario.servers() {
        entrants.push(Entrant { server: Server::start(kind, place)?, series: Series::new(kind), keys: KEYS });
    }
    for entrant in &mut entrants {
        let filled = fill(scenario, place, &entrant.server, 0, entrant.keys).and_then(|()| check_hits(scenario, place, entrant));
        failed(&mut entrant.series, filled)?;
    }
    term::done(
        "filled",
        started.elapsed(),
        &format!("{} servers with {KEYS} keys each, every key served from the cache", entrants.len()),
    );
    interleave(scenario, place, options, &mut entrants)?;
    Ok(entrants.into_iter().map(|entrant| entrant.series).collect())
}

pub fn interleave(scenario: &Scenario, place: &Place<'_>, options: &Options, entrants: &mut [Entrant]) -> Result<()> {
    let (rounds, window) = (options.rounds(scenario.rounds), options.window(scenario.window));
    let count = entrants.len();
    for round in 0..rounds {
        for turn in 0..count {
            interrupt::check()?;
            if let Some(entrant) = entrants.get_mut((round + turn) % count)
                && entrant.series.failure.is_none()
            {
                let windows = u32::try_from(round * count + turn).unwrap_or(0);
                let fresh_key = FIRST_FRESH_KEY + windows * FRESH_KEYS_A_WINDOW;
                let sample = sample(scenario, place, entrant, fresh_key, window);
                let outcome = sample.map(|sample| entrant.series.samples.push(sample));
                failed(&mut entrant.series, outcome)?;
            }
        }
        progress(round + 1, rounds, entrants);
    }
    Ok(())
}

/// A server that answers wrongly is out of this scenario, and the run ends with a failure; the others go on.
fn failed(series: &mut Series, outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => {
            term::warn(&format!("{}: {error}", series.kind.name()));
            // Of what the load generator says, the line that names the fault; what was seen is shown above.
            let told = error.to_string();
            let line = told.lines().find_map(|line| line.strip_prefix("error: ")).or(told.lines().next());
            series.failure = Some(line.unwrap_or_default().to_owned());
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

fn load<'a>(scenario: &'a Scenario, place: &'a Place<'_>, keys: u32) -> Load<'a> {
    Load {
        program: &place.binaries.load,
        cores: LOAD_CORE,
        scenario: scenario.load,
        page: scenario.page,
        bytes: scenario.bytes,
        first_key: 0,
        keys,
        fresh_key: FIRST_FRESH_KEY,
        window: scenario.window,
        seed: 1,
    }
}

/// Asks for keys once each, and checks each answer.
pub fn fill(scenario: &Scenario, place: &Place<'_>, server: &Server, first_key: u32, keys: u32) -> Result<()> {
    let fill = Load { scenario: scenario.fill, first_key, ..load(scenario, place, keys) };
    fill.run(server).map(|_| ())
}

/// Asks for every key once more: none of these requests may reach the upstream. What a cache does behind its readers'
/// backs (storing, encoding) has a little time to be done.
fn check_hits(scenario: &Scenario, place: &Place<'_>, entrant: &Entrant) -> Result<()> {
    if entrant.server.kind.is_floor() {
        return Ok(());
    }
    let check = Load { scenario: scenario.check, ..load(scenario, place, entrant.keys) };
    // Once without asking for more than an answer: what is made for a first reader is then made for all keys.
    fill(scenario, place, &entrant.server, 0, entrant.keys)?;
    let started = wait::now();
    loop {
        let before = pages_served(place.upstream)?;
        let checked = check.run(&entrant.server).map(|_| ());
        let checked = checked.and_then(|()| all_hits(before, pages_served(place.upstream)?, u64::from(entrant.keys)));
        match checked {
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(_) if started.elapsed() < SETTLE_LIMIT => std::thread::sleep(SETTLE_PAUSE),
            settled => return settled,
        }
    }
}

fn all_hits(before: u64, after: u64, asked: u64) -> Result<()> {
    match after - before {
        0 => Ok(()),
        missed => Err(Error::failed(format!("{missed} of {asked} requests for cached pages reached the upstream"))),
    }
}

fn sample(scenario: &Scenario, place: &Place<'_>, entrant: &Entrant, fresh_key: u32, window: Duration) -> Result<Sample> {
    let seed = u64::from(fresh_key);
    let before = pages_served(place.upstream)?;
    let sample = Load { fresh_key, window, seed, ..load(scenario, place, entrant.keys) }.run(&entrant.server)?;
    if scenario.all_hits {
        all_hits(before, pages_served(place.upstream)?, sample.requests)?;
    }
    Ok(sample)
}
