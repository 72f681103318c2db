//! Time, passed in.
//!
//! Nothing else in the workspace may ask the operating system for the time (clippy.toml bans
//! the calls), so a test or a simulator decides what time it is.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::Timestamp;

/// A monotonic clock and a wall clock.
pub trait Clock: Send + Sync + 'static {
    /// Time since some fixed start. Never goes back, and counts the time a machine was
    /// suspended: a copy confirmed before a laptop slept is not confirmed after.
    fn now(&self) -> Duration;

    /// The date, for headers and records. May jump.
    fn wall(&self) -> Timestamp;
}

/// A machine that has just started must still be able to say "an hour ago".
const YEARS_BEFORE_BOOT: Duration = Duration::from_secs(1 << 30);

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        YEARS_BEFORE_BOOT + Duration::new(at.tv_sec.unsigned_abs(), u32::try_from(at.tv_nsec).unwrap_or(0))
    }

    fn wall(&self) -> Timestamp {
        let at = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        Timestamp::from_unix_ms(at.tv_sec * 1000 + at.tv_nsec / 1_000_000)
    }
}

/// A clock that moves when it is told to, for tests and simulations.
#[derive(Debug, Default)]
pub struct ManualClock {
    ns: AtomicU64,
}

impl ManualClock {
    pub fn advance(&self, by: Duration) {
        let ns = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.ns.fetch_add(ns, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.ns.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Timestamp {
        /// 2026-01-01T00:00:00Z
        const START_MS: i64 = 1_767_225_600_000;
        Timestamp::from_unix_ms(START_MS + i64::try_from(self.now().as_millis()).unwrap_or(i64::MAX - START_MS))
    }
}
