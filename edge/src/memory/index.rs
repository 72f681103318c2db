//! The table that hits read.

use std::{mem, sync::Arc};

use parking_lot::RwLock;

use super::digest::Digest;
use crate::{entry::Entry, tags::Cell};

/// Locks of their own, so that a reader hardly ever meets a writer.
const PARTS: usize = 64;

/// What a processor fetches at once.
const CACHE_LINE_BYTES: usize = 64;
/// Of what a hit copies; what comes behind them the processor foresees.
const LINES_AHEAD: usize = 8;

/// The keys that have one entry, for whatever request, and that entry. Among a million entries each place in memory costs
/// a hit some tenths of a microsecond, if the next one is known from it only: here they are two, this table and behind it
/// the entry with its message and its own cell. The store follows several more, as it keeps order among the entries; with
/// few that costs nothing, as everything lies in the processor's caches then.
///
/// It only mirrors the store, which decides what is kept: written in the store's own turn of a
/// key, and cleared when the store evicts.
#[derive(Debug)]
pub struct Index {
    parts: Box<[RwLock<Part>]>,
}

impl Index {
    pub fn new() -> Index {
        Index { parts: (0..PARTS).map(|_| RwLock::default()).collect() }
    }

    pub fn get(&self, digest: Digest) -> Option<Arc<Entry>> {
        self.read(digest, |entry| Some(Arc::clone(entry)))
    }

    /// Reads the entry where it lies, while nobody changes the table: a count of who holds it would be written by every
    /// hit, and the processor goes on only when it has fetched what it writes so.
    pub fn read<T>(&self, digest: Digest, read: impl FnOnce(&Arc<Entry>) -> Option<T>) -> Option<T> {
        self.part(digest).read().get(digest).and_then(|slot| {
            // While the entry is waited for.
            let ahead = slot.piece.chunks(CACHE_LINE_BYTES).take(LINES_AHEAD);
            let own = slot.cell.as_ref().map(|cell| cell.latest());
            std::hint::black_box((own, ahead.fold(0, |sum: u8, line| sum ^ line[0])));
            read(&slot.entry)
        })
    }

    /// What the store holds under this key now.
    pub fn set(&self, digest: Digest, only: Option<&Arc<Entry>>) {
        let mut part = self.part(digest).write();
        // What was there is dropped when the lock is gone.
        let _before = match only {
            Some(entry) => part.insert(Slot::of(digest, entry)),
            None => part.remove(digest),
        };
        drop(part);
    }

    /// The store has evicted `entry`. A newer one stays.
    pub fn evicted(&self, digest: Digest, entry: &Arc<Entry>) {
        let mut part = self.part(digest).write();
        let same = part.get(digest).is_some_and(|held| Arc::ptr_eq(&held.entry, entry));
        let _before = same.then(|| part.remove(digest));
        drop(part);
    }

    fn part(&self, digest: Digest) -> &RwLock<Part> {
        &self.parts[digest.part(PARTS)]
    }
}

/// A table with linear probing: what is looked for lies where its digest says, or right behind. The standard library's
/// looks into a second array first, which is a second place in memory for each hit.
#[derive(Debug, Default)]
struct Part {
    /// A power of two of them, or none; at most three quarters are taken.
    slots: Box<[Option<Slot>]>,
    taken: usize,
}

#[derive(Debug)]
struct Slot {
    digest: Digest,
    entry: Arc<Entry>,
    /// The entry's message and the cell that it shares with the fewest others, to be fetched with the entry and not after
    /// it. What many share is at hand.
    piece: Arc<[u8]>,
    cell: Option<Arc<Cell>>,
}

impl Slot {
    fn of(digest: Digest, entry: &Arc<Entry>) -> Slot {
        let cell = entry.cells.iter().min_by_key(|cell| Arc::strong_count(cell)).cloned();
        Slot { digest, entry: Arc::clone(entry), piece: Arc::clone(entry.message.piece()), cell }
    }
}

impl Part {
    const SLOTS_MIN: usize = 16;

    fn get(&self, digest: Digest) -> Option<&Slot> {
        self.slots[self.find(digest)?].as_ref()
    }

    fn insert(&mut self, slot: Slot) -> Option<Slot> {
        if let Some(place) = self.find(slot.digest) {
            return self.slots[place].replace(slot);
        }
        if self.taken >= self.slots.len() / 4 * 3 {
            let larger = (self.slots.len() * 2).max(Part::SLOTS_MIN);
            let before = mem::replace(&mut self.slots, (0..larger).map(|_| None).collect());
            before.into_iter().flatten().for_each(|slot| self.put(slot));
        }
        self.put(slot);
        self.taken += 1;
        None
    }

    fn remove(&mut self, digest: Digest) -> Option<Slot> {
        let mut hole = self.find(digest)?;
        let removed = self.slots[hole].take();
        self.taken -= 1;
        // Nobody looks beyond a hole: what stands behind it moves into it, unless that is before its own place.
        let mut place = self.after(hole);
        while let Some(slot) = &self.slots[place] {
            if self.distance(self.home(slot.digest), place) >= self.distance(hole, place) {
                self.slots.swap(hole, place);
                hole = place;
            }
            place = self.after(place);
        }
        removed
    }

    /// Where a digest stands, if it does. Always ends: a quarter of the slots are empty.
    fn find(&self, digest: Digest) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        let mut place = self.home(digest);
        while let Some(slot) = &self.slots[place] {
            if slot.digest == digest {
                return Some(place);
            }
            place = self.after(place);
        }
        None
    }

    /// Puts what is not there yet into the first empty slot from its own on.
    fn put(&mut self, slot: Slot) {
        let mut place = self.home(slot.digest);
        while self.slots[place].is_some() {
            place = self.after(place);
        }
        self.slots[place] = Some(slot);
    }

    fn home(&self, digest: Digest) -> usize {
        digest.place(self.slots.len())
    }

    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Digests of few homes, so that they stand behind one another and around the end.
    #[test]
    fn a_part_holds_what_a_map_would() {
        // At the end of a table of whatever size.
        let digest = |number: usize| Digest::of([u64::MAX - (number % 12) as u64, number as u64]);
        let mut part = Part::default();
        let mut map = HashMap::new();
        let mut state = 7_u64;
        for step in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let chance = (state >> 33) as usize;
            // Grows in the first half, and shrinks in the second.
            let (number, inserts) = (chance % 300, chance / 300 % 8 < if step < 10_000 { 5 } else { 3 });
            let (one, other) = if inserts {
                let entry = Arc::new(Entry::of(&[], "x"));
                (part.insert(Slot::of(digest(number), &entry)), map.insert(number, entry))
            } else {
                (part.remove(digest(number)), map.remove(&number))
            };
            assert_eq!(one.map(|slot| Arc::as_ptr(&slot.entry)), other.as_ref().map(Arc::as_ptr));
            assert_eq!(part.taken, map.len());
            let asked = chance / 7 % 300;
            assert_eq!(part.get(digest(asked)).map(|slot| Arc::as_ptr(&slot.entry)), map.get(&asked).map(Arc::as_ptr));
        }
        assert!(map.len() > 50 && part.slots.iter().flatten().count() == map.len());
    }
}
