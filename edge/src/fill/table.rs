//! One fill per key, however many readers wait (collapsed forwarding); a second one beside it
//! if the first stalls, and never a third.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot, watch};

use super::{
    outcome::{Failure, Outcome},
    remembered::Remembered,
    waiting::{Fill, State, Waiting},
};
use crate::{epoch::Epoch, key::Key, upstream::Body};

/// A response that only the request which began the fill may see.
pub type Private = http::Response<Body>;

/// How many fills there may be, and how many may wait for one.
#[derive(Clone, Copy, Debug)]
pub struct FillLimits {
    /// Fills at once, of all keys.
    pub fills_max: usize,
    /// Readers who wait for one key.
    pub waiters_per_key_max: usize,
}

/// The fills of one epoch, by key, and what is remembered of keys that were filled in vain.
#[derive(Debug, Default)]
pub struct FillTable {
    table: Mutex<Table>,
    /// Keys whose answers may not be shared: their readers ask alone, side by side.
    pub uncacheable: Remembered<()>,
    /// Keys that failed a moment ago, for readers without a copy.
    pub failures: Remembered<Failure>,
}

#[derive(Debug, Default)]
struct Table {
    slots: HashMap<Key, Slot>,
    /// Fills running, those included that an unsafe request has overtaken.
    running: usize,
}

/// The fills of one key: there is at least one while the slot exists.
#[derive(Debug, Default)]
struct Slot {
    first: Option<Running>,
    /// Begun because the first stalled.
    second: Option<Running>,
    /// The second has failed while the first still stalls: nobody begins another.
    failed_again: bool,
    /// Set when an unsafe request overtakes the fills: what they bring is not stored.
    overtaken: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Running {
    fill: Arc<Fill>,
    /// Tells this fill from a later one of the same key.
    id: u64,
}

/// What joining gave. `P` is the leader's permission to ask the origin.
pub enum Joined<P> {
    /// Somebody began it already.
    Follower(Waiting),
    /// This caller must run it. The receiver gets the response if it turns out unshareable.
    Leader { fill: Waiting, private: oneshot::Receiver<Private>, duty: Duty, place: P },
}

/// What a key's slot has for one who comes now.
enum Place {
    Follow(Arc<Fill>),
    Begin,
    Stalled,
}

impl Slot {
    fn place(&self) -> Place {
        match (&self.first, &self.second) {
            (_, Some(second)) if !second.fill.is_stalled() => Place::Follow(Arc::clone(&second.fill)),
            (_, Some(_)) => Place::Stalled,
            (Some(first), None) if !first.fill.is_stalled() => Place::Follow(Arc::clone(&first.fill)),
            (Some(_), None) if self.failed_again => Place::Stalled,
            (Some(_) | None, None) => Place::Begin,
        }
    }

    fn running(&mut self) -> [&mut Option<Running>; 2] {
        [&mut self.first, &mut self.second]
    }
}

impl FillTable {
    /// Joins the fill of `key`, or begins one if `admit` lets this caller ask the origin.
    ///
    /// # Errors
    /// With the limit that is reached: of fills, of waiters, of fills that stall, or whatever
    /// `admit` says.
    pub fn join<P>(
        epoch: &Arc<Epoch>,
        key: &Key,
        limits: &FillLimits,
        admit: impl FnOnce() -> Result<P, Failure>,
    ) -> Result<Joined<P>, Failure> {
        let mut table = epoch.fills.table.lock();
        let (first_of_two, overtaken) = match table.slots.get(key) {
            Some(slot) => match slot.place() {
                Place::Follow(fill) => {
                    let waiting = Waiting::begin(&fill, limits.waiters_per_key_max);
                    return waiting.map(Joined::Follower).ok_or(Failure::TooManyWaiters);
                }
                Place::Stalled => return Err(Failure::Stalled),
                Place::Begin => (slot.first.is_none(), Arc::clone(&slot.overtaken)),
            },
            None => (true, Arc::default()),
        };
        if table.running >= limits.fills_max {
            return Err(Failure::TooManyFills);
        }
        let place = admit()?;

        let (publish, state) = watch::channel(State::Running);
        let (private_out, private) = oneshot::channel();
        let fill = Arc::new(Fill::new(state));
        let waiting = Waiting::of_leader(&fill);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        table.running += 1;
        let slot = table.slots.entry(Arc::clone(key)).or_default();
        slot.overtaken = Arc::clone(&overtaken);
        *slot.running()[usize::from(!first_of_two)] = Some(Running { fill, id });
        let duty = Duty {
            key: Arc::clone(key),
            id,
            publish,
            private: Some(private_out),
            overtaken,
            progress: Arc::default(),
            epoch: Arc::clone(epoch),
        };
        Ok(Joined::Leader { fill: waiting, private, duty, place })
    }

    /// Joins the fill of `key`, if there is one and room to wait for it.
    pub fn follow(&self, key: &str, limits: &FillLimits) -> Option<Waiting> {
        match self.table.lock().slots.get(key)?.place() {
            Place::Follow(fill) => Waiting::begin(&fill, limits.waiters_per_key_max),
            Place::Begin | Place::Stalled => None,
        }
    }

    /// An unsafe request changed this resource: nobody joins the fills in flight any more, and
    /// what they bring is not stored.
    pub fn overtake(&self, key: &str) {
        // What was learnt of it is of the time before, too.
        self.failures.forget(key);
        self.uncacheable.forget(key);
        if let Some(slot) = self.table.lock().slots.remove(key) {
            slot.overtaken.store(true, Ordering::Release);
        }
    }

    pub fn in_flight(&self) -> usize {
        self.table.lock().running
    }

    /// Readers who wait for `key`.
    pub fn waiters(&self, key: &str) -> usize {
        let mut table = self.table.lock();
        let Some(slot) = table.slots.get_mut(key) else { return 0 };
        slot.running().into_iter().flatten().map(|running| running.fill.waiters()).sum()
    }

    /// Removes the fill `id` of `key`, unless its slot is another's by now.
    fn remove(&self, key: &str, id: u64, failed: bool) {
        let mut table = self.table.lock();
        table.running -= 1;
        let Some(slot) = table.slots.get_mut(key) else { return };
        if slot.second.take_if(|running| running.id == id).is_some() {
            slot.failed_again = failed;
        }
        slot.first.take_if(|running| running.id == id);
        if slot.first.is_none() && slot.second.is_none() {
            table.slots.remove(key);
        }
    }
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// The obligation to end a fill. Dropped unfinished, it releases the waiters all the same.
pub struct Duty {
    key: Key,
    id: u64,
    publish: watch::Sender<State>,
    private: Option<oneshot::Sender<Private>>,
    overtaken: Arc<AtomicBool>,
    progress: Arc<Notify>,
    epoch: Arc<Epoch>,
}

impl Duty {
    pub fn is_overtaken(&self) -> bool {
        self.overtaken.load(Ordering::Acquire)
    }

    /// Hands the response to the request that began the fill. If that reader has gone, the
    /// response goes too.
    pub fn give_private(&mut self, response: Private) {
        if let Some(private) = self.private.take() {
            drop(private.send(response));
        }
    }

    /// To be told whenever something arrives.
    pub fn progress(&self) -> Arc<Notify> {
        Arc::clone(&self.progress)
    }

    /// Tells the waiters that the fill stalls. It may be used while the fill goes on.
    pub fn staller(&self) -> Staller {
        Staller(self.publish.clone())
    }

    /// Ends the fill. It leaves the table first: whoever fails the outcome and asks again
    /// must not join what has just ended.
    pub fn finish(self, outcome: Outcome) {
        self.publish_end(outcome);
    }

    fn publish_end(&self, outcome: Outcome) {
        let failed = matches!(outcome, Outcome::Failed { .. } | Outcome::Abandoned);
        self.epoch.fills.remove(&self.key, self.id, failed);
        self.publish.send_replace(State::Ended(Arc::new(outcome)));
    }
}

impl Drop for Duty {
    fn drop(&mut self) {
        let ended = matches!(*self.publish.borrow(), State::Ended(_));
        if !ended {
            // Reached by a panic inside the fill, or when the runtime shuts down.
            self.publish_end(Outcome::Abandoned);
        }
    }
}

/// Says of one fill that it stalls.
pub struct Staller(watch::Sender<State>);

impl Staller {
    pub fn stalled(&self) {
        self.0.send_if_modified(|state| {
            let running = matches!(state, State::Running);
            if running {
                *state = State::Stalled;
            }
            running
        });
    }
}
