//! One tag's purges, as the entries that carry it see them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use common::Seq;
use parking_lot::Mutex;

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

/// The purges of one tag: what the ring remembers of it, and what a new cell starts from.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    pub gone: Seq,
    pub hard: Seq,
    pub softs: SoftMarks,
}

/// The last soft purges of one tag, oldest first.
#[derive(Clone, Debug, Default)]
pub struct SoftMarks {
    marks: Vec<(Seq, Duration)>,
    /// The highest number that no longer fits. An entry below it cannot be told since when
    /// it is stale.
    forgotten: Seq,
}

impl SoftMarks {
    /// Adds a purge above all earlier ones, committed at `at`.
    pub fn push(&mut self, seq: Seq, at: Duration) {
        if self.marks.len() == SOFT_MARKS_MAX {
            self.forgotten = self.marks.remove(0).0;
        }
        self.marks.push((seq, at));
    }

    pub fn last(&self) -> Seq {
        self.marks.last().map_or(Seq::ZERO, |mark| mark.0)
    }

    /// What an entry with the number `as_of` must hold against itself. Its window runs from
    /// the first purge above it; when that one is forgotten the window is over: hard.
    fn judge(&self, as_of: Seq) -> Option<Purge> {
        if as_of < self.forgotten {
            return Some(Purge::Hard);
        }
        let first = self.marks.iter().find(|mark| mark.0 > as_of)?;
        Some(Purge::Soft { since: first.1 })
    }
}

/// One tag's purges, shared by all entries that carry the tag. The numbers only rise.
#[derive(Debug, Default)]
pub struct Cell {
    gone: AtomicU64,
    hard: AtomicU64,
    soft: AtomicU64,
    /// Looked at only by entries that `soft` exceeds: never by a fresh hit.
    softs: Mutex<SoftMarks>,
}

impl Cell {
    /// R6: a new cell is never lower than any applied purge of its tag.
    pub fn starting_at(marks: Marks) -> Cell {
        Cell {
            gone: AtomicU64::new(marks.gone.get()),
            hard: AtomicU64::new(marks.hard.get()),
            soft: AtomicU64::new(marks.softs.last().get()),
            softs: Mutex::new(marks.softs),
        }
    }

    pub fn raise_gone(&self, seq: Seq) {
        self.gone.fetch_max(seq.get(), Ordering::Release);
    }

    pub fn raise_hard(&self, seq: Seq) {
        self.hard.fetch_max(seq.get(), Ordering::Release);
    }

    pub fn raise_soft(&self, seq: Seq, at: Duration) {
        let mut softs = self.softs.lock();
        if seq > softs.last() {
            softs.push(seq, at);
        }
        // After the history, so that whoever sees the number finds its time.
        self.soft.fetch_max(seq.get(), Ordering::Release);
    }

    /// The strongest purge above `as_of`; `None` if an entry with that number is current as
    /// far as this tag goes. Three atomic loads when it is.
    pub fn purge_above(&self, as_of: Seq) -> Option<Purge> {
        let as_of_n = as_of.get();
        if self.gone.load(Ordering::Acquire) > as_of_n {
            return Some(Purge::Gone);
        }
        if self.hard.load(Ordering::Acquire) > as_of_n {
            return Some(Purge::Hard);
        }
        if self.soft.load(Ordering::Acquire) > as_of_n {
            return self.softs.lock().judge(as_of);
        }
        None
    }
}

/// The strongest purge that any of `cells` holds against an entry with the number `as_of`;
/// of several soft ones, the earliest.
pub fn strongest_purge(cells: &[std::sync::Arc<Cell>], as_of: Seq) -> Option<Purge> {
    let mut found: Option<Purge> = None;
    for cell in cells {
        found = match (found, cell.purge_above(as_of)) {
            (found, None) => found,
            (Some(Purge::Soft { since: a }), Some(Purge::Soft { since: b })) => Some(Purge::Soft { since: a.min(b) }),
            (found, new) => found.max(new),
        };
        if found == Some(Purge::Gone) {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

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
        assert_eq!(cell.purge_above(seq(4)), Some(Purge::Hard));
        assert_eq!(cell.purge_above(seq(5)), Some(Purge::Soft { since: s(9) }));
        assert_eq!(cell.purge_above(seq(9)), None);
        cell.raise_gone(seq(12));
        assert_eq!(cell.purge_above(seq(11)), Some(Purge::Gone));
    }

    #[test]
    fn a_soft_window_runs_from_the_first_purge_above_the_entry() {
        let cell = Cell::default();
        for n in 1..=5 {
            cell.raise_soft(seq(n * 10), s(n));
        }
        assert_eq!(cell.purge_above(seq(15)), Some(Purge::Soft { since: s(2) }));
    }

    #[test]
    fn an_entry_older_than_every_remembered_soft_purge_counts_as_hard() {
        let cell = Cell::default();
        for n in 1..=SOFT_MARKS_MAX as u64 + 1 {
            cell.raise_soft(seq(n), s(n));
        }
        assert_eq!(cell.purge_above(seq(0)), Some(Purge::Hard));
        assert_eq!(cell.purge_above(seq(1)), Some(Purge::Soft { since: s(2) }));
    }

    #[test]
    fn the_strongest_cell_decides_and_the_earliest_soft_one() {
        let soft = |n, at| {
            let cell = Cell::default();
            cell.raise_soft(seq(n), s(at));
            Arc::new(cell)
        };
        let cells = [soft(5, 7), soft(6, 3)];
        assert_eq!(strongest_purge(&cells, seq(1)), Some(Purge::Soft { since: s(3) }));
        let hard = Arc::new(Cell::default());
        hard.raise_hard(seq(2));
        assert_eq!(strongest_purge(&[cells[0].clone(), hard], seq(1)), Some(Purge::Hard));
    }
}
