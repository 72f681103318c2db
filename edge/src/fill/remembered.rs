//! What is remembered of a key for a short while without a stored response: that its answers
//! may not be shared, or that asking for it has just failed.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use parking_lot::Mutex;

use super::Failure;
use crate::policy::NotStored;

/// Keys remembered of each kind; a further one takes the place of another. Losing one costs a
/// fill.
const KEYS_MAX: usize = 65_536;
/// Between two sweeps of a full table: a sweep looks at every note, under the lock.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How long a key stays known as uncacheable after its last answer was.
pub const UNCACHEABLE_FOR: Duration = Duration::from_secs(120);
/// How long a failure answers those who have no copy to be shown.
pub const FAILED_FOR: Duration = Duration::from_secs(1);

/// Something about some keys, each until its time is over. Keys are kept as hashes under a
/// secret of this process: 64 bits instead of kilobytes that a stranger chose. Two keys in one
/// place would share a note, which is harmless and not to be had on purpose.
#[derive(Debug)]
pub struct Remembered<T> {
    secret: RandomState,
    notes: Mutex<Notes<T>>,
}

#[derive(Debug)]
struct Notes<T> {
    by_key: HashMap<u64, (Duration, T)>,
    swept: Duration,
}

impl<T> Default for Remembered<T> {
    fn default() -> Remembered<T> {
        let notes = Notes { by_key: HashMap::new(), swept: Duration::ZERO };
        Remembered { secret: RandomState::new(), notes: Mutex::new(notes) }
    }
}

impl<T: Copy> Remembered<T> {
    /// What is known of `key` at `now`.
    pub fn get(&self, key: &str, now: Duration) -> Option<T> {
        let notes = self.notes.lock();
        // Most of the time there is none at all: then nothing is hashed.
        if notes.by_key.is_empty() {
            return None;
        }
        let (until, note) = notes.by_key.get(&self.secret.hash_one(key)).copied()?;
        (now < until).then_some(note)
    }

    /// Notes it until `until`.
    pub fn put(&self, key: &str, note: T, until: Duration, now: Duration) {
        let hash = self.secret.hash_one(key);
        let mut notes = self.notes.lock();
        if notes.by_key.len() >= KEYS_MAX && !notes.by_key.contains_key(&hash) {
            if now.saturating_sub(notes.swept) >= SWEEP_EVERY {
                notes.swept = now;
                notes.by_key.retain(|_, (until, _)| now < *until);
            }
            if notes.by_key.len() >= KEYS_MAX
                && let Some(some) = notes.by_key.keys().next().copied()
            {
                notes.by_key.remove(&some);
            }
        }
        notes.by_key.insert(hash, (until, note));
    }

    pub fn forget(&self, key: &str) {
        let mut notes = self.notes.lock();
        if !notes.by_key.is_empty() {
            notes.by_key.remove(&self.secret.hash_one(key));
        }
    }
}

/// Whether an answer that was refused for this reason says that the next one will be, too.
pub const fn is_lasting(reason: NotStored) -> bool {
    match reason {
        NotStored::NoStore
        | NotStored::Private
        | NotStored::SetCookie
        | NotStored::VaryAll
        | NotStored::NoFreshness
        | NotStored::TooLarge
        | NotStored::NoAsOf
        | NotStored::TooManyTags => true,
        // Of this moment, or of this edge: the next answer may well be stored.
        NotStored::Status | NotStored::Purged | NotStored::NoEpoch | NotStored::Overtaken => false,
    }
}

/// Whether those who come within the next moments need not try themselves. Only what the
/// origin was asked, and failed at.
pub const fn is_worth_remembering(failure: Failure) -> bool {
    match failure {
        Failure::NoResponse | Failure::TimedOut | Failure::Unavailable => true,
        // It answers, if not this request: another reader's may fare better.
        Failure::ServerError
        | Failure::Breaker
        | Failure::TooManyFills
        | Failure::TooManyWaiters
        | Failure::TooManyPasses
        | Failure::ClientMisses
        | Failure::ClientRate
        | Failure::Stalled
        | Failure::Unusable => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_ends_with_its_time_or_when_it_is_taken_back() {
        let (notes, s) = (Remembered::default(), Duration::from_secs);
        notes.put("h/a", 1, s(10), s(9));
        assert_eq!((notes.get("h/a", s(9)), notes.get("h/a", s(10)), notes.get("h/b", s(9))), (Some(1), None, None));
        notes.forget("h/a");
        assert_eq!(notes.get("h/a", s(9)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (notes, s) = (Remembered::default(), Duration::from_secs);
        for n in 0..KEYS_MAX + 100 {
            notes.put(&n.to_string(), n, s(10), s(1));
        }
        assert_eq!(notes.notes.lock().by_key.len(), KEYS_MAX);
        assert_eq!(notes.get(&(KEYS_MAX + 99).to_string(), s(1)), Some(KEYS_MAX + 99));
        // Those whose time is over make room all at once.
        notes.put("late", 0, s(20), s(10));
        assert_eq!(notes.notes.lock().by_key.len(), 1);
    }
}
