//! `EDGE_LOG`: one line for a request that was slow, failed, or drawn as a sample.
//!
//! A fresh hit is neither slow nor failed, so unless samples are drawn it costs nothing here
//! but reading the clock once. Lines are bounded per second; what is left out is counted.

use std::{
    str::FromStr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use common::trace_context::TraceContext;
use http::{Method, StatusCode};
use parking_lot::Mutex;

use crate::{cache_status::Disposition, key::Key, metrics::Metrics};

/// Lines a second when `max` does not say otherwise.
const LINES_PER_SECOND: u32 = 20;
/// What `max` may say at most: a log is not a record of the traffic.
const LINES_PER_SECOND_MAX: u32 = 10_000;
const SLOW: Duration = Duration::from_secs(1);

/// What is logged. Written `failed,slow=500ms,sample=0.01,max=20`, or `off`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Requests that got no answer, one of the 5xx, or a copy because the origin failed.
    pub failed: bool,
    /// Requests whose answer began this long after they came, or later.
    pub slow: Option<Duration>,
    /// One in so many of all requests; zero for none.
    pub one_in: u64,
    pub lines_per_second: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { failed: true, slow: Some(SLOW), one_in: 0, lines_per_second: LINES_PER_SECOND }
    }
}

/// Text that is not a setting for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected off, or some of failed, slow=<n>ms, slow=<n>s, sample=<0 to 1>, max=<1 to {LINES_PER_SECOND_MAX}>")]
pub struct InvalidLog;

impl FromStr for Settings {
    type Err = InvalidLog;

    fn from_str(text: &str) -> Result<Settings, InvalidLog> {
        let mut read = Settings { failed: false, slow: None, one_in: 0, lines_per_second: LINES_PER_SECOND };
        if text == "off" {
            return Ok(read);
        }
        for part in text.split(',') {
            match part.trim().split_once('=') {
                None if part.trim() == "failed" => read.failed = true,
                Some(("slow", time)) => read.slow = Some(duration(time).ok_or(InvalidLog)?),
                Some(("sample", share)) => {
                    let share: f64 = share.parse().map_err(|_| InvalidLog)?;
                    if !(0.0..=1.0).contains(&share) {
                        return Err(InvalidLog);
                    }
                    // One in so many, rounded; a share too small to round is one in the most.
                    read.one_in = if share > 0.0 { (1.0 / share).round() as u64 } else { 0 };
                }
                Some(("max", lines)) => {
                    let lines = lines.parse().ok().filter(|lines| (1..=LINES_PER_SECOND_MAX).contains(lines));
                    read.lines_per_second = lines.ok_or(InvalidLog)?;
                }
                _ => return Err(InvalidLog),
            }
        }
        Ok(read)
    }
}

fn duration(text: &str) -> Option<Duration> {
    if let Some(ms) = text.strip_suffix("ms") {
        return ms.parse().ok().map(Duration::from_millis);
    }
    text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
}

/// Why a request is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Failed,
    Slow,
    Sample,
}

impl Why {
    pub const fn as_str(self) -> &'static str {
        match self {
            Why::Failed => "failed",
            Why::Slow => "slow",
            Why::Sample => "sample",
        }
    }
}

/// One request, answered.
#[derive(Debug)]
pub struct Line<'a> {
    pub method: &'a Method,
    /// `None` if the request could not be understood.
    pub key: Option<&'a Key>,
    pub status: StatusCode,
    pub disposition: &'a Disposition,
    /// The body's length, if it is known ahead.
    pub bytes: Option<u64>,
    /// Made when it is first needed: a hit has none.
    pub trace: Option<&'a TraceContext>,
}

/// Draws, limits and writes.
#[derive(Debug, Default)]
pub struct AccessLog {
    settings: Settings,
    requests: AtomicU64,
    written: Mutex<Written>,
}

/// Lines of the second that is being counted.
#[derive(Debug, Default)]
struct Written {
    second: u64,
    lines: u32,
}

impl AccessLog {
    pub fn new(settings: Settings) -> AccessLog {
        AccessLog { settings, ..AccessLog::default() }
    }

    /// Whether any request may be logged, whatever becomes of it.
    pub fn samples(&self) -> bool {
        self.settings.one_in > 0
    }

    /// When a request came; `now` is not asked if nothing is logged.
    pub fn came(&self, now: impl FnOnce() -> Duration) -> Option<Duration> {
        let Settings { failed, slow, one_in, lines_per_second: _ } = self.settings;
        (failed || slow.is_some() || one_in > 0).then(now)
    }

    /// A request that came at `came` is answered. `now` is asked only if it matters.
    pub fn answered(
        &self,
        line: &Line<'_>,
        came: Option<Duration>,
        now: impl FnOnce() -> Duration,
        cache_name: &str,
        metrics: &Metrics,
    ) {
        let Some(came) = came else { return };
        let sampled = self.is_sample();
        // What is answered from memory has waited for nobody.
        if !sampled && matches!(line.disposition, Disposition::Hit { .. }) {
            return;
        }
        let now = now();
        let took = now.saturating_sub(came);
        let Some(why) = self.reason(line, took, sampled) else { return };
        if !self.has_room(now) {
            metrics.log_dropped();
            return;
        }
        metrics.logged();
        tracing::info!(
            target: "edge::requests",
            why = why.as_str(),
            request_id = line.trace.map(TraceContext::request_id),
            method = %line.method,
            key = line.key.map(|key| &**key),
            status = line.status.as_u16(),
            ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            bytes = line.bytes,
            cache_status = line.disposition.header_value(cache_name, None).as_ref().and_then(|value| value.to_str().ok()),
            "request"
        );
    }

    fn reason(&self, line: &Line<'_>, took: Duration, sampled: bool) -> Option<Why> {
        let failed = line.status.is_server_error()
            || matches!(line.disposition, Disposition::Failed { .. } | Disposition::Marked { failure: Some(_), .. });
        if failed && self.settings.failed {
            return Some(Why::Failed);
        }
        if self.settings.slow.is_some_and(|slow| took >= slow) {
            return Some(Why::Slow);
        }
        sampled.then_some(Why::Sample)
    }

    fn is_sample(&self) -> bool {
        self.settings.one_in > 0 && self.requests.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.settings.one_in)
    }

    /// Whether this second has room for another line.
    fn has_room(&self, now: Duration) -> bool {
        let mut written = self.written.lock();
        if written.second != now.as_secs() {
            *written = Written { second: now.as_secs(), lines: 0 };
        }
        let room = written.lines < self.settings.lines_per_second;
        written.lines += u32::from(room);
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cache_status::{Forward, Marked},
        fill::Failure,
    };

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn reads_what_is_documented_and_nothing_else() {
        let read = |text: &str| text.parse::<Settings>();
        let default = Settings::default();
        assert_eq!(read("failed,slow=1s").unwrap(), default);
        let none = Settings { failed: false, slow: None, ..default };
        assert_eq!(read("off").unwrap(), none);
        assert_eq!(
            read("slow=500ms, sample=0.01,max=5").unwrap(),
            Settings { slow: Some(ms(500)), one_in: 100, lines_per_second: 5, ..none }
        );
        assert_eq!(read("sample=1").unwrap().one_in, 1);
        assert_eq!(read("sample=0").unwrap().one_in, 0);
        for bad in [
            "",
            "on",
            "slow",
            "slow=5",
            "slow=-1s",
            "sample=2",
            "sample=nan",
            "sample=-0.1",
            "max=0",
            "max=1e9",
            "failed,",
            "failed=1",
            "off,failed",
        ] {
            assert_eq!(read(bad), Err(InvalidLog), "{bad:?}");
        }
    }

    fn written(log: &AccessLog, disposition: Disposition, status: u16, took: Duration) -> bool {
        let metrics = Metrics::new();
        let status = StatusCode::from_u16(status).unwrap();
        let line = Line { method: &Method::GET, key: None, status, disposition: &disposition, bytes: None, trace: None };
        log.answered(&line, log.came(|| ms(5000)), || ms(5000) + took, "rcr-test", &metrics);
        metrics.render().contains("edge_log_lines_total 1\n")
    }

    #[test]
    fn logs_the_slow_and_the_failed() {
        let log = AccessLog::new(Settings { one_in: 0, ..Settings::default() });
        let forwarded = Disposition::Forwarded { why: Forward::Miss, source: None, stored: None, collapsed: false, ttl_s: None };
        let shown = Disposition::Marked { why: Marked::StaleIfError, failure: Some(Failure::TimedOut), ttl_s: 0 };
        let failed = Disposition::Failed { why: Forward::Miss, failure: Failure::Breaker };
        assert!(!written(&log, forwarded, 200, ms(999)));
        assert!(written(&log, forwarded, 200, ms(1000)));
        assert!(written(&log, forwarded, 500, ms(0)));
        assert!(written(&log, shown, 200, ms(0)));
        assert!(written(&log, failed, 502, ms(0)));
        let off = AccessLog::new("off".parse().unwrap());
        assert_eq!(off.came(|| panic!("the clock costs something, too")), None);
        assert!(!written(&off, failed, 502, ms(9000)));
    }

    #[test]
    fn draws_one_in_so_many_hits_too() {
        let log = AccessLog::new("sample=0.25".parse().unwrap());
        let hit = Disposition::Hit { left: ms(1) };
        let lines = (0..20).filter(|_| written(&log, hit, 200, ms(0))).count();
        assert_eq!(lines, 5);
    }

    #[test]
    fn lines_are_bounded_per_second_and_the_rest_is_counted() {
        let log = AccessLog::new("failed,max=3".parse().unwrap());
        let metrics = Metrics::new();
        let disposition = Disposition::Local;
        let line = Line {
            method: &Method::GET,
            key: None,
            status: StatusCode::BAD_GATEWAY,
            disposition: &disposition,
            bytes: None,
            trace: None,
        };
        for second in [7, 8] {
            for _ in 0..10 {
                log.answered(&line, log.came(|| ms(0)), || Duration::from_secs(second), "rcr-test", &metrics);
            }
        }
        let text = metrics.render();
        assert!(text.contains("edge_log_lines_total 6\n") && text.contains("edge_log_lines_dropped_total 14\n"), "{text}");
    }
}
