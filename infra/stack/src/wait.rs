//! The only way to wait here: ask again until a condition holds, a named limit passes or a signal arrives.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use time::OffsetDateTime;

use crate::error::{Error, Result};
use crate::interrupt;

const INTERVAL: Duration = Duration::from_millis(20);

pub enum Probe<T> {
    Done(T),
    /// Not yet, and what was seen instead: it is in the message if the limit passes.
    NotYet(String),
}

/// The time of day, to compare with times that the services themselves write down on this machine.
#[expect(clippy::disallowed_methods, reason = "the runner measures real time; nothing in it is simulated")]
pub fn wall_clock() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Whole seconds since 1970, as k6 writes them down.
pub fn unix_seconds() -> u64 {
    u64::try_from(wall_clock().unix_timestamp()).unwrap_or_default()
}

/// The same for a file's modification time.
#[expect(clippy::disallowed_methods, reason = "cargo compares it with other real files")]
pub fn file_time() -> SystemTime {
    SystemTime::now()
}

/// With the two above, the one place that reads clocks.
#[expect(clippy::disallowed_methods, reason = "the runner measures real time; nothing in it is simulated")]
pub fn now() -> Instant {
    Instant::now()
}

/// Asks `probe` until it is done. An error from `probe` is final.
pub fn until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Result<Probe<T>>) -> Result<T> {
    let started = now();
    loop {
        interrupt::check()?;
        match probe()? {
            Probe::Done(value) => return Ok(value),
            Probe::NotYet(last) if started.elapsed() >= limit => {
                return Err(Error::Timeout { what: what.to_owned(), limit, last });
            }
            Probe::NotYet(_) => thread::sleep(INTERVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_seen_last() {
        let outcome = until::<()>("a thing", Duration::ZERO, || Ok(Probe::NotYet("nothing".into())));
        assert_eq!(outcome.unwrap_err().to_string(), "a thing: not within 0 s; last seen: nothing");
    }

    #[test]
    fn asks_until_done() {
        let mut asked = 0;
        let outcome = until("a thing", Duration::from_secs(5), || {
            asked += 1;
            Ok(if asked == 3 { Probe::Done(asked) } else { Probe::NotYet(String::new()) })
        });
        assert_eq!(outcome.unwrap(), 3);
    }
}
