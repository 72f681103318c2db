//! Asking again for what readers read as soon as it is purged: the next reader finds the answer, or one on its way.

use std::sync::Arc;

use http::HeaderValue;

use super::{
    Edge,
    lookup::look_up_key,
    prefetch::{Ahead, Fetched},
};
use crate::{
    epoch::Epoch,
    key::{Key, authority_of},
};

/// The pages that a reader has found purged, by the addresses they were asked for: likely to be edited again, and to be
/// read when they are. Of more than there is room for, those that are found purged most often stay.
#[derive(Debug)]
pub struct RefreshAhead(Option<moka::sync::Cache<Key, ()>>);

impl RefreshAhead {
    /// Zero turns it off.
    pub fn of_pages(max: u64) -> RefreshAhead {
        RefreshAhead((max > 0).then(|| moka::sync::Cache::new(max)))
    }

    pub(super) fn found_purged(&self, exact: &Key) {
        // To look counts, to store does not.
        if let Some(pages) = self.0.as_ref().filter(|pages| pages.get(exact).is_none()) {
            pages.insert(Arc::clone(exact), ());
        }
    }
}

impl Edge {
    /// Of the pages that readers have found purged before: those that are again, and that a reader has read in between.
    /// A read is worth one refresh, whatever becomes of it.
    pub fn read_and_purged<'a>(&'a self, epoch: &'a Epoch) -> impl Iterator<Item = Ahead> + 'a {
        let pages = self.refresh_ahead.0.iter().flatten().map(|(exact, ())| Key::clone(&exact));
        let due = pages.filter(|exact| {
            let held = epoch.memory.peek(&look_up_key(epoch, exact));
            held.is_some_and(|entry| entry.purge().is_some() && entry.take_read())
        });
        due.filter_map(Ahead::of_key)
    }

    /// Asks as a reader of that address would.
    pub async fn refresh(self: &Arc<Self>, page: Ahead) -> Fetched {
        match HeaderValue::from_str(authority_of(page.key())) {
            Ok(host) => self.fetch_ahead(page, &host).await,
            // No key has one that is no field's value.
            Err(_) => Fetched::NotStored,
        }
    }
}
