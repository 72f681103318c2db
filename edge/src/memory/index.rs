//! The table that hits read.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;

use super::digest::{AsItIs, Digest};
use crate::entry::Entry;

/// Locks of their own, so that a reader hardly ever meets a writer.
const PARTS: usize = 64;

/// The keys that have one entry, for whatever request, and that entry: what a hit needs, behind two
/// lookups in memory that the processor has not at hand. The store behind it takes five times
/// as many, as it keeps order among a million of entries; with few that costs nothing, as
/// everything lies in the processor's caches then.
///
/// It only mirrors the store, which decides what is kept: written in the store's own turn of a
/// key, and cleared when the store evicts.
#[derive(Debug)]
pub struct Index {
    parts: Box<[RwLock<Part>]>,
}

type Part = HashMap<Digest, Arc<Entry>, AsItIs>;

impl Index {
    pub fn new() -> Index {
        Index { parts: (0..PARTS).map(|_| RwLock::default()).collect() }
    }

    pub fn get(&self, digest: Digest) -> Option<Arc<Entry>> {
        self.part(digest).read().get(&digest).cloned()
    }

    /// What the store holds under this key now.
    pub fn set(&self, digest: Digest, only: Option<&Arc<Entry>>) {
        let mut part = self.part(digest).write();
        // What was there is dropped when the lock is gone.
        let _before = match only {
            Some(entry) => part.insert(digest, Arc::clone(entry)),
            None => part.remove(&digest),
        };
        drop(part);
    }

    /// The store has evicted `entry`. A newer one stays.
    pub fn evicted(&self, digest: Digest, entry: &Arc<Entry>) {
        let mut part = self.part(digest).write();
        let same = part.get(&digest).is_some_and(|held| Arc::ptr_eq(held, entry));
        let _before = same.then(|| part.remove(&digest));
        drop(part);
    }

    fn part(&self, digest: Digest) -> &RwLock<Part> {
        &self.parts[digest.part(PARTS)]
    }
}
