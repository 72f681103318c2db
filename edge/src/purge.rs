//! Purging by hand: an operator's `POST /purge`, and `Cache-Group-Invalidation` (RFC 9875).
//!
//! It goes through the cells that the feed's purges go through, so it costs the same: one
//! maximum per tag, however many entries carry it. A URL has no cell that its entries share;
//! the purge finds them by their key, overtakes the fill of that key, and is remembered for
//! what comes late or from Redis.

use std::time::Duration;

use arc_swap::ArcSwap;
use common::Tag;
use http::HeaderMap;

use crate::{
    entry::TAGS_MAX,
    epoch::Epoch,
    key::{Key, authority_of},
    metrics::PurgeSource,
    serve::Edge,
    tags::{Hand, Strength, headers::invalidated_groups},
};

/// What to purge.
#[derive(Clone, Debug, Default)]
pub struct Order {
    pub tags: Vec<Tag>,
    pub keys: Vec<Key>,
    pub everything: bool,
    pub strength: Strength,
}

/// What a purge did.
#[derive(Clone, Debug)]
pub struct Done {
    pub number: Hand,
    /// How many of the tags some stored entry carries, or has carried of late.
    pub tags_carried: usize,
    /// For each key, how many entries (variants) were found.
    pub entries: Vec<usize>,
}

/// Purges at `now` of the local clock. A fill that was sent before this returns is judged by
/// it; one that is sent afterwards is not touched.
pub fn purge(current: &ArcSwap<Epoch>, order: &Order, now: Duration) -> Done {
    let by_hand = current.load().tags.by_hand().clone();
    // R7, in this order: remembered first, then the cells and entries that there are, then
    // the number.
    // Under `No-Vary-Search` several URLs are one entry.
    let searches = &current.load().searches;
    let named: Vec<Vec<Key>> = order.keys.iter().map(|key| searches.keys_of(key)).collect();
    let keys = named.concat();
    let turn = by_hand.begin(order.strength, &order.tags, &keys, now);
    // The epoch that is current from here on: one that begins later makes its cells from what
    // is remembered already.
    let epoch = current.load_full();
    let tags_carried = epoch.tags.purge_by_hand(&turn, &order.tags, order.everything);
    let raise = |key: &Key| {
        // The fill first: it has either stored its entry by now, which is then seen here, or
        // will notice in the key's turn, before a reader can see the entry, that it was overtaken.
        epoch.fills.overtake(key);
        let mut found = 0;
        epoch.memory.see(key, |entries| {
            entries.iter().for_each(|entry| entry.hand.raise(turn.strength, turn.number, turn.at));
            found = entries.len();
        });
        found
    };
    let entries = named.iter().map(|keys| keys.iter().map(raise).sum());
    let done = Done { number: turn.number, tags_carried, entries: entries.collect() };
    turn.end();
    done
}

impl Edge {
    /// Carries out an operator's purge.
    pub fn purge(&self, order: &Order) -> Done {
        let done = purge(&self.epoch, order, self.filler.clock.now());
        self.filler.metrics.purged(PurgeSource::Hand, order.strength);
        done
    }

    /// RFC 9875 §3: a response to an unsafe request says which groups of its own authority it
    /// has changed. Hard: RFC 9111 §4.4 calls for validation before an invalidated response
    /// is used again. More groups than any entry can carry are everything.
    pub(crate) fn invalidate_groups(&self, key: &Key, headers: &HeaderMap) {
        let tags = invalidated_groups(headers, authority_of(key));
        if tags.is_empty() {
            return;
        }
        let everything = tags.len() > TAGS_MAX;
        let tags = if everything { Vec::new() } else { tags };
        let order = Order { tags, keys: Vec::new(), everything, strength: Strength::Hard };
        purge(&self.epoch, &order, self.filler.clock.now());
        self.filler.metrics.purged(PurgeSource::Groups, order.strength);
    }
}
