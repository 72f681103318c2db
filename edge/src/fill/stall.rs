//! Noticing that a fill stalls: nothing has arrived for too long.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::Notify;

use crate::upstream::{Body, BodyError};

/// Ends when `progress` has not been told anything for `limit`.
pub async fn stalls(progress: &Notify, limit: Duration) {
    while tokio::time::timeout(limit, progress.notified()).await.is_ok() {}
}

/// A body that tells `progress` of every piece.
pub fn watched(body: Body, progress: Arc<Notify>) -> Body {
    Watched { body, progress }.boxed_unsync()
}

struct Watched {
    body: Body,
    progress: Arc<Notify>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if frame.is_ready() {
            self.progress.notify_one();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_goes_on_does_not_stall() {
        let (progress, limit) = (Arc::new(Notify::new()), Duration::from_secs(1));
        let (began, told) = (tokio::time::Instant::now(), Arc::clone(&progress));
        tokio::spawn(async move {
            for _ in 0..5 {
                tokio::time::sleep(limit / 2).await;
                told.notify_one();
            }
        });
        stalls(&progress, limit).await;
        assert_eq!(began.elapsed(), limit * 5 / 2 + limit);
    }
}
