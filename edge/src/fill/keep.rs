//! Where a stored answer goes, and what it must know of purges by hand.

use std::sync::Arc;

use http::HeaderMap;

use super::table::Duty;
use crate::{
    entry::Entry,
    epoch::Epoch,
    key::Key,
    policy::no_vary_search::Rule,
    tags::{Hand, HandMark},
};

/// Puts what a request of `exact` brought where the `No-Vary-Search` in its fields says, unless an unsafe
/// request or a purge has overtaken the fill. Returns the key.
pub(super) fn put(epoch: &Epoch, exact: &Key, fields: &HeaderMap, entry: &Arc<Entry>, duty: &Duty) -> Option<Key> {
    if duty.is_overtaken() {
        return None;
    }
    let key = match epoch.searches.learn(exact, fields) {
        Some(learned) => {
            if let Some(path) = learned.vacate {
                epoch.memory.invalidate(&path);
            }
            epoch.memory.put_unless(&learned.key, Arc::clone(entry), || duty.is_overtaken());
            learned.key
        }
        None => {
            epoch.memory.put_unless(exact, Arc::clone(entry), || duty.is_overtaken());
            epoch.searches.forget(exact);
            Arc::clone(exact)
        }
    };
    // What overtook it just after it was stored has seen it there, and it is of no use any more.
    if duty.is_overtaken() {
        epoch.memory.invalidate(&key);
        return None;
    }
    Some(key)
}

/// How an answer to a request of `exact` stands towards purges by hand, under the key that its
/// own `No-Vary-Search` gives it too.
pub(super) fn hand_mark(epoch: &Epoch, exact: &Key, response: &HeaderMap, sent: Hand) -> HandMark {
    let mark = epoch.tags.hand_mark(exact, sent);
    if let Some(rule) = Rule::of(response) {
        epoch.tags.recall(&mark, &Key::from(rule.key_of(exact)));
    }
    mark
}
