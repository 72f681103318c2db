//! Whose turn it is: the gate's or hyper's.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};

const ASKED: u8 = 1;
const ANSWERED: u8 = 2;

/// How far hyper is with the request that it was handed. Shared by the gate below hyper and
/// the service above it; they run in one task, one after the other.
#[derive(Debug, Default)]
pub struct Turn(AtomicU8);

impl Turn {
    /// A request is handed to hyper.
    pub fn hand_over(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// hyper has taken the answer's last byte; it lies in hyper's buffer at most.
    pub fn is_answered(&self) -> bool {
        self.0.load(Ordering::Relaxed) == ANSWERED
    }
}

/// From the call of the service until hyper lets go of the answer's body.
#[derive(Debug)]
pub struct Asking(Arc<Turn>);

impl Asking {
    pub fn begin(turn: &Arc<Turn>) -> Asking {
        turn.0.store(ASKED, Ordering::Relaxed);
        Asking(Arc::clone(turn))
    }

    /// The same body, which ends the turn when hyper drops it.
    pub fn track<B>(self, body: B) -> Tracked<B> {
        Tracked { body, _asking: self }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.0.store(ANSWERED, Ordering::Relaxed);
    }
}

/// A body whose end the gate gets to know.
#[derive(Debug)]
pub struct Tracked<B> {
    body: B,
    _asking: Asking,
}

impl<B: Body + Unpin> Body for Tracked<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
