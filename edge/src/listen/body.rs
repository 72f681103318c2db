//! Bodies on their way, either direction, within the limits of their connection.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use super::activity::Answering;
use crate::{serve::ReplyBody, upstream::BodyError};

/// Why a request's body did not come.
#[derive(Debug, thiserror::Error)]
pub enum RequestBodyError {
    /// It made no progress for this long.
    #[error("the request's body made no progress for {0:?}")]
    Stalled(Duration),
    /// Malformed, or the reader left.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

/// A request's body that must make progress.
#[derive(Debug)]
pub struct RequestBody {
    body: Incoming,
    limit: Duration,
    /// Set while the reader is waited for.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    pub fn new(body: Incoming, limit: Duration) -> RequestBody {
        RequestBody { body, limit, waiting: None }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = RequestBodyError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, RequestBodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| Ok(frame?)));
        }
        let limit = self.limit;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Some(Err(RequestBodyError::Stalled(limit))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body that says whether it waits for the origin or for the reader.
pub struct NotedBody {
    body: ReplyBody,
    answering: Answering,
}

impl NotedBody {
    pub fn new(body: ReplyBody, mut answering: Answering) -> NotedBody {
        answering.answered();
        NotedBody { body, answering }
    }
}

impl Body for NotedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.answering.set_ours(frame.is_pending());
        self.answering.progress();
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
