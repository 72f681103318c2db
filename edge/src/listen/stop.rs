//! How serving ends, in stages. Every request looks at the stage, so reading it is one atomic
//! load; waiting for it registers once per connection, not once per poll.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Where a shutdown stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Stage {
    Running,
    /// Nothing is accepted. HTTP/1 connections stay open for one more answer each, with
    /// `Connection: close`; HTTP/2 connections are told to go away.
    Draining,
    /// Connections without a request under way are closed.
    Closing,
    /// Everything is cut off.
    Cut,
}

/// Shared by all connections.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stage: AtomicU8,
    draining: CancellationToken,
    closing: CancellationToken,
    cut: CancellationToken,
}

impl Stop {
    pub fn is(&self, stage: Stage) -> bool {
        self.0.stage.load(Ordering::Relaxed) >= stage as u8
    }

    /// Goes on to `stage`; never back.
    pub fn enter(&self, stage: Stage) {
        self.0.stage.fetch_max(stage as u8, Ordering::Relaxed);
        if stage >= Stage::Draining {
            self.0.draining.cancel();
        }
        if stage >= Stage::Closing {
            self.0.closing.cancel();
        }
        if stage >= Stage::Cut {
            self.0.cut.cancel();
        }
    }

    /// Completes when `stage` is reached.
    pub fn reached(&self, stage: Stage) -> Reached {
        let token = match stage {
            Stage::Running => None,
            Stage::Draining => Some(&self.0.draining),
            Stage::Closing => Some(&self.0.closing),
            Stage::Cut => Some(&self.0.cut),
        };
        let waiting = token.map(|token| Box::pin(token.clone().cancelled_owned()));
        Reached { stop: self.clone(), stage, waiting, registered: false }
    }
}

/// See [`Stop::reached`]. It must stay in the task that polled it first: it wakes that one.
#[derive(Debug)]
pub struct Reached {
    stop: Stop,
    stage: Stage,
    waiting: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    registered: bool,
}

impl Future for Reached {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.stop.is(this.stage) {
            return Poll::Ready(());
        }
        let Some(waiting) = this.waiting.as_mut().filter(|_| !this.registered) else { return Poll::Pending };
        // Asking the token takes a lock that all connections share; a task's waker stays good.
        this.registered = true;
        waiting.as_mut().poll(context)
    }
}

impl Stop {
    /// What `task` gives, unless `stage` comes first.
    pub async fn unless<T>(&self, stage: Stage, task: impl Future<Output = T>) -> Option<T> {
        let mut reached = self.reached(stage);
        tokio::select! {
            biased;
            () = &mut reached => None,
            done = task => Some(done),
        }
    }
}
