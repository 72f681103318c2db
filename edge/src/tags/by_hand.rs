//! Purges by hand: a numbering of this process's own, beside the feed's.
//!
//! The feed's numbers cannot say that an operator has purged something: the origin has
//! written nothing, so the next answer carries the number that the last one had. Therefore
//! every entry also remembers which purge by hand was the last one when its fill was *sent*,
//! and a cell keeps the maxima of both numberings. The reasoning is the feed's (R6 to R8):
//! what was asked for before a purge is born purged, whoever arrives first.
//!
//! This state outlives epochs: what Redis holds outlives them too.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::Tag;
use parking_lot::{Mutex, MutexGuard};

use super::cell::{Cell, Marks};
use crate::key::Key;

/// Purged tags and URLs remembered, to judge by what comes from Redis or comes late. When
/// more are purged, whatever is older than the oldest one remembered counts as purged.
pub const REMEMBERED_MAX: usize = 65_536;

/// The number of a purge by hand, from 1; zero is "before the first".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hand(u64);

impl Hand {
    pub const ZERO: Hand = Hand(0);

    pub const fn new(number: u64) -> Hand {
        Hand(number)
    }

    pub const fn get(self) -> u64 {
        self.0
    }
}

/// How strongly one purges by hand. Nothing is withdrawn by hand: that is the origin's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Stale from now on: inside its window it may answer while it is refreshed.
    Soft,
    /// Not used before the origin has confirmed it; shown, marked, while the origin cannot be
    /// reached.
    #[default]
    Hard,
}

impl Strength {
    pub const fn as_str(self) -> &'static str {
        match self {
            Strength::Soft => "soft",
            Strength::Hard => "hard",
        }
    }

    pub(super) fn note(self, marks: &mut Marks<Hand>, number: Hand, at: Duration) {
        match self {
            Strength::Soft => marks.softs.push(number, at),
            Strength::Hard => marks.hard = marks.hard.max(number),
        }
    }
}

/// What a purge can name, beside everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Tag(Tag),
    /// The digest of a key: keys are long, and two that share one are merely both purged.
    Url(u128),
}

/// An entry's standing towards purges by hand.
#[derive(Debug, Default)]
pub struct HandMark {
    /// The last purge applied when the fill was sent. Zero for what comes from elsewhere.
    pub sent: Hand,
    /// Made when the entry's own URL is purged: a cell for every key would cost every entry
    /// its memory.
    url: OnceLock<Box<Cell>>,
}

impl HandMark {
    pub fn sent_at(sent: Hand) -> HandMark {
        HandMark { sent, url: OnceLock::new() }
    }

    /// The cell of the entry's own URL, if that was ever purged.
    pub fn url_cell(&self) -> Option<&Cell> {
        self.url.get().map(|cell| &**cell)
    }

    /// The entry's URL was purged.
    pub fn raise(&self, strength: Strength, number: Hand, at: Duration) {
        self.url.get_or_init(Box::default).raise_by_hand(strength, number, at);
    }

    /// What is remembered of the entry's URL, for one that comes late or from Redis.
    pub(super) fn recall(&self, marks: Marks<Hand>) {
        if marks.latest() > self.sent {
            self.url.get_or_init(|| Box::new(Cell::starting_at(Marks::default(), Some(marks))));
        }
    }
}

/// The purges by hand of this process.
#[derive(Debug)]
pub struct ByHand {
    /// Tells this process's numbers from another's, in Redis.
    process: u64,
    /// One purge at a time: the numbers are raised in order.
    turn: Mutex<()>,
    remembered: Mutex<Remembered>,
    /// The cell that every entry of every epoch carries: to purge everything is one maximum.
    everything: Arc<Cell>,
    applied: AtomicU64,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Remembered {
    last: Hand,
    /// Oldest first; a subject purged twice stands here twice.
    order: VecDeque<(Hand, Subject)>,
    marks: HashMap<Subject, Marks<Hand>>,
    /// The highest number of which something was forgotten.
    floor: Hand,
}

/// One purge under way: nobody else purges by hand while it is held.
pub struct Turn<'a> {
    by_hand: &'a ByHand,
    _turn: MutexGuard<'a, ()>,
    pub number: Hand,
    pub strength: Strength,
    /// On the local clock.
    pub at: Duration,
}

impl Default for ByHand {
    fn default() -> ByHand {
        ByHand::of_process(0)
    }
}

impl ByHand {
    /// `process` is drawn anew at every start.
    pub fn of_process(process: u64) -> ByHand {
        ByHand { process, ..ByHand::remembering(REMEMBERED_MAX) }
    }

    pub fn process(&self) -> u64 {
        self.process
    }

    fn remembering(capacity: usize) -> ByHand {
        ByHand {
            process: 0,
            turn: Mutex::default(),
            remembered: Mutex::default(),
            everything: Arc::default(),
            applied: AtomicU64::new(0),
            capacity,
        }
    }

    /// The last purge that has been applied: what a fill sent now remembers.
    pub fn applied(&self) -> Hand {
        Hand(self.applied.load(Ordering::Acquire))
    }

    /// R7's first step: remembers what is purged, so that a cell born from now on starts high
    /// enough. The caller raises the cells that there are already, then ends its turn.
    pub fn begin(&self, strength: Strength, tags: &[Tag], keys: &[Key], at: Duration) -> Turn<'_> {
        let turn = self.turn.lock();
        let mut remembered = self.remembered.lock();
        let number = Hand(remembered.last.0 + 1);
        remembered.last = number;
        let tags = tags.iter().cloned().map(Subject::Tag);
        for subject in tags.chain(keys.iter().map(|key| Subject::Url(digest(key.as_bytes())))) {
            remembered.note(subject, strength, number, at, self.capacity);
        }
        drop(remembered);
        Turn { by_hand: self, _turn: turn, number, strength, at }
    }

    /// R6: where a new cell of `tag` starts; `None` if nothing was ever purged by hand.
    pub(super) fn tag_marks(&self, tag: &Tag) -> Option<Marks<Hand>> {
        self.any_begun().and_then(|remembered| remembered.marks(&Subject::Tag(tag.clone())))
    }

    pub(super) fn url_marks(&self, key: &str) -> Option<Marks<Hand>> {
        self.any_begun().and_then(|remembered| remembered.marks(&Subject::Url(digest(key.as_bytes()))))
    }

    pub(super) fn everything(&self) -> Arc<Cell> {
        Arc::clone(&self.everything)
    }

    /// Not decided from `applied`: a purge that has begun counts (R7).
    fn any_begun(&self) -> Option<MutexGuard<'_, Remembered>> {
        Some(self.remembered.lock()).filter(|remembered| remembered.last > Hand::ZERO)
    }
}

impl Remembered {
    fn note(&mut self, subject: Subject, strength: Strength, number: Hand, at: Duration, capacity: usize) {
        if self.order.len() >= capacity
            && let Some((forgotten, oldest)) = self.order.pop_front()
        {
            self.floor = forgotten;
            if self.marks.get(&oldest).is_some_and(|marks| marks.latest() <= forgotten) {
                self.marks.remove(&oldest);
            }
        }
        strength.note(self.marks.entry(subject.clone()).or_default(), number, at);
        self.order.push_back((number, subject));
    }

    fn marks(&self, subject: &Subject) -> Option<Marks<Hand>> {
        let known = self.marks.get(subject).cloned();
        if known.is_none() && self.floor == Hand::ZERO {
            return None;
        }
        let mut marks = known.unwrap_or_default();
        marks.hard = marks.hard.max(self.floor);
        Some(marks)
    }
}

impl Turn<'_> {
    pub fn purge_everything(&self) {
        self.by_hand.everything.raise_by_hand(self.strength, self.number, self.at);
    }

    /// R7's last step: fills that are sent from now on are not touched by this purge.
    pub fn end(self) {
        self.by_hand.applied.store(self.number.get(), Ordering::Release);
    }
}

/// FNV-1a, 128 bits wide: the same in every process and release, and no collision that would
/// do more than purge too much.
pub(super) fn digest(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::testing::tag;

    const AT: Duration = Duration::from_secs(1);

    fn purge(by_hand: &ByHand, strength: Strength, tags: &[&str]) -> Hand {
        let tags: Vec<_> = tags.iter().map(|name| tag(name)).collect();
        let turn = by_hand.begin(strength, &tags, &[], AT);
        let number = turn.number;
        turn.end();
        number
    }

    #[test]
    fn a_new_cell_starts_at_the_tags_last_purge() {
        let by_hand = ByHand::default();
        assert!(by_hand.tag_marks(&tag("a")).is_none());
        let number = purge(&by_hand, Strength::Hard, &["a"]);
        assert_eq!(by_hand.tag_marks(&tag("a")).unwrap().hard, number);
        assert!(by_hand.tag_marks(&tag("b")).is_none());
    }

    /// A purge that was forgotten must not free what it purged.
    #[test]
    fn what_was_forgotten_counts_as_purged() {
        let by_hand = ByHand::remembering(2);
        let first = purge(&by_hand, Strength::Soft, &["a"]);
        let second = purge(&by_hand, Strength::Hard, &["b", "c"]);
        assert_eq!(by_hand.tag_marks(&tag("a")).unwrap().hard, first);
        assert_eq!(by_hand.tag_marks(&tag("never")).unwrap().hard, first);
        purge(&by_hand, Strength::Hard, &["d"]);
        assert_eq!(by_hand.tag_marks(&tag("never")).unwrap().hard, second);
        assert_eq!(by_hand.remembered.lock().marks.len(), 2);
    }

    #[test]
    fn a_number_is_applied_when_its_turn_ends() {
        let by_hand = ByHand::default();
        let turn = by_hand.begin(Strength::Hard, &[tag("a")], &[], AT);
        assert_eq!(by_hand.applied(), Hand::ZERO);
        assert_eq!(by_hand.tag_marks(&tag("a")).unwrap().hard, Hand(1));
        turn.end();
        assert_eq!(by_hand.applied(), Hand(1));
    }

    #[test]
    fn a_late_entry_recalls_only_what_it_came_too_late_for() {
        let by_hand = ByHand::default();
        by_hand.begin(Strength::Hard, &[], &["h/a".into()], AT).end();
        let (late, after) = (HandMark::sent_at(Hand(0)), HandMark::sent_at(Hand(1)));
        for mark in [&late, &after] {
            mark.recall(by_hand.url_marks("h/a").unwrap());
        }
        assert!(late.url_cell().is_some() && after.url_cell().is_none());
        assert!(by_hand.url_marks("h/b").is_none());
    }

    #[test]
    fn the_digest_is_the_published_one() {
        assert_eq!(digest(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(digest(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
