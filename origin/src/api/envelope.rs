//! Around every request: its id and span, a floor under panics, and the one way in which an
//! answer leaves.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::body::Body;
use common::{Problem, telemetry, trace_context::TraceContext};
use futures_util::FutureExt as _;
use http::{HeaderValue, Method, Request, Response, header, request::Parts};
use tracing::{Instrument as _, Span, field};

use super::{
    cache, cors, dispatch, kinds, path,
    reply::{Payload, Reply},
    route::Route,
};
use crate::state::AppState;

/// Bytes of all header fields together. The listener refuses far larger heads by itself,
/// without a body; up to there the answer is a problem like any other.
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// Answers one request. `routes` are those of the matched path; none if no path matched.
pub async fn answer(state: AppState, routes: Arc<[&'static Route]>, path: path::Path, request: Request<Body>) -> Response<Body> {
    let started = state.clock.now();
    let (parts, body) = request.into_parts();
    let trace = TraceContext::from_headers(&parts.headers, &*state.entropy);
    let request_id = trace.request_id();
    let span = tracing::info_span!("request", %request_id, method = %parts.method, path = parts.uri.path(),
        route = field::Empty, status = field::Empty);
    telemetry::adopt(&span, &caller(&parts).unwrap_or(trace));

    let (method, headers, public) = (parts.method.clone(), parts.headers.clone(), is_public(parts.uri.path()));
    let route = dispatch::choose(&routes, &method);
    let pattern = route.map(|route| route.path);
    span.record("route", pattern);

    let work = async {
        path::check(parts.uri.path())?;
        check_headers(&parts)?;
        let work = dispatch::dispatch(state.clone(), &routes, path, parts, body);
        tokio::time::timeout(dispatch::wait_max(&state, route), work).await.unwrap_or_else(|_| Err(dispatch::too_slow()))
    };
    let outcome = AssertUnwindSafe(work).catch_unwind().instrument(span.clone()).await;
    let reply = match outcome {
        Ok(Ok(reply)) => reply,
        Ok(Err(problem)) => Reply::from(problem),
        Err(_) => span.in_scope(|| {
            // The panic hook has logged where and why.
            tracing::error!("a handler panicked");
            Reply::from(Problem::new(kinds::INTERNAL))
        }),
    };
    let mut reply = span.in_scope(|| cache::render(with_instance(reply, &request_id), &headers));
    if public {
        cors::expose(&mut reply.headers);
    }
    reply.headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

    let took = state.clock.now().saturating_sub(started);
    state.api.metrics.answered(&method, pattern, reply.status, took);
    leave(&span, &method, reply, took)
}

fn leave(span: &Span, method: &Method, mut reply: Reply, took: std::time::Duration) -> Response<Body> {
    span.record("status", reply.status.as_u16());
    span.in_scope(|| {
        let duration_ms = took.as_secs_f64() * 1000.0;
        if reply.status.is_server_error() {
            tracing::warn!(duration_ms, "answered");
        } else {
            tracing::info!(duration_ms, "answered");
        }
    });
    let body = match reply.payload {
        Payload::Bytes(bytes) if *method == Method::HEAD => {
            if !bytes.is_empty() {
                reply.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            }
            Body::empty()
        }
        Payload::Bytes(bytes) => Body::from(bytes),
        Payload::Stream(_) if *method == Method::HEAD => Body::empty(),
        Payload::Stream(body) => body,
        // `with_instance` has written it.
        Payload::Problem(_) => Body::empty(),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

/// Writes a problem down, now that the request id is known. One that may be stored is other
/// readers' answer too, and its entity tag must not change with each of them: no id.
fn with_instance(mut reply: Reply, request_id: &str) -> Reply {
    if let Payload::Problem(problem) = reply.payload {
        let problem = if reply.caching.is_some() { *problem } else { problem.instance(request_id) };
        let (head, bytes) = problem.into_http().into_parts();
        reply.headers.extend(head.headers);
        // The cache contract decides, also for problems.
        reply.headers.remove(header::CACHE_CONTROL);
        reply.payload = Payload::Bytes(bytes);
    }
    reply
}

fn check_headers(parts: &Parts) -> Result<(), Problem> {
    let bytes: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes <= HEADER_BYTES_MAX {
        return Ok(());
    }
    Err(Problem::new(kinds::HEADERS_TOO_LARGE).extension("limit_bytes", HEADER_BYTES_MAX))
}

/// The caller's own position in the trace, if it sent one.
fn caller(parts: &Parts) -> Option<TraceContext> {
    TraceContext::parse(parts.headers.get(common::headers::TRACEPARENT)?.as_bytes())
}

/// Addresses that scripts of any site may read, errors included.
fn is_public(path: &str) -> bool {
    let editorial = path.starts_with("/v1/editorial/");
    !editorial && ["/v1/", "/media/", "/go/"].iter().any(|prefix| path.starts_with(prefix))
}
