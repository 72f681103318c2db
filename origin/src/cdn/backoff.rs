//! How long to leave the provider alone after it did not take a batch.

use std::{sync::Arc, time::Duration};

use common::entropy::Entropy;

const FIRST_WAIT: Duration = Duration::from_secs(2);
pub const WAIT_MAX: Duration = Duration::from_secs(300);
/// 2 s doubled this often exceeds the longest wait.
const DOUBLINGS_MAX: u32 = 8;

pub(super) struct Backoff {
    entropy: Arc<dyn Entropy>,
    failures: u32,
    until: Duration,
}

impl Backoff {
    pub(super) fn new(entropy: Arc<dyn Entropy>) -> Backoff {
        Backoff { entropy, failures: 0, until: Duration::ZERO }
    }

    pub(super) fn is_over(&self, now: Duration) -> bool {
        now >= self.until
    }

    pub(super) fn reset(&mut self) {
        self.failures = 0;
        self.until = Duration::ZERO;
    }

    /// Twice as long each time, of which half is by chance: several origins that were
    /// throttled together do not come back together.
    pub(super) fn failed(&mut self, now: Duration) -> Duration {
        let whole = (FIRST_WAIT * 2u32.pow(self.failures.min(DOUBLINGS_MAX))).min(WAIT_MAX);
        self.failures = self.failures.saturating_add(1);
        let half_ms = u64::try_from(whole.as_millis() / 2).unwrap_or(u64::MAX);
        let wait = Duration::from_millis(half_ms + self.entropy.u64() % (half_ms + 1));
        self.until = now + wait;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::entropy::SystemEntropy;

    #[test]
    fn doubles_up_to_a_limit_with_jitter() {
        let mut backoff = Backoff::new(Arc::new(SystemEntropy));
        let mut whole = FIRST_WAIT;
        for _ in 0..40 {
            let wait = backoff.failed(Duration::from_secs(9));
            assert!((whole / 2..=whole).contains(&wait), "{wait:?} of {whole:?}");
            assert!(!backoff.is_over(Duration::from_secs(9)) && backoff.is_over(Duration::from_secs(9) + wait));
            whole = (whole * 2).min(WAIT_MAX);
        }
        backoff.reset();
        assert!(backoff.is_over(Duration::ZERO));
    }
}
