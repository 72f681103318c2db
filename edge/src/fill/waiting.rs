//! Waiting for a fill.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::watch;

use super::outcome::Outcome;

/// Where a fill stands.
#[derive(Clone, Debug)]
pub(super) enum State {
    Running,
    /// Nothing has arrived for too long. It goes on, but nobody need wait.
    Stalled,
    Ended(Arc<Outcome>),
}

/// A fill in flight.
#[derive(Debug)]
pub struct Fill {
    state: watch::Receiver<State>,
    waiters: AtomicUsize,
}

/// What a waiter hears first.
pub enum Heard {
    Stalled,
    Ended(Arc<Outcome>),
}

impl Fill {
    pub(super) fn new(state: watch::Receiver<State>) -> Fill {
        Fill { state, waiters: AtomicUsize::new(0) }
    }

    /// Waits for the end of the fill, or until it stalls.
    pub async fn heard(&self) -> Heard {
        let mut state = self.state.clone();
        match state.wait_for(|state| !matches!(state, State::Running)).await.as_deref() {
            Ok(State::Ended(outcome)) => Heard::Ended(Arc::clone(outcome)),
            Ok(State::Stalled) => Heard::Stalled,
            Ok(State::Running) | Err(_) => Heard::Ended(Arc::new(Outcome::Abandoned)),
        }
    }

    /// Waits for the end of the fill, however long it stalls: its own limit ends it.
    pub async fn outcome(&self) -> Arc<Outcome> {
        let mut state = self.state.clone();
        match state.wait_for(|state| matches!(state, State::Ended(_))).await.as_deref() {
            Ok(State::Ended(outcome)) => Arc::clone(outcome),
            Ok(State::Running | State::Stalled) | Err(_) => Arc::new(Outcome::Abandoned),
        }
    }

    pub(super) fn is_stalled(&self) -> bool {
        matches!(*self.state.borrow(), State::Stalled)
    }

    pub(super) fn waiters(&self) -> usize {
        self.waiters.load(Ordering::Relaxed)
    }
}

/// One reader who waits for a fill, counted until it is dropped.
#[derive(Debug)]
pub struct Waiting(Arc<Fill>);

impl Waiting {
    /// `None` if `max` wait already. To be called under the table's lock.
    pub(super) fn begin(fill: &Arc<Fill>, max: usize) -> Option<Waiting> {
        (fill.waiters() < max).then(|| Waiting::of_leader(fill))
    }

    /// Who has begun the fill waits for it, too, and is never refused.
    pub(super) fn of_leader(fill: &Arc<Fill>) -> Waiting {
        fill.waiters.fetch_add(1, Ordering::Relaxed);
        Waiting(Arc::clone(fill))
    }
}

impl Deref for Waiting {
    type Target = Fill;

    fn deref(&self) -> &Fill {
        &self.0
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiters.fetch_sub(1, Ordering::Relaxed);
    }
}
