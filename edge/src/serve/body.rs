//! The body of an answer: whole and shared, or on its way.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::Sleep;

use crate::{
    client::Place,
    upstream::{Body, BodyError},
};

/// How long the origin may be silent in the middle of a body that is passed on.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// A body on its way from the origin, given up when the origin falls silent.
pub struct Passing {
    body: Body,
    /// Its place among its client's misses, given back when the body has been sent or dropped.
    _place: Option<Arc<Place>>,
    /// Set while the origin is waited for: a slow reader is not the origin's silence.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Passing {
    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.waiting = None;
            return Poll::Ready(frame);
        }
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(SILENCE_MAX)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Some(Err(BodyError("the origin fell silent".into()))))
    }
}

/// An answer's body. A stored one is a reference to the entry's bytes: nothing is copied.
pub enum ReplyBody {
    Whole(Option<Bytes>),
    Passing(Passing),
}

impl ReplyBody {
    pub fn empty() -> ReplyBody {
        ReplyBody::Whole(None)
    }

    /// From the origin, as it comes.
    pub fn passing(body: Body, place: Option<Arc<Place>>) -> ReplyBody {
        ReplyBody::Passing(Passing { body, _place: place, waiting: None })
    }
}

impl From<Bytes> for ReplyBody {
    fn from(bytes: Bytes) -> ReplyBody {
        ReplyBody::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl http_body::Body for ReplyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            ReplyBody::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            ReplyBody::Passing(passing) => passing.poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            ReplyBody::Whole(bytes) => bytes.is_none(),
            ReplyBody::Passing(passing) => passing.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            ReplyBody::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            ReplyBody::Passing(passing) => passing.body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, StreamBody};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_origin_that_falls_silent_is_given_up() {
        let silent = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, BodyError>>()).boxed_unsync();
        let began = tokio::time::Instant::now();
        let frame = ReplyBody::passing(silent, None).frame().await;
        assert!(matches!(frame, Some(Err(_))));
        assert_eq!(began.elapsed().as_secs(), SILENCE_MAX.as_secs());
    }
}
