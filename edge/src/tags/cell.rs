//! One tag's purges, as the entries that carry it see them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use common::Seq;
use parking_lot::Mutex;

use super::by_hand::{Hand, Strength};

/// How many soft purges of one tag are remembered with their times. With only the last one,
/// a list that is purged every minute and unread for an hour would count as stale for a
/// minute.
pub const SOFT_MARKS_MAX: usize = 8;

/// How strongly an entry is purged. Ordered: the stronger one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purge {
    /// Stale since this moment of the local monotonic clock.
    Soft { since: Duration },
    /// Not to be used while the origin can be reached.
    Hard,
    /// Never to be used again.
    Gone,
}

/// Two purges of one entry: the stronger one decides, of two soft ones the earlier.
fn stronger(one: Option<Purge>, other: Option<Purge>) -> Option<Purge> {
    match (one, other) {
        (Some(Purge::Soft { since: a }), Some(Purge::Soft { since: b })) => Some(Purge::Soft { since: a.min(b) }),
        (one, other) => one.max(other),
    }
}

/// A numbering of purges: the feed's [`Seq`], or this process's own [`Hand`].
pub trait Number: Copy + Ord + Default {
    fn get(self) -> u64;
}

impl Number for Seq {
    fn get(self) -> u64 {
        Seq::get(self)
    }
}

impl Number for Hand {
    fn get(self) -> u64 {
        Hand::get(self)
    }
}

/// The purges of one tag in one numbering: what is remembered of it, and what a new cell
/// starts from.
#[derive(Clone, Debug, Default)]
pub struct Marks<N> {
    pub gone: N,
    pub hard: N,
    pub softs: SoftMarks<N>,
}

impl<N: Number> Marks<N> {
    /// The highest number of any strength.
    pub fn latest(&self) -> N {
        self.gone.max(self.hard).max(self.softs.last())
    }

    fn purge_above(&self, number: N) -> Option<Purge> {
        if self.gone > number {
            return Some(Purge::Gone);
        }
        if self.hard > number {
            return Some(Purge::Hard);
        }
        self.softs.judge(number)
    }
}

/// The last soft purges of one tag, oldest first.
#[derive(Clone, Debug, Default)]
pub struct SoftMarks<N> {
    marks: Vec<(N, Duration)>,
    /// The highest number that no longer fits. An entry below it cannot be told since when
    /// it is stale.
    forgotten: N,
}

impl<N: Number> SoftMarks<N> {
    /// Adds a purge committed at `at`; one that is not above all earlier ones changes nothing.
    pub fn push(&mut self, number: N, at: Duration) {
        if number <= self.last() {
            return;
        }
        if self.marks.len() == SOFT_MARKS_MAX {
            self.forgotten = self.marks.remove(0).0;
        }
        self.marks.push((number, at));
    }

    pub fn last(&self) -> N {
        self.marks.last().map_or(N::default(), |mark| mark.0)
    }

    /// What an entry with this number must hold against itself. Its window runs from the
    /// first purge above it; when that one is forgotten the window is over: hard.
    fn judge(&self, number: N) -> Option<Purge> {
        if number < self.forgotten {
            return Some(Purge::Hard);
        }
        let first = self.marks.iter().find(|mark| mark.0 > number)?;
        Some(Purge::Soft { since: first.1 })
    }
}

/// One tag's purges, shared by all entries that carry the tag. The numbers only rise.
#[derive(Debug, Default)]
pub struct Cell {
    /// The highest purge of any strength in either numbering: all that a current entry looks
    /// at, so that a hit costs two loads per tag.
    latest: AtomicU64,
    latest_by_hand: AtomicU64,
    /// Looked at only by entries that one of the two exceeds: never by a fresh hit. `None`
    /// while the tag was never purged as far as is known: everything below `latest`, which is
    /// the ring's floor then, counts as gone. Most tags never need more.
    marks: Mutex<Option<Box<Both>>>,
}

/// One tag's purges in both numberings.
#[derive(Debug, Default)]
struct Both {
    feed: Marks<Seq>,
    hand: Marks<Hand>,
}

impl Both {
    fn starting_at_floor(floor: u64) -> Box<Both> {
        let floor = Seq::new(floor).unwrap_or(Seq::MAX);
        let feed = Marks { gone: floor, hard: floor, softs: SoftMarks::default() };
        Box::new(Both { feed, hand: Marks::default() })
    }
}

impl Cell {
    /// R6: a new cell is never lower than any applied purge of its tag.
    pub fn starting_at(feed: Marks<Seq>, hand: Option<Marks<Hand>>) -> Cell {
        let (latest, latest_by_hand) = (feed.latest(), hand.as_ref().map_or(Hand::ZERO, Marks::latest));
        let untouched = feed.gone == latest && feed.hard == latest && hand.is_none();
        let hand = hand.unwrap_or_default();
        Cell {
            latest: AtomicU64::new(latest.get()),
            latest_by_hand: AtomicU64::new(latest_by_hand.get()),
            marks: Mutex::new((!untouched).then(|| Box::new(Both { feed, hand }))),
        }
    }

    pub fn raise_gone(&self, seq: Seq) {
        self.raise(seq, |marks| marks.gone = marks.gone.max(seq));
    }

    pub fn raise_hard(&self, seq: Seq) {
        self.raise(seq, |marks| marks.hard = marks.hard.max(seq));
    }

    pub fn raise_soft(&self, seq: Seq, at: Duration) {
        self.raise(seq, |marks| marks.softs.push(seq, at));
    }

    fn raise(&self, seq: Seq, note: impl FnOnce(&mut Marks<Seq>)) {
        self.touch(|both| note(&mut both.feed));
        // After the marks, so that whoever sees the number finds what it means.
        self.latest.fetch_max(seq.get(), Ordering::Release);
    }

    /// A purge by hand, at `at` of the local clock.
    pub fn raise_by_hand(&self, strength: Strength, number: Hand, at: Duration) {
        self.touch(|both| strength.note(&mut both.hand, number, at));
        self.latest_by_hand.fetch_max(number.get(), Ordering::Release);
    }

    fn touch(&self, note: impl FnOnce(&mut Both)) {
        let mut marks = self.marks.lock();
        // Before the first purge `latest` still is the floor: it rises after the marks.
        note(marks.get_or_insert_with(|| Both::starting_at_floor(self.latest.load(Ordering::Acquire))));
    }

    /// The highest purge by the feed.
    pub fn latest(&self) -> u64 {
        self.latest.load(Ordering::Acquire)
    }

    /// The strongest purge above the two numbers of an entry; `None` if it is current as far
    /// as this tag goes.
    pub fn purge_above(&self, as_of: Seq, by_hand: Hand) -> Option<Purge> {
        let fed = self.latest.load(Ordering::Acquire) > as_of.get();
        let purged_by_hand = self.latest_by_hand.load(Ordering::Acquire) > by_hand.get();
        if !fed && !purged_by_hand {
            return None;
        }
        match &*self.marks.lock() {
            None => Some(Purge::Gone),
            Some(both) => stronger(both.feed.purge_above(as_of), both.hand.purge_above(by_hand)),
        }
    }
}

/// The strongest purge that any of `cells` holds against an entry with these numbers; of
/// several soft ones, the earliest.
pub fn strongest_purge<'a>(cells: impl IntoIterator<Item = &'a Cell>, as_of: Seq, by_hand: Hand) -> Option<Purge> {
    let mut found: Option<Purge> = None;
    for cell in cells {
        found = stronger(found, cell.purge_above(as_of, by_hand));
        if found == Some(Purge::Gone) {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(n: u64) -> Seq {
        Seq::new(n).unwrap()
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn each_strength_has_its_own_maximum() {
        let cell = Cell::default();
        cell.raise_soft(seq(9), s(9));
        cell.raise_hard(seq(5));
        cell.raise_hard(seq(3));
        assert_eq!(cell.purge_above(seq(4), Hand::ZERO), Some(Purge::Hard));
        assert_eq!(cell.purge_above(seq(5), Hand::ZERO), Some(Purge::Soft { since: s(9) }));
        assert_eq!(cell.purge_above(seq(9), Hand::ZERO), None);
        cell.raise_gone(seq(12));
        assert_eq!(cell.purge_above(seq(11), Hand::ZERO), Some(Purge::Gone));
    }

    #[test]
    fn a_soft_window_runs_from_the_first_purge_above_the_entry() {
        let cell = Cell::default();
        for n in 1..=5 {
            cell.raise_soft(seq(n * 10), s(n));
        }
        assert_eq!(cell.purge_above(seq(15), Hand::ZERO), Some(Purge::Soft { since: s(2) }));
    }

    #[test]
    fn an_entry_older_than_every_remembered_soft_purge_counts_as_hard() {
        let cell = Cell::default();
        for n in 1..=SOFT_MARKS_MAX as u64 + 1 {
            cell.raise_soft(seq(n), s(n));
        }
        assert_eq!(cell.purge_above(seq(0), Hand::ZERO), Some(Purge::Hard));
        assert_eq!(cell.purge_above(seq(1), Hand::ZERO), Some(Purge::Soft { since: s(2) }));
    }

    #[test]
    fn the_strongest_cell_decides_and_the_earliest_soft_one() {
        let soft = |n, at| {
            let cell = Cell::default();
            cell.raise_soft(seq(n), s(at));
            cell
        };
        let (late, early) = (soft(5, 7), soft(6, 3));
        assert_eq!(strongest_purge([&late, &early], seq(1), Hand::ZERO), Some(Purge::Soft { since: s(3) }));
        let hard = Cell::default();
        hard.raise_hard(seq(2));
        assert_eq!(strongest_purge([&late, &hard], seq(1), Hand::ZERO), Some(Purge::Hard));
    }

    #[test]
    fn each_numbering_is_compared_with_its_own() {
        let cell = Cell::default();
        let hand = |n| Hand::new(n);
        cell.raise_by_hand(Strength::Hard, hand(3), s(1));
        assert_eq!(cell.purge_above(seq(1_000_000), hand(2)), Some(Purge::Hard));
        assert_eq!(cell.purge_above(seq(0), hand(3)), None);
        cell.raise_soft(seq(7), s(9));
        assert_eq!(cell.purge_above(seq(6), hand(3)), Some(Purge::Soft { since: s(9) }));
        assert_eq!(cell.purge_above(seq(6), hand(2)), Some(Purge::Hard));
        cell.raise_by_hand(Strength::Soft, hand(4), s(5));
        assert_eq!(cell.purge_above(seq(6), hand(3)), Some(Purge::Soft { since: s(5) }));
        assert_eq!(cell.purge_above(seq(7), hand(4)), None);
    }

    #[test]
    fn the_first_purge_keeps_what_the_floor_says() {
        let floor = |n| Marks { gone: seq(n), hard: seq(n), softs: SoftMarks::default() };
        let cell = Cell::starting_at(floor(10), None);
        let judge = |as_of| cell.purge_above(seq(as_of), Hand::ZERO);
        assert_eq!((judge(9), judge(10)), (Some(Purge::Gone), None));
        cell.raise_by_hand(Strength::Soft, Hand::new(1), s(1));
        cell.raise_hard(seq(12));
        assert_eq!((judge(9), judge(11)), (Some(Purge::Gone), Some(Purge::Hard)));
        assert_eq!(judge(12), Some(Purge::Soft { since: s(1) }));
    }

    /// There is one per tag; most are never purged.
    #[test]
    fn a_cell_is_small() {
        assert!(size_of::<Cell>() <= 32, "{}", size_of::<Cell>());
    }
}
