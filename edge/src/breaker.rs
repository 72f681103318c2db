//! When the origin fails, ask it less often.

use std::time::Duration;

use common::entropy::Entropy;
use parking_lot::Mutex;

/// Failures in a row after which fills are no longer sent one for one.
const FAILURES_MAX: u32 = 3;
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Lets every request through while the origin answers; after some failures in a row, one
/// probe per pause, which doubles from 100 ms to 2 s and is jittered by half so that edges do
/// not knock in step.
#[derive(Debug, Default)]
pub struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// No request before this moment.
    resting_until: Duration,
}

impl Breaker {
    /// Whether a request may be sent at `now`. While failing, it lets one through per pause.
    pub fn admits(&self, now: Duration, entropy: &dyn Entropy) -> bool {
        let mut state = self.state.lock();
        if state.failures < FAILURES_MAX {
            return true;
        }
        if now < state.resting_until {
            return false;
        }
        // The probe's own outcome sets the next pause; until then nobody else goes.
        state.resting_until = now + pause(state.failures, entropy);
        true
    }

    /// What was admitted has not been sent after all: another may go.
    pub fn unsent(&self, now: Duration) {
        let mut state = self.state.lock();
        state.resting_until = state.resting_until.min(now);
    }

    /// Whether the last request failed.
    pub fn is_failing(&self) -> bool {
        self.state.lock().failures > 0
    }

    pub fn succeeded(&self) {
        *self.state.lock() = State::default();
    }

    pub fn failed(&self, now: Duration, entropy: &dyn Entropy) {
        let mut state = self.state.lock();
        state.failures = state.failures.saturating_add(1);
        state.resting_until = now + pause(state.failures, entropy);
    }
}

fn pause(failures: u32, entropy: &dyn Entropy) -> Duration {
    let doubled = PAUSE_MIN.saturating_mul(1 << failures.saturating_sub(FAILURES_MAX).min(10)).min(PAUSE_MAX);
    let half_ns = u64::try_from(doubled.as_nanos() / 2).unwrap_or(1).max(1);
    doubled / 2 + Duration::from_nanos(entropy.u64() % half_ns)
}

#[cfg(test)]
mod tests {
    use common::entropy::SystemEntropy;

    use super::*;

    #[test]
    fn one_probe_per_pause_while_failing_and_all_again_after_a_success() {
        let breaker = Breaker::default();
        let at = Duration::from_secs;
        for _ in 0..FAILURES_MAX {
            assert!(breaker.admits(at(1), &SystemEntropy));
            breaker.failed(at(1), &SystemEntropy);
        }
        assert!(!breaker.admits(at(1), &SystemEntropy));
        assert!(breaker.admits(at(4), &SystemEntropy));
        assert!(!breaker.admits(at(4), &SystemEntropy));
        breaker.unsent(at(4));
        assert!(breaker.admits(at(4), &SystemEntropy), "the probe that was not sent");
        breaker.succeeded();
        assert!(!breaker.is_failing());
        assert!(breaker.admits(at(4), &SystemEntropy) && breaker.admits(at(4), &SystemEntropy));
    }
}
