//! The loop itself.

use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use super::answer::Expected;
use super::connection::Connection;
use super::request::Requests;
use super::{MISS_ONE_IN, Outcome, Plan, Scenario};
use crate::clock;
use crate::error::{Context, Error, Result};
use crate::histogram::Histogram;
use crate::page::xorshift;
use crate::proc::{cpu_time, own_cpu_time};

/// A whole answer of 64 KB with its head in one read.
const BUFFER_BYTES: usize = 128 * 1024;
/// A server that says nothing for so long has hung.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// # Errors
/// At the first answer that is not what it must be.
pub fn run(plan: &Plan) -> Result<Outcome> {
    let mut run = Run::open(plan)?;
    if plan.scenario.is_fill() {
        run.begin()?;
        run.until(None)?;
    } else {
        run.until(Some(plan.warm))?;
        run.begin()?;
        run.until(Some(plan.window))?;
    }
    run.end()
}

struct Run<'a> {
    plan: &'a Plan,
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    keys: Keys,
    requests: Requests,
    expected: Expected,
    buffer: Vec<u8>,
    latencies: Histogram,
    received: u64,
    /// The start of the window with the CPU times at it.
    began: (Instant, Option<Duration>, Duration),
    fresh_before: u32,
}

impl<'a> Run<'a> {
    fn open(plan: &'a Plan) -> Result<Run<'a>> {
        let poll = Poll::new().context(|| "epoll".to_owned())?;
        let now = clock::now();
        let mut connections = Vec::with_capacity(plan.connections);
        for index in 0..plan.connections {
            let mut connection = Connection::open(plan.server, now)?;
            let registered = poll.registry().register(&mut connection.stream, Token(index), Interest::READABLE);
            registered.context(|| "epoll".to_owned())?;
            connections.push(connection);
        }
        let mut run = Run {
            plan,
            poll,
            events: Events::with_capacity(plan.connections.max(1)),
            connections,
            keys: Keys::new(plan),
            requests: Requests::new(plan),
            expected: Expected::of(plan),
            buffer: vec![0; BUFFER_BYTES],
            latencies: Histogram::default(),
            received: 0,
            began: (now, None, Duration::ZERO),
            fresh_before: plan.first_fresh_key,
        };
        for connection in &mut run.connections {
            if let Some(key) = run.keys.next() {
                connection.send(run.requests.for_key(key), key, clock::now())?;
            }
        }
        Ok(run)
    }

    fn begin(&mut self) -> Result<()> {
        self.latencies.clear();
        self.received = 0;
        self.fresh_before = self.keys.fresh;
        self.began = (clock::now(), self.plan.pid.map(cpu_time).transpose()?, own_cpu_time()?);
        Ok(())
    }

    /// Runs for so long, or until no key is left.
    fn until(&mut self, limit: Option<Duration>) -> Result<()> {
        let started = clock::now();
        let mut now = started;
        while limit.is_none_or(|limit| now - started < limit) {
            match self.poll.poll(&mut self.events, Some(SILENCE_MAX)) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                polled => polled.context(|| "epoll".to_owned())?,
            }
            let open = || self.connections.iter().filter(|connection| connection.is_open).count();
            if self.events.is_empty() {
                return match open() {
                    0 => Ok(()),
                    open => Err(Error::Silence(SILENCE_MAX.as_secs(), open)),
                };
            }
            for event in &self.events {
                let Some(connection) = self.connections.get_mut(event.token().0) else { continue };
                let Some(since) = connection.receive(&mut self.buffer, self.expected, &mut self.received)? else { continue };
                now = clock::now();
                self.latencies.record(now - since);
                if let Some(key) = self.keys.next() {
                    connection.send(self.requests.for_key(key), key, now)?;
                }
            }
            if self.keys.left == 0 && self.connections.iter().all(|connection| !connection.is_open) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn end(self) -> Result<Outcome> {
        let (began, server_before, own_before) = self.began;
        let took = clock::now() - began;
        let server_after = self.plan.pid.map(cpu_time).transpose()?;
        Ok(Outcome {
            requests: self.latencies.total(),
            fresh_keys: self.keys.fresh - self.fresh_before,
            bytes_received: self.received,
            took,
            latencies: self.latencies,
            server_cpu: server_after.zip(server_before).map(|(after, before)| after.saturating_sub(before)),
            own_cpu: own_cpu_time()?.saturating_sub(own_before),
        })
    }
}

/// Which key comes next.
struct Keys {
    scenario: Scenario,
    first: u32,
    count: u32,
    state: u64,
    /// The next key that nobody has asked for.
    fresh: u32,
    /// Keys still to be asked for when filling; otherwise without end.
    left: u32,
}

impl Keys {
    fn new(plan: &Plan) -> Keys {
        Keys {
            scenario: plan.scenario,
            first: plan.first_key,
            count: plan.keys.max(1),
            state: plan.seed | 1,
            fresh: plan.first_fresh_key,
            left: plan.keys,
        }
    }

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.scenario.is_fill() {
            let key = self.first + (self.count - self.left);
            self.left = self.left.checked_sub(1)?;
            return Some(key);
        }
        self.state = xorshift(self.state);
        if self.scenario == Scenario::Mix && (self.state >> 40).is_multiple_of(MISS_ONE_IN) {
            self.fresh += 1;
            return Some(self.fresh - 1);
        }
        // The high half times the count: uniform without a division.
        let spread = (self.state >> 32) * u64::from(self.count);
        Some(self.first + u32::try_from(spread >> 32).unwrap_or(0))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::page::Kind;

    pub(in crate::load) fn plan(scenario: Scenario, kind: Kind) -> Plan {
        Plan {
            server: ([127, 0, 0, 1], 1).into(),
            scenario,
            kind,
            bytes: 4096,
            connections: 1,
            first_key: 0,
            keys: 100,
            first_fresh_key: 1000,
            warm: Duration::ZERO,
            window: Duration::ZERO,
            pid: None,
            seed: 7,
            checked: true,
        }
    }

    #[test]
    fn filling_asks_for_every_key_once() {
        let mut keys = Keys::new(&plan(Scenario::Fill, Kind::Plain));
        let asked: Vec<u32> = std::iter::from_fn(|| keys.next()).collect();
        assert_eq!(asked, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn keys_are_spread_evenly_and_one_in_a_hundred_is_new() {
        let mut keys = Keys::new(&plan(Scenario::Mix, Kind::Plain));
        let mut seen = [0_u32; 100];
        let mut fresh = 0;
        for _ in 0..100_000 {
            match keys.next() {
                Some(key) if key < 100 => seen[key as usize] += 1,
                Some(_) => fresh += 1,
                None => panic!("no end"),
            }
        }
        assert!((900..1100).contains(&fresh), "{fresh}");
        assert!(seen.iter().all(|count| (800..1200).contains(count)), "{seen:?}");
    }
}
