//! The last events applied, in order and without a hole.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use common::{Event, Seq, Tag};

use super::cell::Marks;

/// How many events back "was it purged in between" looks one by one. Beyond that the answer
/// is the cautious one.
const SCAN_EVENTS_MAX: u64 = 1024;

/// Whether a tag was purged between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    Untouched,
    Purged,
    /// The ring does not reach back far enough.
    CannotTell,
}

/// A bounded window over the log: every event above `floor` up to the last one applied, with
/// an index by tag, because a scan under the lock would be too slow.
#[derive(Debug)]
pub struct Ring {
    events: VecDeque<Arc<Event>>,
    index: HashMap<Tag, Marks>,
    /// The highest number no longer in the ring.
    floor: Seq,
    capacity: usize,
}

impl Ring {
    pub fn new(floor: Seq, capacity: usize) -> Ring {
        Ring { events: VecDeque::new(), index: HashMap::new(), floor, capacity: capacity.max(1) }
    }

    pub fn floor(&self) -> Seq {
        self.floor
    }

    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Appends the event that follows the last one; `at` is its commit on the local clock.
    pub fn append(&mut self, event: Arc<Event>, at: Duration) {
        if self.events.len() == self.capacity {
            self.forget_oldest();
        }
        for tag in &event.gone {
            self.index.entry(tag.clone()).or_default().gone = event.seq;
        }
        for tag in &event.hard {
            self.index.entry(tag.clone()).or_default().hard = event.seq;
        }
        for tag in &event.soft {
            let marks = self.index.entry(tag.clone()).or_default();
            if marks.softs.last() < event.seq {
                marks.softs.push(event.seq, at);
            }
        }
        self.events.push_back(event);
    }

    fn forget_oldest(&mut self) {
        let Some(event) = self.events.pop_front() else { return };
        self.floor = event.seq;
        for tag in event.gone.iter().chain(&event.hard).chain(&event.soft) {
            let outlived = |marks: &Marks| marks.gone.max(marks.hard).max(marks.softs.last()) <= self.floor;
            if self.index.get(tag).is_some_and(outlived) {
                self.index.remove(tag);
            }
        }
    }

    /// R6: where a new cell of `tag` starts. What happened below the floor is unknown, so
    /// hard and gone are at least the floor.
    pub fn marks(&self, tag: &Tag) -> Marks {
        let mut marks = self.index.get(tag).cloned().unwrap_or_default();
        marks.hard = marks.hard.max(self.floor);
        marks.gone = marks.gone.max(self.floor);
        marks
    }

    /// Whether one of `tags` was purged hard or for good (softly too, if `count_soft`) by an
    /// event above `after` and not above `upto`.
    pub fn purged_between(&self, tags: &[Tag], after: Seq, upto: Seq, count_soft: bool) -> Between {
        if after >= upto {
            return Between::Untouched;
        }
        if after < self.floor || upto.since(after) > SCAN_EVENTS_MAX {
            return Between::CannotTell;
        }
        // The events are contiguous, so a number is a position.
        let first = usize::try_from(after.since(self.floor)).unwrap_or(usize::MAX);
        let carries = |purged: &[Tag]| purged.iter().any(|tag| tags.contains(tag));
        for event in self.events.iter().skip(first).take_while(|event| event.seq <= upto) {
            if carries(&event.gone) || carries(&event.hard) || (count_soft && carries(&event.soft)) {
                return Between::Purged;
            }
        }
        Between::Untouched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::testing::{event, seq, tag};

    const AT: Duration = Duration::from_secs(1);

    #[test]
    fn a_tag_outside_the_ring_starts_at_the_floor() {
        let mut ring = Ring::new(seq(10), 2);
        ring.append(event(11, &[], &["a"], &[]), AT);
        ring.append(event(12, &[], &["b"], &[]), AT);
        ring.append(event(13, &[], &["b"], &[]), AT);
        assert_eq!(ring.floor(), seq(11));
        assert_eq!(ring.marks(&tag("a")).hard, seq(11));
        assert_eq!(ring.marks(&tag("never")).gone, seq(11));
        assert_eq!(ring.marks(&tag("b")).hard, seq(13));
    }

    #[test]
    fn the_index_forgets_only_what_the_ring_forgets() {
        let mut ring = Ring::new(seq(0), 2);
        ring.append(event(1, &[], &[], &["a"]), AT);
        ring.append(event(2, &[], &["a"], &[]), AT);
        ring.append(event(3, &[], &[], &["c"]), AT);
        assert_eq!(ring.marks(&tag("a")).hard, seq(2));
        ring.append(event(4, &[], &[], &["c"]), AT);
        assert_eq!(ring.index.len(), 1);
    }

    #[test]
    fn tells_whether_a_tag_was_purged_in_between() {
        let mut ring = Ring::new(seq(10), 8);
        ring.append(event(11, &[], &["a"], &[]), AT);
        ring.append(event(12, &[], &[], &["a"]), AT);
        ring.append(event(13, &["b"], &[], &[]), AT);
        let between = |name, after, upto, soft| ring.purged_between(&[tag(name)], seq(after), seq(upto), soft);
        assert_eq!(between("a", 10, 13, false), Between::Purged);
        assert_eq!(between("a", 11, 13, false), Between::Untouched);
        assert_eq!(between("a", 11, 13, true), Between::Purged);
        assert_eq!(between("b", 11, 12, false), Between::Untouched);
        assert_eq!(between("b", 12, 13, false), Between::Purged);
        assert_eq!(between("a", 9, 13, false), Between::CannotTell);
    }
}
