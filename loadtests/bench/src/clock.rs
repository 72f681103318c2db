//! The one place that reads a clock: a benchmark measures real time.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time; nothing in it is simulated")]
#[inline]
pub fn now() -> Instant {
    Instant::now()
}
