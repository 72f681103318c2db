//! The first level: entries in this process's memory, bounded by their bytes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use http::HeaderMap;
use moka::{notification::RemovalCause, ops::compute::Op};

use crate::{entry::Entry, key::Key};

/// Variants kept for one key; the oldest makes room.
const VARIANTS_MAX: usize = 8;

/// The entries of one key, one per variant. Most keys have one, which needs no list.
#[derive(Clone, Debug)]
pub enum Variants {
    One(Arc<Entry>),
    Many(Arc<[Arc<Entry>]>),
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
    entries: moka::sync::Cache<Key, Variants>,
    evictions: Arc<Evictions>,
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
        let weigh = |key: &Key, variants: &Variants| u32::try_from(weight(key, variants)).unwrap_or(u32::MAX);
        let counted = Arc::clone(&evictions);
        // Counts and nothing more: a listener that took a lock of the cells could deadlock (R8).
        let on_eviction = move |key: Arc<Key>, variants: Variants, cause: RemovalCause| {
            if cause.was_evicted() {
                counted.keys.fetch_add(1, Ordering::Relaxed);
                counted.bytes.fetch_add(weight(&key, &variants) as u64, Ordering::Relaxed);
            }
        };
        let builder = moka::sync::Cache::builder().max_capacity(bytes_max).weigher(weigh);
        Memory { entries: builder.eviction_listener(on_eviction).build(), evictions }
    }

    pub fn evictions(&self) -> &Evictions {
        &self.evictions
    }

    /// All variants of a key.
    pub fn variants(&self, key: &str) -> Variants {
        self.entries.get(key).unwrap_or_else(|| Variants::from(Vec::new()))
    }

    /// The entry that a request with these headers selects.
    pub fn get(&self, key: &str, request: &HeaderMap) -> Option<Arc<Entry>> {
        let variants = self.entries.get(key)?;
        // RFC 9111 §4.1: of several that are selected, the newest; of equals, the last stored.
        variants.iter().filter(|entry| entry.selected_by(request)).max_by_key(|entry| entry.as_of).cloned()
    }

    /// The entry of `key`, if it has only one and that one is for every request.
    pub fn get_only(&self, key: &str) -> Option<Arc<Entry>> {
        match self.entries.get(key)? {
            Variants::One(entry) if entry.vary.is_empty() => Some(entry),
            Variants::One(_) | Variants::Many(_) => None,
        }
    }

    /// Whether anything is stored under a key, for whatever request.
    pub fn holds(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Stores an entry, unless a newer one is there already: within an epoch an entry is
    /// replaced only by one with a number at least its own (R10).
    pub fn put(&self, key: &Key, entry: Arc<Entry>) {
        self.entries.entry(Arc::clone(key)).and_compute_with(|current| {
            let Some(current) = current else { return Op::Put(Variants::One(entry)) };
            let variants = current.into_value();
            if variants.iter().any(|other| other.vary == entry.vary && other.as_of > entry.as_of) {
                return Op::Nop;
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
            Op::Put(kept.into())
        });
    }

    /// Drops exactly this entry, if it is still there.
    pub fn remove(&self, key: &Key, entry: &Arc<Entry>) {
        self.entries.entry(Arc::clone(key)).and_compute_with(|current| {
            let Some(current) = current else { return Op::Nop };
            let left: Vec<_> = current.value().iter().filter(|other| !Arc::ptr_eq(other, entry)).cloned().collect();
            if left.is_empty() { Op::Remove } else { Op::Put(left.into()) }
        });
    }

    /// Takes note that `entry` has grown, if it is still there.
    pub fn weigh_again(&self, key: &Key, entry: &Arc<Entry>) {
        self.entries.entry(Arc::clone(key)).and_compute_with(|current| {
            let still = current.filter(|current| current.value().iter().any(|other| Arc::ptr_eq(other, entry)));
            still.map_or(Op::Nop, |current| Op::Put(current.into_value()))
        });
    }

    /// Drops all variants of a key. Under the key's lock, so that a store in progress cannot
    /// bring back what it had read before.
    pub fn invalidate(&self, key: &Key) {
        self.entries.entry(Arc::clone(key)).and_compute_with(|_| Op::Remove);
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

fn weight(key: &Key, variants: &Variants) -> usize {
    key.len() + variants.iter().map(|entry| entry.weight()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use common::Seq;
    use http::{HeaderValue, StatusCode, header};

    use super::*;

    fn entry(as_of: u64, accept: Option<&'static str>, body: &'static str) -> Arc<Entry> {
        Arc::new(Entry {
            status: StatusCode::OK,
            head: crate::head::Head::new(&HeaderMap::new(), &HeaderMap::new()),
            body: Bytes::from_static(body.as_bytes()),
            as_of: Seq::new(as_of).unwrap(),
            tags: Box::new([]),
            cells: Box::new([]),
            lifetime: crate::policy::Lifetime::default(),
            born: std::time::Duration::ZERO,
            vary: accept.map(|value| (header::ACCEPT, Some(HeaderValue::from_static(value)))).into_iter().collect(),
            hand: crate::tags::HandMark::default(),
            codable: false,
            codings: crate::codings::Codings::default(),
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
        assert_eq!(memory.get("h/a", &HeaderMap::new()).unwrap().body, "new");
        memory.put(&key, entry(7, None, "same number, newer"));
        assert_eq!(memory.get("h/a", &HeaderMap::new()).unwrap().body, "same number, newer");
    }

    #[test]
    fn each_variant_has_its_own_number() {
        let memory = Memory::with_capacity(1 << 20);
        let key: Key = "h/a".into();
        memory.put(&key, entry(7, Some("html"), "html"));
        memory.put(&key, entry(5, Some("json"), "json"));
        assert_eq!(memory.get("h/a", &accepting("html")).unwrap().body, "html");
        assert_eq!(memory.get("h/a", &accepting("json")).unwrap().body, "json");
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
        assert_eq!(memory.entries.get("h/a").unwrap().len(), VARIANTS_MAX);
        for n in 0..2000 {
            memory.put(&format!("h/{n}").into(), entry(1, None, "x"));
        }
        memory.maintain();
        assert!(memory.extent().1 <= 100_000);
        assert!(memory.evictions().keys.load(Ordering::Relaxed) > 1000);
    }
}
