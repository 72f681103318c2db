//! Counting attempts, in memory that cannot grow.
//!
//! A fixed table of counters, addressed by a keyed hash: no eviction that an attacker could
//! provoke, no lock that all share. Two keys in one place share its limit, which is rare
//! and only stricter.

use std::{sync::Arc, time::Duration};

use common::{Clock, entropy::Entropy};
use http::HeaderValue;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::limits::LIMITER_SLOTS;

#[derive(Clone, Copy, Default)]
struct Window {
    started: Duration,
    count: u32,
}

/// At most `max` attempts per key in every window.
pub struct Limiter {
    name: &'static str,
    max: u32,
    window: Duration,
    /// So that nobody outside can compute which keys collide.
    seed: [u8; 16],
    slots: Box<[Mutex<Window>]>,
    clock: Arc<dyn Clock>,
}

/// The state of one key's window after an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub allowed: bool,
    name: &'static str,
    max: u32,
    window_s: u64,
    remaining: u32,
    /// Until the window begins anew.
    pub reset_s: u64,
}

impl Limiter {
    pub fn new(name: &'static str, max: u32, window_s: u64, clock: Arc<dyn Clock>, entropy: &dyn Entropy) -> Limiter {
        let mut seed = [0; 16];
        entropy.fill(&mut seed);
        let slots = (0..LIMITER_SLOTS).map(|_| Mutex::new(Window::default())).collect();
        Limiter { name, max, window: Duration::from_secs(window_s), seed, slots, clock }
    }

    /// Counts an attempt, unless the window is full.
    pub fn attempt(&self, key: &[u8]) -> Verdict {
        let now = self.clock.now();
        let mut window = self.slot(key).lock();
        if window.count == 0 || now.saturating_sub(window.started) >= self.window {
            *window = Window { started: now, count: 0 };
        }
        let allowed = window.count < self.max;
        if allowed {
            window.count += 1;
        }
        let left = self.window.saturating_sub(now.saturating_sub(window.started));
        Verdict {
            allowed,
            name: self.name,
            max: self.max,
            window_s: self.window.as_secs(),
            remaining: self.max - window.count,
            reset_s: left.as_secs() + u64::from(left.subsec_nanos() > 0),
        }
    }

    /// Takes back an attempt that turned out to be legitimate.
    pub fn forgive(&self, key: &[u8]) {
        let mut window = self.slot(key).lock();
        window.count = window.count.saturating_sub(1);
    }

    fn slot(&self, key: &[u8]) -> &Mutex<Window> {
        let digest = Sha256::new().chain_update(self.seed).chain_update(key).finalize();
        let index = usize::from(u16::from_le_bytes([digest[0], digest[1]])) % self.slots.len();
        &self.slots[index]
    }
}

impl Verdict {
    /// `RateLimit-Policy` and `RateLimit`, after the IETF's draft.
    pub fn headers(&self) -> [HeaderValue; 2] {
        let value = |text: String| HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        [
            value(format!("\"{}\";q={};w={}", self.name, self.max, self.window_s)),
            value(format!("\"{}\";r={};t={}", self.name, self.remaining, self.reset_s)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use common::{clock::ManualClock, entropy::SystemEntropy};

    use super::*;

    #[test]
    fn refuses_the_attempt_after_the_last_until_the_window_ends() {
        let clock = Arc::new(ManualClock::default());
        let limiter = Limiter::new("account", 2, 60, clock.clone(), &SystemEntropy);
        assert!(limiter.attempt(b"ana").allowed);
        assert!(limiter.attempt(b"ana").allowed);
        clock.advance(Duration::from_millis(59_500));
        let verdict = limiter.attempt(b"ana");
        assert!(!verdict.allowed);
        assert_eq!(verdict.reset_s, 1);
        assert_eq!(verdict.headers()[1], "\"account\";r=0;t=1");
        clock.advance(Duration::from_millis(500));
        assert!(limiter.attempt(b"ana").allowed);
    }

    #[test]
    fn forgives_a_legitimate_attempt() {
        let limiter = Limiter::new("account", 1, 60, Arc::new(ManualClock::default()), &SystemEntropy);
        for _ in 0..5 {
            assert!(limiter.attempt(b"ana").allowed);
            limiter.forgive(b"ana");
        }
    }
}
