//! The change feed over HTTP.

use std::convert::Infallible;

use axum::body::Body;
use common::{
    LogId, Problem, Seq,
    headers::{LAST_EVENT_ID, RCR_LOG},
};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, StatusCode};

use crate::{
    api::{
        kinds, problem,
        reply::{Payload, Reply},
        route::Call,
        views,
    },
    feed::{OpenError, Start},
};

pub const PARAMS: &[&str] = &["back"];

/// The change log as server-sent events.
#[utoipa::path(get, path = "/internal/feed", tag = "internal", security(("edge" = [])),
    params(("Last-Event-ID" = Option<u64>, Header, description = "Resume after this number."),
        ("back" = Option<u64>, Query, description = "Begin so many events behind the head.")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 400, body = views::Problem),
        (status = 401, body = views::Problem), (status = 410, body = views::Problem, description = "Begin a new epoch."),
        (status = 503, body = views::Problem)))]
pub async fn follow(mut call: Call) -> Result<Reply, Problem> {
    let back = call.query.read("back", |text| {
        Seq::parse(text.as_bytes()).map(Seq::get).map_err(|error| crate::api::form::sentence(&error.to_string()))
    });
    call.query.check()?;
    let after = header(&call.headers, &LAST_EVENT_ID, |text| Seq::parse(text.as_bytes()).map_err(|error| error.to_string()))?;
    let log = header(&call.headers, &RCR_LOG, |text| LogId::parse(text).map_err(|error| error.to_string()))?;
    let stream = call.state.feed.open(Start { after, back, log }).await.map_err(refused)?;
    let mut reply = Reply::bytes(StatusCode::OK, "text/event-stream", "");
    reply.payload = Payload::Stream(Body::from_stream(stream.map(Ok::<_, Infallible>)));
    Ok(reply)
}

fn refused(error: OpenError) -> Problem {
    match error {
        OpenError::Gone(gone) => {
            Problem::new(kinds::LOG_GONE).detail(crate::api::form::sentence(&gone.to_string())).extension("reason", gone.as_str())
        }
        OpenError::TooMany | OpenError::Closed => problem::unavailable().detail(crate::api::form::sentence(&error.to_string())),
        OpenError::Store(error) => problem::from_store(error),
    }
}

fn header<T>(headers: &HeaderMap, name: &HeaderName, read: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, Problem> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let read = value.to_str().map_err(|_| "not ASCII".to_owned()).and_then(read);
    read.map(Some).map_err(|why| Problem::new(kinds::BAD_REQUEST).detail(format!("{name}: {why}.")))
}
