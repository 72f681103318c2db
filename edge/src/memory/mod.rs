//! The first level: entries in this process's memory, bounded by their bytes.

mod digest;
mod index;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use http::HeaderMap;
use moka::{notification::RemovalCause, ops::compute::Op};

use self::{
    digest::{AsItIs, Digest, Secret},
    index::Index,
};
use crate::{entry::Entry, key::Key};

/// Variants kept for one key; the oldest makes room.
const VARIANTS_MAX: usize = 8;

/// While there is room for everything, one of so many hits is told to the store, which judges by them what
/// is popular: keeping order costs more than a hit itself. Once more than [`CROWDED_SHARE`] of the room is taken all
/// are told, as every miss is that brings something: what is asked for once must not drive out what is asked for often.
const TOLD_ONE_IN: u32 = 32;
/// Of the room, in percent.
const CROWDED_SHARE: u64 = 75;

/// The entries of one key, one per variant. Most keys have one, which needs no list.
#[derive(Clone, Debug)]
pub enum Variants {
    One(Arc<Entry>),
    Many(Arc<[Arc<Entry>]>),
}

impl Variants {
    /// The entry, if it is the only one and for every request.
    fn only(&self) -> Option<&Arc<Entry>> {
        match self {
            Variants::One(entry) if entry.vary.is_empty() => Some(entry),
            Variants::One(_) | Variants::Many(_) => None,
        }
    }
}

impl std::ops::Deref for Variants {
    type Target = [Arc<Entry>];

    fn deref(&self) -> &[Arc<Entry>] {
        match self {
            Variants::One(entry) => std::slice::from_ref(entry),
            Variants::Many(entries) => entries,
        }
    }
}

impl From<Vec<Arc<Entry>>> for Variants {
    fn from(mut entries: Vec<Arc<Entry>>) -> Variants {
        match (entries.pop(), entries.is_empty()) {
            (Some(only), true) => Variants::One(only),
            (last, _) => {
                entries.extend(last);
                Variants::Many(entries.into())
            }
        }
    }
}

/// What had to make room for something else since the process began.
#[derive(Debug, Default)]
pub struct Evictions {
    pub keys: AtomicU64,
    pub bytes: AtomicU64,
}

/// The entries of one epoch.
#[derive(Clone, Debug)]
pub struct Memory {
    secret: Secret,
    /// Decides what is kept, by weight and popularity.
    entries: moka::sync::Cache<Digest, Variants, AsItIs>,
    index: Arc<Index>,
    evictions: Arc<Evictions>,
    /// Bytes.
    crowded_from: u64,
}

impl Memory {
    pub fn with_capacity(bytes_max: u64) -> Memory {
        Memory::counting(bytes_max, Arc::default())
    }

    /// An empty one that goes on counting where this one stands.
    pub fn emptied(&self, bytes_max: u64) -> Memory {
        Memory::counting(bytes_max, Arc::clone(&self.evictions))
    }

    fn counting(bytes_max: u64, evictions: Arc<Evictions>) -> Memory {
        let weigh = |_: &Digest, variants: &Variants| u32::try_from(weight(variants)).unwrap_or(u32::MAX);
        let index = Arc::new(Index::new());
        let (counted, mirror) = (Arc::clone(&evictions), Arc::clone(&index));
        // A listener that took a lock of the cells could deadlock (R8). The index's are taken
        // last of all: what reads an entry under one takes none of another table.
        let on_eviction = move |digest: Arc<Digest>, variants: Variants, cause: RemovalCause| {
            if cause.was_evicted() {
                counted.keys.fetch_add(1, Ordering::Relaxed);
                counted.bytes.fetch_add(weight(&variants) as u64, Ordering::Relaxed);
                if let Some(entry) = variants.only() {
                    mirror.evicted(*digest, entry);
                }
            }
        };
        let builder = moka::sync::Cache::builder().max_capacity(bytes_max).weigher(weigh);
        let entries = builder.eviction_listener(on_eviction).build_with_hasher(AsItIs::default());
        let crowded_from = bytes_max / 100 * CROWDED_SHARE;
        Memory { secret: Secret::random(), entries, index, evictions, crowded_from }
    }

    pub fn evictions(&self) -> &Evictions {
        &self.evictions
    }

    /// All variants of a key.
    #[cfg(test)]
    fn variants(&self, key: &str) -> Variants {
        self.entries.get(&self.secret.digest(key)).unwrap_or_else(|| Variants::from(Vec::new()))
    }

    /// The entry that a request with these headers selects.
    pub fn get(&self, key: &str, request: &HeaderMap) -> Option<Arc<Entry>> {
        let digest = self.secret.digest(key);
        // The store counts every question as a reader's, and its own when something is stored. A miss looks more than
        // once: what is asked for once must not look popular.
        if !self.entries.contains_key(&digest) {
            return None;
        }
        let variants = self.entries.get(&digest)?;
        // RFC 9111 §4.1: of several that are selected, the newest; of equals, the last stored.
        variants.iter().filter(|entry| entry.selected_by(request)).max_by_key(|entry| entry.as_of).cloned()
    }

    /// Has `read` read the entry of `key` for a reader, if the key has only one and that one is for every request. Its part
    /// of the index waits meanwhile: `read` takes no lock that is held where something is stored.
    pub fn with_only<T>(&self, key: &str, read: impl FnOnce(&Arc<Entry>) -> Option<T>) -> Option<T> {
        let digest = self.secret.digest(key);
        let found = self.index.read(digest, read)?;
        // By chance: who asks for as many pages in turn must not have one of them noticed alone.
        if self.is_crowded() || rand::random::<u32>().is_multiple_of(TOLD_ONE_IN) {
            self.entries.get(&digest);
        }
        Some(found)
    }

    /// That entry, without a word to the store: who looks is no reader, and makes nothing popular.
    pub fn peek(&self, key: &str) -> Option<Arc<Entry>> {
        self.index.get(self.secret.digest(key))
    }

    /// Whether so much of the room is taken that what comes must soon drive something out.
    pub fn is_crowded(&self) -> bool {
        self.entries.weighted_size() >= self.crowded_from
    }

    /// Whether anything is stored under a key, for whatever request.
    pub fn holds(&self, key: &str) -> bool {
        self.entries.contains_key(&self.secret.digest(key))
    }

    /// Stores an entry, unless a newer one is there already: within an epoch an entry is
    /// replaced only by one with a number at least its own (R10).
    pub fn put(&self, key: &Key, entry: Arc<Entry>) {
        self.put_unless(key, entry, || false);
    }

    /// The same, unless `overtaken` says in the key's own turn that it comes too late: a hit sees an entry as soon as it is
    /// in the index, so afterwards is too late to ask.
    pub fn put_unless(&self, key: &Key, entry: Arc<Entry>, overtaken: impl FnOnce() -> bool) {
        self.compute(key, |current| {
            if overtaken() {
                return Change::None;
            }
            let Some(variants) = current else { return Change::Keep(Variants::One(entry)) };
            if variants.iter().any(|other| other.vary == entry.vary && other.as_of > entry.as_of) {
                return Change::None;
            }
            // An older one that varies by other fields is superseded: the resource has changed
            // what it varies by.
            let superseded =
                |other: &Entry| other.vary == entry.vary || (!other.varies_like(&entry) && other.as_of <= entry.as_of);
            let mut kept: Vec<_> = variants.iter().filter(|other| !superseded(other)).cloned().collect();
            if kept.len() >= VARIANTS_MAX {
                kept.remove(0);
            }
            kept.push(entry);
            Change::Keep(kept.into())
        });
    }

    /// Shows all variants of a key to `see`, in the key's own turn: what is being stored is either seen, or comes later.
    pub fn see(&self, key: &Key, see: impl FnOnce(&[Arc<Entry>])) {
        self.compute(key, |current| {
            see(current.as_deref().unwrap_or_default());
            Change::None
        });
    }

    /// Drops exactly this entry, if it is still there.
    pub fn remove(&self, key: &Key, entry: &Arc<Entry>) {
        self.compute(key, |current| {
            let Some(variants) = current else { return Change::None };
            let left: Vec<_> = variants.iter().filter(|other| !Arc::ptr_eq(other, entry)).cloned().collect();
            match left.len() {
                0 => Change::Drop,
                unchanged if unchanged == variants.len() => Change::None,
                _ => Change::Keep(left.into()),
            }
        });
    }

    /// Takes note that `entry` has grown, if it is still there.
    pub fn weigh_again(&self, key: &Key, entry: &Arc<Entry>) {
        self.compute(key, |current| {
            let still = current.filter(|variants| variants.iter().any(|other| Arc::ptr_eq(other, entry)));
            still.map_or(Change::None, Change::Keep)
        });
    }

    /// Drops all variants of a key. Under the key's lock, so that a store in progress cannot
    /// bring back what it had read before.
    pub fn invalidate(&self, key: &Key) {
        self.compute(key, |_| Change::Drop);
    }

    /// Changes what is stored under a key, in the store and its mirror, in the key's own turn.
    fn compute(&self, key: &str, change: impl FnOnce(Option<Variants>) -> Change) {
        let digest = self.secret.digest(key);
        self.entries.entry(digest).and_compute_with(|current| match change(current.map(moka::Entry::into_value)) {
            Change::None => Op::Nop,
            Change::Drop => {
                self.index.set(digest, None);
                Op::Remove
            }
            Change::Keep(variants) => {
                self.index.set(digest, variants.only());
                Op::Put(variants)
            }
        });
    }

    /// Entries and bytes held, as of the last maintenance.
    pub fn extent(&self) -> (u64, u64) {
        (self.entries.entry_count(), self.entries.weighted_size())
    }

    /// Carries out pending evictions, so that the cells of evicted entries can be swept.
    pub fn maintain(&self) {
        self.entries.run_pending_tasks();
    }
}

/// What becomes of the entries of a key.
enum Change {
    None,
    Drop,
    Keep(Variants),
}

fn weight(variants: &Variants) -> usize {
    variants.iter().map(|entry| entry.weight()).sum()
}

#[cfg(test)]
mod tests {
    use common::Seq;
    use http::{HeaderValue, header};

    use super::*;

    fn entry(as_of: u64, accept: Option<&'static str>, body: &'static str) -> Arc<Entry> {
        Arc::new(Entry {
            as_of: Seq::new(as_of).unwrap(),
            vary: accept.map(|value| (header::ACCEPT, Some(HeaderValue::from_static(value)))).into_iter().collect(),
            ..Entry::of(&[], body)
        })
    }

    fn accepting(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_late_old_answer_does_not_replace_a_newer_one() {
        let memory = Memory::with_capacity(1 << 20);
        let key: Key = "h/a".into();
        memory.put(&key, entry(7, None, "new"));
        memory.put(&key, entry(6, None, "old"));
        assert_eq!(memory.get("h/a", &HeaderMap::new()).unwrap().message.body(), b"new");
        memory.put(&key, entry(7, None, "same number, newer"));
        assert_eq!(memory.get("h/a", &HeaderMap::new()).unwrap().message.body(), b"same number, newer");
    }

    #[test]
    fn each_variant_has_its_own_number() {
        let memory = Memory::with_capacity(1 << 20);
        let key: Key = "h/a".into();
        memory.put(&key, entry(7, Some("html"), "html"));
        memory.put(&key, entry(5, Some("json"), "json"));
        assert_eq!(memory.get("h/a", &accepting("html")).unwrap().message.body(), b"html");
        assert_eq!(memory.get("h/a", &accepting("json")).unwrap().message.body(), b"json");
        assert!(memory.get("h/a", &HeaderMap::new()).is_none());
    }

    #[test]
    fn variants_and_bytes_are_bounded() {
        let memory = Memory::with_capacity(100_000);
        let key: Key = "h/a".into();
        for n in 0..50 {
            let value: &'static str = Box::leak(format!("v{n}").into_boxed_str());
            memory.put(&key, entry(1, Some(value), "x"));
        }
        assert_eq!(memory.variants("h/a").len(), VARIANTS_MAX);
        for n in 0..2000 {
            memory.put(&format!("h/{n}").into(), entry(1, None, "x"));
        }
        memory.maintain();
        assert!(memory.extent().1 <= 100_000);
        assert!(memory.evictions().keys.load(Ordering::Relaxed) > 1000);
    }

    /// What hits read is what the store holds, whatever is stored, dropped and evicted at once.
    #[test]
    fn the_index_mirrors_the_store() {
        let room = entry(1, None, "x").weight() as u64 * 20;
        let memory = Memory::with_capacity(room);
        let keys: Vec<Key> = (0..40).map(|n| format!("h/{n}").into()).collect();
        std::thread::scope(|scope| {
            for seed in 1..=3_usize {
                let (memory, keys) = (&memory, &keys);
                scope.spawn(move || {
                    for step in 1..4000_usize {
                        let chance = (seed * step).wrapping_mul(0x9E37_79B9) >> 7;
                        let key = &keys[chance % keys.len()];
                        match chance / keys.len() % 8 {
                            0 => memory.invalidate(key),
                            1 => memory.put(key, entry(1, Some("html"), "html")),
                            2 => memory.get(key, &HeaderMap::new()).iter().for_each(|held| memory.remove(key, held)),
                            3 => memory.peek(key).iter().for_each(|held| memory.weigh_again(key, held)),
                            4 => drop(memory.with_only(key, |_| Some(()))),
                            _ => memory.put(key, entry(1, None, "any")),
                        }
                    }
                });
            }
        });
        memory.maintain();
        let mut held = 0;
        for key in &keys {
            let stored = memory.variants(key).only().map(Arc::as_ptr);
            assert_eq!(memory.peek(key).as_ref().map(Arc::as_ptr), stored, "{key}");
            held += usize::from(stored.is_some());
        }
        assert!(held > 0 && memory.evictions().keys.load(Ordering::Relaxed) > 0);
    }

    /// A purge that looks while an entry is being stored sees it, or keeps it out: readers see it from the index as soon as it is there.
    #[test]
    fn what_is_being_stored_is_seen_when_it_is_stored_and_not_before() {
        let memory = Memory::with_capacity(1 << 20);
        let key: Key = "h/a".into();
        let (seen, sees) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let (memory, key) = (&memory, &key);
            memory.put_unless(key, entry(1, None, "x"), || {
                scope.spawn(move || memory.see(key, |entries| seen.send(entries.len()).unwrap()));
                // Who looks has to wait for the key's turn.
                sees.recv_timeout(std::time::Duration::from_millis(200)).is_ok()
            });
            assert_eq!(sees.recv(), Ok(1));
        });
        memory.put_unless(&key, entry(2, None, "late"), || true);
        assert_eq!(memory.peek(&key).unwrap().message.body(), b"x");
    }

    /// Pages that many ask for outlast any number that one asks for once.
    #[test]
    fn a_crawler_does_not_drive_out_what_is_popular() {
        const POPULAR: usize = 100;
        let one = entry(1, None, "x").weight() as u64;
        let memory = Memory::with_capacity(one * POPULAR as u64 * 4);
        let popular: Vec<Key> = (0..POPULAR).map(|n| format!("h/popular/{n}").into()).collect();
        // As a reader does it: looks, looks again before it asks, and what it gets is stored.
        let read = |key: &Key| {
            let found = memory.with_only(key, |_| Some(())).is_some() || memory.get(key, &HeaderMap::new()).is_some();
            if !found {
                memory.put(key, entry(1, None, "x"));
            }
            found
        };
        let mut missed = 0;
        for n in 0..20_000 {
            assert!(!read(&format!("h/once/{n}").into()));
            // Of the first round all, and few when there is no room any more for both.
            missed += usize::from(!read(&popular[n % POPULAR]));
            if n % 64 == 0 {
                memory.maintain();
            }
        }
        assert!(missed < POPULAR * 3 / 2, "{missed}");
        memory.maintain();
        let left = popular.iter().filter(|key| memory.holds(key)).count();
        assert!(left > POPULAR * 9 / 10, "{left} of {POPULAR}");
    }
}
