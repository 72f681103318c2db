//! What has been purged: cells, ring and the applied number (the rules R6 to R8).

mod cell;
mod ring;

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{Event, Seq, Tag};
use parking_lot::Mutex;
use tokio::sync::watch;

pub use self::cell::{Cell, Purge, strongest_purge};
use self::ring::Ring;

/// Locks over the cells. More of them, and a sweep holds each for a shorter time.
const SHARDS: usize = 64;

type Shard = Mutex<HashMap<Tag, Arc<Cell>>>;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    Now,
    /// At or below the applied number: nothing to do.
    Before,
    /// Above the next number: events are missing, and nothing was changed (R20).
    Gap,
}

/// The tags of one epoch.
#[derive(Debug)]
pub struct Tags {
    shards: Box<[Shard]>,
    hasher: RandomState,
    ring: Mutex<Ring>,
    applied: AtomicU64,
    /// Wakes those who wait for a number.
    progress: watch::Sender<Seq>,
}

impl Tags {
    /// Starts with everything up to `from` applied and unknown.
    pub fn starting_at(from: Seq, ring_events_max: usize) -> Tags {
        Tags {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: RandomState::new(),
            ring: Mutex::new(Ring::new(from, ring_events_max)),
            applied: AtomicU64::new(from.get()),
            progress: watch::Sender::new(from),
        }
    }

    /// The highest event applied. Whether an entry is current is never decided from it.
    pub fn applied(&self) -> Seq {
        Seq::new(self.applied.load(Ordering::Acquire)).unwrap_or(Seq::MAX)
    }

    /// To wait for a number to be applied.
    pub fn progress(&self) -> watch::Receiver<Seq> {
        self.progress.subscribe()
    }

    /// Applies the next event, committed at `at` of the local clock. One caller at a time:
    /// the follower of the feed.
    pub fn apply(&self, event: Event, at: Duration) -> Applied {
        let applied = self.applied();
        if event.seq <= applied {
            return Applied::Before;
        }
        if event.seq != applied.next() {
            return Applied::Gap;
        }
        // R7, in this order. First the ring, so that a cell born from now on starts high
        // enough; then the cells that were born before; then the number.
        let event = Arc::new(event);
        self.ring.lock().append(Arc::clone(&event), at);
        for tag in &event.gone {
            self.with_cell(tag, |cell| cell.raise_gone(event.seq));
        }
        for tag in &event.hard {
            self.with_cell(tag, |cell| cell.raise_hard(event.seq));
        }
        for tag in &event.soft {
            self.with_cell(tag, |cell| cell.raise_soft(event.seq, at));
        }
        self.applied.store(event.seq.get(), Ordering::Release);
        self.progress.send_replace(event.seq);
        Applied::Now
    }

    fn with_cell(&self, tag: &Tag, raise: impl FnOnce(&Cell)) {
        // The lock is kept while the cell is raised: R7's second step.
        if let Some(cell) = self.shard(tag).lock().get(tag) {
            raise(cell);
        }
    }

    /// The cells of `tags`, made where there are none yet. While the caller holds them, they
    /// stay in the map (R8).
    pub fn cells(&self, tags: &[Tag]) -> Box<[Arc<Cell>]> {
        tags.iter().map(|tag| self.cell(tag)).collect()
    }

    fn cell(&self, tag: &Tag) -> Arc<Cell> {
        let mut shard = self.shard(tag).lock();
        if let Some(cell) = shard.get(tag) {
            return Arc::clone(cell);
        }
        // R7: the ring is read and the cell inserted under the lock that `apply` takes to
        // look the tag up. Lock order: shard, then ring; `apply` never holds both.
        let cell = Arc::new(Cell::starting_at(self.ring.lock().marks(tag)));
        shard.insert(tag.clone(), Arc::clone(&cell));
        cell
    }

    /// Whether one of `tags` is known to have been withdrawn above `as_of`: what lies below the
    /// ring's floor counts as purged, but is not known to be gone.
    pub fn withdrew(&self, tags: &[Tag], as_of: Seq) -> bool {
        self.ring.lock().withdrew(tags, as_of)
    }

    /// R8: drops the cells that nobody holds. Under the shard's lock a count of one means
    /// the map's own, and nobody can take another. Returns how many are left.
    pub fn sweep(&self) -> usize {
        let mut left = 0;
        for shard in &self.shards {
            let mut cells = shard.lock();
            cells.retain(|_, cell| Arc::strong_count(cell) > 1);
            left += cells.len();
        }
        left
    }

    pub fn cell_count(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// The ring's floor and how many events it holds.
    pub fn ring_extent(&self) -> (Seq, usize) {
        let ring = self.ring.lock();
        (ring.floor(), ring.len())
    }

    fn shard(&self, tag: &Tag) -> &Shard {
        let hash = self.hasher.hash_one(tag.as_str());
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or(0)]
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use common::Timestamp;

    pub fn seq(n: u64) -> Seq {
        Seq::new(n).unwrap()
    }

    pub fn tag(name: &str) -> Tag {
        Tag::parse(name).unwrap()
    }

    pub fn event(n: u64, gone: &[&str], hard: &[&str], soft: &[&str]) -> Arc<Event> {
        let tags = |names: &[&str]| names.iter().map(|name| tag(name)).collect();
        let (gone, hard, soft) = (tags(gone), tags(hard), tags(soft));
        Arc::new(Event { seq: seq(n), at: Timestamp::from_unix_ms(0), kind: "test".to_owned(), gone, hard, soft })
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::*, *};

    const AT: Duration = Duration::from_secs(1);

    fn apply(tags: &Tags, n: u64, hard: &[&str]) -> Applied {
        tags.apply(Arc::unwrap_or_clone(event(n, &[], hard, &[])), AT)
    }

    #[test]
    fn an_event_out_of_order_changes_nothing() {
        let tags = Tags::starting_at(seq(5), 16);
        let cells = tags.cells(&[tag("a")]);
        assert_eq!(apply(&tags, 7, &["a"]), Applied::Gap);
        assert_eq!(apply(&tags, 5, &["a"]), Applied::Before);
        assert_eq!(tags.applied(), seq(5));
        assert_eq!(strongest_purge(&cells, seq(5)), None);
        assert_eq!(tags.ring_extent(), (seq(5), 0));
    }

    /// R6: whoever comes first, the store of an old answer or its purge, the answer is not used.
    #[test]
    fn a_cell_is_never_lower_than_an_applied_purge_of_its_tag() {
        let tags = Tags::starting_at(seq(0), 16);
        let before = tags.cells(&[tag("a")]);
        apply(&tags, 1, &["a"]);
        let after = tags.cells(&[tag("a")]);
        assert_eq!(strongest_purge(&before, seq(0)), Some(Purge::Hard));
        assert_eq!(strongest_purge(&after, seq(0)), Some(Purge::Hard));
        drop((before, after));
        tags.sweep();
        assert_eq!(tags.cell_count(), 0);
        assert_eq!(strongest_purge(&tags.cells(&[tag("a")]), seq(0)), Some(Purge::Hard));
    }

    #[test]
    fn what_lies_below_the_floor_counts_as_purged() {
        let tags = Tags::starting_at(seq(100), 16);
        assert_eq!(strongest_purge(&tags.cells(&[tag("a")]), seq(99)), Some(Purge::Gone));
        assert_eq!(strongest_purge(&tags.cells(&[tag("a")]), seq(100)), None);
    }

    #[test]
    fn a_sweep_keeps_every_cell_that_somebody_holds() {
        let tags = Tags::starting_at(seq(0), 16);
        let held = tags.cells(&[tag("a"), tag("b")]);
        drop(tags.cells(&[tag("c")]));
        assert_eq!(tags.sweep(), 2);
        apply(&tags, 1, &["b"]);
        assert_eq!(strongest_purge(&held, seq(0)), Some(Purge::Hard));
    }

    /// R7 and R8 under fire: however stores, purges and sweeps interleave, a cell taken
    /// before or after a purge shows it.
    #[test]
    fn no_interleaving_loses_a_purge() {
        let tags = Tags::starting_at(seq(0), 64);
        let last = 20_000;
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        let applied = tags.applied();
                        let cells = tags.cells(&[tag("hot")]);
                        // Every event purges the tag, so below `applied` all is purged.
                        assert!(applied == seq(0) || strongest_purge(&cells, applied.back(1)).is_some());
                        if applied == seq(last) {
                            break;
                        }
                    }
                });
            }
            scope.spawn(|| {
                while tags.applied() < seq(last) {
                    tags.sweep();
                }
            });
            for n in 1..=last {
                assert_eq!(apply(&tags, n, &["hot"]), Applied::Now);
            }
        });
    }
}
