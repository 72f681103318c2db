//! One epoch: everything that is only meaningful together (R9).

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{LogId, Seq};
use parking_lot::Mutex;

use crate::{
    fill::FillTable,
    key::SearchRules,
    memory::Memory,
    tags::{ByHand, Tags},
};

/// How long after a question an edge may rely on its answer (R21).
pub const CONFIRMED_FOR: Duration = Duration::from_secs(3);

/// Answers kept until the applied number reaches them: one a second, and none is of use
/// after [`CONFIRMED_FOR`].
const PENDING_MAX: usize = 4;

/// What an epoch may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Before the first head: nothing is stored or read.
    Waiting,
    /// The origin could not be reached at the start, and Redis knew the last log: what Redis
    /// holds may be answered, marked, and nothing is stored (R17).
    Blind(LogId),
    /// Follows this log.
    Following(LogId),
    /// No feed: an ordinary shared cache, where entries live by their headers alone.
    Plain,
}

/// Cache, cells, ring, applied number and the fills in flight: one object, replaced whole. A
/// fill keeps the epoch it started with; a reader uses the one it found on arrival.
#[derive(Debug)]
pub struct Epoch {
    pub mode: Mode,
    pub memory: Memory,
    pub tags: Tags,
    pub fills: FillTable,
    /// Which parts of their queries the stored resources have said not to matter.
    pub searches: SearchRules,
    /// When the question was sent whose answer `applied` has reached, in nanoseconds of the
    /// local clock; zero for never.
    confirmed_ns: AtomicU64,
    /// When the origin last failed to answer while this epoch was unconfirmed.
    failed_ns: AtomicU64,
    /// Answers that `applied` has not reached yet: their numbers and when they were asked.
    pending: Mutex<VecDeque<(Seq, Duration)>>,
}

impl Epoch {
    pub fn new(mode: Mode, from: Seq, ring_events_max: usize, memory_bytes_max: u64) -> Arc<Epoch> {
        Epoch::first(ByHand::default(), mode, from, ring_events_max, memory_bytes_max)
    }

    /// A process's first.
    pub fn first(by_hand: ByHand, mode: Mode, from: Seq, ring_events_max: usize, memory_bytes_max: u64) -> Arc<Epoch> {
        let tags = Tags::after(Arc::new(by_hand), from, ring_events_max);
        Epoch::made(mode, Memory::with_capacity(memory_bytes_max), tags)
    }

    /// The epoch that takes this one's place. Of what was stored nothing is left; what was
    /// purged by hand stays purged, and what is counted goes on.
    pub fn next(&self, mode: Mode, from: Seq, ring_events_max: usize, memory_bytes_max: u64) -> Arc<Epoch> {
        let tags = Tags::after(Arc::clone(self.tags.by_hand()), from, ring_events_max);
        Epoch::made(mode, self.memory.emptied(memory_bytes_max), tags)
    }

    fn made(mode: Mode, memory: Memory, tags: Tags) -> Arc<Epoch> {
        Arc::new(Epoch {
            mode,
            memory,
            tags,
            fills: FillTable::default(),
            searches: SearchRules::default(),
            confirmed_ns: AtomicU64::new(0),
            failed_ns: AtomicU64::new(0),
            pending: Mutex::default(),
        })
    }

    /// The log whose numbers count here.
    pub fn log(&self) -> Option<LogId> {
        match self.mode {
            Mode::Blind(log) | Mode::Following(log) => Some(log),
            Mode::Waiting | Mode::Plain => None,
        }
    }

    pub fn may_store(&self) -> bool {
        match self.mode {
            Mode::Following(_) | Mode::Plain => true,
            Mode::Waiting | Mode::Blind(_) => false,
        }
    }

    /// R21, checked at each lookup, not by a timer's flag: the applied number has reached
    /// what the origin said to a question sent less than three seconds ago.
    pub fn is_confirmed(&self, now: Duration) -> bool {
        match self.mode {
            Mode::Plain => true,
            Mode::Waiting | Mode::Blind(_) => false,
            Mode::Following(_) => {
                let asked = self.confirmed_ns.load(Ordering::Acquire);
                asked != 0 && now.saturating_sub(Duration::from_nanos(asked)) < CONFIRMED_FOR
            }
        }
    }

    /// How long ago the question was sent whose answer the applied number has reached: how old
    /// this edge's knowledge may be. `None` for never.
    pub fn confirmation_age(&self, now: Duration) -> Option<Duration> {
        let asked = self.confirmed_ns.load(Ordering::Acquire);
        (asked != 0).then(|| now.saturating_sub(Duration::from_nanos(asked)))
    }

    /// The origin did not answer in time.
    pub fn note_failure(&self, now: Duration) {
        let ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.failed_ns.fetch_max(ns, Ordering::Release);
    }

    /// The origin answered.
    pub fn note_success(&self) {
        self.failed_ns.store(0, Ordering::Release);
    }

    /// Whether it has failed since this epoch was last confirmed: then nobody waits for it
    /// again until it is.
    pub fn failed_since_confirmed(&self) -> bool {
        self.failed_ns.load(Ordering::Acquire) > self.confirmed_ns.load(Ordering::Acquire)
    }

    /// The origin said that its head is `head`, to a question sent at `asked`.
    pub fn heard_head(&self, head: Seq, asked: Duration) {
        let mut pending = self.pending.lock();
        if pending.len() == PENDING_MAX {
            pending.pop_front();
        }
        pending.push_back((head, asked));
        drop(pending);
        self.settle();
    }

    /// Called after every applied event: an answer may have been reached now.
    pub fn settle(&self) {
        let mut pending = self.pending.lock();
        let applied = self.tags.applied();
        while let Some((_, asked)) = pending.front().copied().filter(|(head, _)| applied >= *head) {
            let asked_ns = u64::try_from(asked.as_nanos()).unwrap_or(u64::MAX).max(1);
            self.confirmed_ns.fetch_max(asked_ns, Ordering::Release);
            pending.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::testing::{event, seq};

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn following(from: u64) -> Arc<Epoch> {
        let log = LogId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
        Epoch::new(Mode::Following(log), seq(from), 16, 1 << 20)
    }

    /// R21: three seconds from the sending of the question, not from its answer.
    #[test]
    fn is_confirmed_for_three_seconds_after_asking() {
        let epoch = following(5);
        assert!(!epoch.is_confirmed(s(100)));
        epoch.heard_head(seq(5), s(100));
        assert!(epoch.is_confirmed(s(102)));
        assert!(!epoch.is_confirmed(s(103)));
    }

    #[test]
    fn is_not_confirmed_until_it_has_applied_what_it_heard_of() {
        let epoch = following(5);
        epoch.heard_head(seq(6), s(100));
        assert!(!epoch.is_confirmed(s(100)));
        epoch.tags.apply(Arc::unwrap_or_clone(event(6, &[], &[], &[])), s(100));
        epoch.settle();
        assert!(epoch.is_confirmed(s(101)));
    }
}
