//! The last events applied, in order and without a hole.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use common::{Event, Seq, Tag};

use super::cell::Marks;

/// A bounded window over the log: every event above `floor` up to the last one applied, with
/// an index by tag, because a scan under the lock would be too slow.
#[derive(Debug)]
pub struct Ring {
    events: VecDeque<Arc<Event>>,
    index: HashMap<Tag, Marks<Seq>>,
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
            self.index.entry(tag.clone()).or_default().softs.push(event.seq, at);
        }
        self.events.push_back(event);
    }

    fn forget_oldest(&mut self) {
        let Some(event) = self.events.pop_front() else { return };
        self.floor = event.seq;
        for tag in event.gone.iter().chain(&event.hard).chain(&event.soft) {
            let outlived = |marks: &Marks<Seq>| marks.latest() <= self.floor;
            if self.index.get(tag).is_some_and(outlived) {
                self.index.remove(tag);
            }
        }
    }

    /// R6: where a new cell of `tag` starts. What happened below the floor is unknown, so
    /// hard and gone are at least the floor.
    pub fn marks(&self, tag: &Tag) -> Marks<Seq> {
        let mut marks = self.index.get(tag).cloned().unwrap_or_default();
        marks.hard = marks.hard.max(self.floor);
        marks.gone = marks.gone.max(self.floor);
        marks
    }

    /// Whether an event still in the ring withdrew one of `tags` above `as_of`. Below the floor
    /// nothing is known.
    pub fn withdrew(&self, tags: &[Tag], as_of: Seq) -> bool {
        tags.iter().any(|tag| self.index.get(tag).is_some_and(|marks| marks.gone > as_of))
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
    fn knows_what_it_saw_withdrawn_and_not_what_lies_below_the_floor() {
        let mut ring = Ring::new(seq(10), 8);
        ring.append(event(11, &["a"], &["b"], &[]), AT);
        assert!(ring.withdrew(&[tag("b"), tag("a")], seq(3)));
        assert!(!ring.withdrew(&[tag("a")], seq(11)));
        assert!(!ring.withdrew(&[tag("b"), tag("never")], seq(3)));
    }
}
