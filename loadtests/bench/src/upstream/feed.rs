//! The feed of an origin that nobody writes to: a head every second.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use common::{Clock as _, Head, LogId, SystemClock, sse};
use futures_util::stream;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;

use super::{Body, HEAD, answer};

const HEAD_EVERY: Duration = Duration::from_secs(1);

fn now(log: LogId, first: bool) -> Head {
    Head { log, seq: HEAD, from: first.then_some(HEAD), at: SystemClock.wall() }
}

/// Whatever number is resumed from or however far back it is asked for, no row follows.
pub(super) fn open(log: LogId) -> Response<Body> {
    let heads = stream::unfold(true, move |first| async move {
        if !first {
            tokio::time::sleep(HEAD_EVERY).await;
        }
        let piece = sse::encode_head(&now(log, first)).unwrap_or_else(|_| Bytes::new());
        Some((Ok::<_, Infallible>(Frame::data(piece)), false))
    });
    let mut response = Response::new(StreamBody::new(heads).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

pub(super) fn head(log: LogId) -> Response<Body> {
    match serde_json::to_string(&now(log, false)) {
        Ok(json) => answer::text(StatusCode::OK, json),
        Err(error) => answer::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}
