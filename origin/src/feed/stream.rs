//! What a connection is to the HTTP side.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_util::sync::WaitForCancellationFutureOwned;

/// Whole server-sent events, one after the other. Ends when the feed stops, when the reader
/// is too slow, or when the log does not go on where it should; then the edge comes again.
pub struct FeedStream {
    frames: mpsc::Receiver<Bytes>,
    /// Polled first: at shutdown a slow reader's remaining frames are not waited for.
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl FeedStream {
    pub(super) fn new(frames: mpsc::Receiver<Bytes>, stopped: WaitForCancellationFutureOwned) -> FeedStream {
        FeedStream { frames, stopped: Box::pin(stopped) }
    }
}

impl Stream for FeedStream {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.stopped.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        self.frames.poll_recv(context)
    }
}
