//! One fill per key, however many readers wait (collapsed forwarding).

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use super::outcome::Outcome;
use crate::{key::Key, upstream::Body};

/// A response that only the request which began the fill may see.
pub type Private = http::Response<Body>;

/// A fill in flight.
#[derive(Debug)]
pub struct Fill {
    outcome: watch::Receiver<Option<Arc<Outcome>>>,
}

impl Fill {
    /// Waits for the end of the fill.
    pub async fn outcome(&self) -> Arc<Outcome> {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(ended) => ended.clone().unwrap_or_else(|| Arc::new(Outcome::Abandoned)),
            Err(_) => Arc::new(Outcome::Abandoned),
        }
    }
}

/// The fills of one epoch, by key.
#[derive(Debug, Default)]
pub struct FillTable {
    fills: Mutex<HashMap<Key, Slot>>,
}

#[derive(Debug)]
struct Slot {
    fill: Arc<Fill>,
    /// Tells this fill from a later one of the same key.
    id: u64,
    /// Set when an unsafe request overtakes the fill: what it brings is not stored.
    overtaken: Arc<std::sync::atomic::AtomicBool>,
}

/// What joining gave.
pub enum Joined {
    /// Somebody began it already.
    Follower(Arc<Fill>),
    /// This caller must run it. The receiver gets the response if it turns out unshareable.
    Leader { fill: Arc<Fill>, private: oneshot::Receiver<Private>, duty: Duty },
}

/// The obligation to end a fill. Dropped unfinished, it releases the waiters all the same.
pub struct Duty {
    key: Key,
    id: u64,
    publish: watch::Sender<Option<Arc<Outcome>>>,
    private: Option<oneshot::Sender<Private>>,
    overtaken: Arc<std::sync::atomic::AtomicBool>,
    epoch: Arc<crate::epoch::Epoch>,
}

impl FillTable {
    /// Joins the fill of `key`, or begins one. `None` when `fills_max` are in flight.
    pub fn join(epoch: &Arc<crate::epoch::Epoch>, key: &Key, fills_max: usize) -> Option<Joined> {
        let mut fills = epoch.fills.fills.lock();
        if let Some(slot) = fills.get(key) {
            return Some(Joined::Follower(Arc::clone(&slot.fill)));
        }
        if fills.len() >= fills_max {
            return None;
        }
        let (publish, outcome) = watch::channel(None);
        let (private_out, private) = oneshot::channel();
        let fill = Arc::new(Fill { outcome });
        let overtaken = Arc::default();
        let id = NEXT_ID.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        fills.insert(Arc::clone(key), Slot { fill: Arc::clone(&fill), id, overtaken: Arc::clone(&overtaken) });
        let duty = Duty { key: Arc::clone(key), id, publish, private: Some(private_out), overtaken, epoch: Arc::clone(epoch) };
        Some(Joined::Leader { fill, private, duty })
    }

    /// An unsafe request changed this resource: nobody joins the fill in flight any more, and
    /// what it brings is not stored.
    pub fn overtake(&self, key: &str) {
        if let Some(slot) = self.fills.lock().remove(key) {
            slot.overtaken.store(true, std::sync::atomic::Ordering::Release);
        }
    }

    pub fn in_flight(&self) -> usize {
        self.fills.lock().len()
    }

    /// Removes the fill `id` of `key`, unless a later one has taken its place.
    fn remove(&self, key: &str, id: u64) {
        let mut fills = self.fills.lock();
        if fills.get(key).is_some_and(|slot| slot.id == id) {
            fills.remove(key);
        }
    }
}

static NEXT_ID: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

impl Duty {
    pub fn is_overtaken(&self) -> bool {
        self.overtaken.load(std::sync::atomic::Ordering::Acquire)
    }

    /// Hands the response to the request that began the fill. If that reader has gone, the
    /// response goes too.
    pub fn give_private(&mut self, response: Private) {
        if let Some(private) = self.private.take() {
            drop(private.send(response));
        }
    }

    /// Ends the fill. It leaves the table first: whoever fails the outcome and asks again
    /// must not join what has just ended.
    pub fn finish(self, outcome: Outcome) {
        self.epoch.fills.remove(&self.key, self.id);
        self.publish.send_replace(Some(Arc::new(outcome)));
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        self.epoch.fills.remove(&self.key, self.id);
        if self.publish.borrow().is_none() {
            // Reached by a panic inside the fill, or when the runtime shuts down.
            self.publish.send_replace(Some(Arc::new(Outcome::Abandoned)));
        }
    }
}
