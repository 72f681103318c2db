//! What has been purged: cells, ring and the applied number (the rules R6 to R8).

mod by_hand;
mod cell;
pub mod headers;
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
use smallvec::SmallVec;
use tokio::sync::watch;

use self::ring::Ring;
pub use self::{
    by_hand::{ByHand, Hand, HandMark, Strength, Turn},
    cell::{Cell, Purge, strongest_purge},
};
use crate::key::Key;

/// Locks over the cells. More of them, and a sweep holds each for a shorter time.
const SHARDS: usize = 64;

/// A review has seven tags, and there is the one of everything.
const CELLS_INSIDE: usize = 8;

/// What one entry holds of them. As many as most have stand in the entry itself: a hit looks at each, and every place of its own in
/// memory costs it some tenths of a microsecond once there are a million entries.
pub type Cells = SmallVec<[Arc<Cell>; CELLS_INSIDE]>;

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
    /// Shared by all epochs of the process.
    by_hand: Arc<ByHand>,
}

impl Tags {
    /// Starts with everything up to `from` applied and unknown.
    pub fn starting_at(from: Seq, ring_events_max: usize) -> Tags {
        Tags::after(Arc::default(), from, ring_events_max)
    }

    /// The same in a process that may have purged by hand before.
    pub fn after(by_hand: Arc<ByHand>, from: Seq, ring_events_max: usize) -> Tags {
        Tags {
            by_hand,
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

    pub fn by_hand(&self) -> &Arc<ByHand> {
        &self.by_hand
    }

    /// Raises the cells that there are of `tags` and of everything, for a purge by hand that
    /// the ring of purges remembers already. Returns how many of the tags some entry carries.
    pub fn purge_by_hand(&self, turn: &Turn<'_>, tags: &[Tag], everything: bool) -> usize {
        if everything {
            turn.purge_everything();
        }
        let mut carried = 0;
        for tag in tags {
            self.with_cell(tag, |cell| {
                cell.raise_by_hand(turn.strength, turn.number, turn.at);
                carried += 1;
            });
        }
        carried
    }

    /// The cells of `tags`, made where there are none yet, and behind them the one of
    /// everything. While the caller holds them, they stay in the map (R8).
    pub fn cells(&self, tags: &[Tag]) -> Cells {
        let mut cells = Cells::with_capacity(tags.len() + 1);
        cells.extend(tags.iter().map(|tag| self.cell(tag)).chain([self.by_hand.everything()]));
        cells
    }

    /// [`Tags::cells`], and the same tags as the map holds them: an entry's own spelling of
    /// each would cost it an allocation.
    pub fn hold(&self, mut tags: Vec<Tag>) -> (Box<[Tag]>, Cells) {
        let cells = self.cells(&tags);
        for tag in &mut tags {
            if let Some((held, _)) = self.shard(tag).lock().get_key_value(tag) {
                *tag = held.clone();
            }
        }
        (tags.into(), cells)
    }

    /// How an entry stands towards purges by hand, if its fill was sent when `sent` had been
    /// applied: its own URL may have been purged since.
    pub fn hand_mark(&self, key: &Key, sent: Hand) -> HandMark {
        let mark = HandMark::sent_at(sent);
        self.recall(&mark, key);
        mark
    }

    /// Adds what is remembered of another key of the same entry.
    pub fn recall(&self, mark: &HandMark, key: &Key) {
        if let Some(marks) = self.by_hand.url_marks(key) {
            mark.recall(marks);
        }
    }

    fn cell(&self, tag: &Tag) -> Arc<Cell> {
        let mut shard = self.shard(tag).lock();
        if let Some(cell) = shard.get(tag) {
            return Arc::clone(cell);
        }
        // R7: the ring is read and the cell inserted under the lock that `apply` takes to
        // look the tag up. Lock order: shard, then ring; `apply` never holds both.
        let cell = Arc::new(Cell::starting_at(self.ring.lock().marks(tag), self.by_hand.tag_marks(tag)));
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

    fn strongest(cells: &[Arc<Cell>], as_of: Seq) -> Option<Purge> {
        strongest_purge(cells.iter().map(|cell| &**cell), as_of, Hand::ZERO)
    }

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
        assert_eq!(strongest(&cells, seq(5)), None);
        assert_eq!(tags.ring_extent(), (seq(5), 0));
    }

    /// R6: whoever comes first, the store of an old answer or its purge, the answer is not used.
    #[test]
    fn a_cell_is_never_lower_than_an_applied_purge_of_its_tag() {
        let tags = Tags::starting_at(seq(0), 16);
        let before = tags.cells(&[tag("a")]);
        apply(&tags, 1, &["a"]);
        let after = tags.cells(&[tag("a")]);
        assert_eq!(strongest(&before, seq(0)), Some(Purge::Hard));
        assert_eq!(strongest(&after, seq(0)), Some(Purge::Hard));
        drop((before, after));
        tags.sweep();
        assert_eq!(tags.cell_count(), 0);
        assert_eq!(strongest(&tags.cells(&[tag("a")]), seq(0)), Some(Purge::Hard));
    }

    #[test]
    fn what_lies_below_the_floor_counts_as_purged() {
        let tags = Tags::starting_at(seq(100), 16);
        assert_eq!(strongest(&tags.cells(&[tag("a")]), seq(99)), Some(Purge::Gone));
        assert_eq!(strongest(&tags.cells(&[tag("a")]), seq(100)), None);
    }

    #[test]
    fn a_sweep_keeps_every_cell_that_somebody_holds() {
        let tags = Tags::starting_at(seq(0), 16);
        let held = tags.cells(&[tag("a"), tag("b")]);
        drop(tags.cells(&[tag("c")]));
        assert_eq!(tags.sweep(), 2);
        apply(&tags, 1, &["b"]);
        assert_eq!(strongest(&held, seq(0)), Some(Purge::Hard));
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
                        assert!(applied == seq(0) || strongest(&cells, applied.back(1)).is_some());
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

    fn purge_by_hand(tags: &Tags, name: &str) -> Hand {
        let turn = tags.by_hand().begin(Strength::Hard, &[tag(name)], &[], AT);
        tags.purge_by_hand(&turn, &[tag(name)], false);
        let number = turn.number;
        turn.end();
        number
    }

    /// R6 for purges by hand, beyond the end of an epoch: the copies in Redis outlive it.
    #[test]
    fn a_purge_by_hand_outlives_the_epoch() {
        let first = Tags::starting_at(seq(0), 16);
        let number = purge_by_hand(&first, "a");
        let second = Tags::after(Arc::clone(first.by_hand()), seq(0), 16);
        let judge = |sent| strongest_purge(second.cells(&[tag("a")]).iter().map(|cell| &**cell), seq(9), sent);
        assert_eq!(judge(Hand::ZERO), Some(Purge::Hard));
        assert_eq!(judge(number), None);
    }

    #[test]
    fn everything_is_one_cell_that_every_entry_carries() {
        let tags = Tags::starting_at(seq(0), 16);
        let cells = tags.cells(&[]);
        let turn = tags.by_hand().begin(Strength::Soft, &[], &[], AT);
        tags.purge_by_hand(&turn, &[], true);
        turn.end();
        assert_eq!(strongest(&cells, seq(9)), Some(Purge::Soft { since: AT }));
        assert_eq!(tags.cell_count(), 0);
    }

    /// R7 and R8 under fire, for purges by hand.
    #[test]
    fn no_interleaving_loses_a_purge_by_hand() {
        let tags = Tags::starting_at(seq(0), 64);
        let last = 10_000;
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        // What was sent before the last applied purge is purged by it.
                        let applied = tags.by_hand().applied();
                        let cells = tags.cells(&[tag("hot")]);
                        let sent = Hand::new(applied.get().saturating_sub(1));
                        let found = strongest_purge(cells.iter().map(|cell| &**cell), seq(0), sent);
                        assert!(applied == Hand::ZERO || found.is_some());
                        if applied.get() == last {
                            break;
                        }
                    }
                });
            }
            scope.spawn(|| {
                while tags.by_hand().applied().get() < last {
                    tags.sweep();
                }
            });
            for _ in 1..=last {
                purge_by_hand(&tags, "hot");
            }
        });
    }
}
