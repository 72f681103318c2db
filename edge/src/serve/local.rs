//! What the edge says itself, without asking anybody.

use bytes::Bytes;
use common::{
    headers::IDEMPOTENCY_KEY,
    problem::{Kind, Problem},
    trace_context::TraceContext,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};

use super::{Reply, ReplyBody};
use crate::{
    fill::Failure,
    key::{KeyError, TARGET_BYTES_MAX},
};

const BAD_REQUEST: Kind = Kind::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be understood");
const MISDIRECTED: Kind = Kind::new(StatusCode::MISDIRECTED_REQUEST, "misdirected-request", "This host is not served here");
const URI_TOO_LONG: Kind = Kind::new(StatusCode::URI_TOO_LONG, "uri-too-long", "The path and query are too long");
const NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here");
const NOT_ALLOWED: Kind = Kind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This method is not for this server");
const BAD_GATEWAY: Kind = Kind::new(StatusCode::BAD_GATEWAY, "bad-gateway", "The origin gave no usable answer");
const GATEWAY_TIMEOUT: Kind = Kind::new(StatusCode::GATEWAY_TIMEOUT, "gateway-timeout", "The origin did not answer in time");
const UNAVAILABLE: Kind = Kind::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "This edge cannot answer now");
const TOO_MANY: Kind =
    Kind::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "This client asks for too much that is not cached");
const TOO_LARGE: Kind = Kind::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The request's body is too large");
const TOO_SLOW: Kind = Kind::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", "The request's body did not come");

/// When a reader should try again: the breaker has asked the origin again by then.
const RETRY_AFTER_S: u64 = 2;
/// When a client that asked too much should: by then its allowance has grown by a second's.
const CLIENT_RETRY_AFTER_S: u64 = 1;
/// How long a browser may remember that a read-only request from elsewhere is allowed.
const PREFLIGHT_MAX_AGE_S: &str = "86400";

fn problem(problem: Problem, trace: &TraceContext) -> Reply {
    let mut reply = problem.instance(trace.request_id()).into_http().map(ReplyBody::from);
    // For the log: the reader was told this id.
    reply.extensions_mut().insert(*trace);
    // Scripts of other sites may read why they got nothing.
    reply.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    reply
}

pub fn refused(error: KeyError, trace: &TraceContext) -> Reply {
    let kind = match error {
        KeyError::UnknownHost => MISDIRECTED,
        KeyError::TooLong => URI_TOO_LONG,
        KeyError::NoHost | KeyError::DotSegment | KeyError::Illegal => BAD_REQUEST,
    };
    let told = Problem::new(kind).detail(error.to_string());
    let told = if error == KeyError::TooLong { told.extension("limit_bytes", TARGET_BYTES_MAX) } else { told };
    problem(told, trace)
}

pub fn not_found(trace: &TraceContext) -> Reply {
    problem(Problem::new(NOT_FOUND), trace)
}

const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE");

/// What this server can do with whatever it is asked for.
pub fn options() -> Reply {
    let mut reply = Response::new(ReplyBody::empty());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply.headers_mut().insert(header::ALLOW, ALLOWED);
    reply
}

pub fn not_allowed(trace: &TraceContext) -> Reply {
    problem(Problem::new(NOT_ALLOWED).header(header::ALLOW, ALLOWED), trace)
}

pub fn bad_min_seq(trace: &TraceContext) -> Reply {
    problem(Problem::new(BAD_REQUEST).detail("Rcr-Min-Seq must be one decimal number"), trace)
}

pub fn body_too_large(limit: usize, trace: &TraceContext) -> Reply {
    let told = Problem::new(TOO_LARGE).detail(format!("at most {limit} bytes are passed on"));
    problem(told.extension("limit_bytes", limit), trace)
}

pub fn body_too_slow(trace: &TraceContext) -> Reply {
    problem(Problem::new(TOO_SLOW), trace)
}

/// The origin failed or was not asked, and there is no copy to show.
pub fn failed(failure: Failure, trace: &TraceContext) -> Reply {
    let kind = match failure {
        Failure::TimedOut | Failure::Stalled => GATEWAY_TIMEOUT,
        Failure::TooManyFills | Failure::TooManyWaiters => UNAVAILABLE,
        Failure::TooManyPasses => {
            let told = Problem::new(UNAVAILABLE).detail("Too many requests are on their way to the origin");
            return problem(told.retry_after_s(RETRY_AFTER_S), trace);
        }
        Failure::ClientMisses | Failure::ClientRate => {
            return problem(Problem::new(TOO_MANY).retry_after_s(CLIENT_RETRY_AFTER_S), trace);
        }
        Failure::NoResponse | Failure::Unavailable | Failure::ServerError | Failure::Breaker | Failure::Unusable => BAD_GATEWAY,
    };
    problem(Problem::new(kind).retry_after_s(RETRY_AFTER_S), trace)
}

/// The reader wanted a copy or nothing (RFC 9111 §5.2.1.7).
pub fn only_if_cached(trace: &TraceContext) -> Reply {
    problem(Problem::new(GATEWAY_TIMEOUT).detail("There is no copy that could be used without asking the origin"), trace)
}

/// Nothing could be compared with the log yet, and the origin cannot be reached (R17).
pub fn not_started(trace: &TraceContext) -> Reply {
    problem(
        Problem::new(UNAVAILABLE)
            .detail("This edge has no copy that it can vouch for, and cannot reach the origin")
            .retry_after_s(RETRY_AFTER_S),
        trace,
    )
}

/// The protocol between edges and origin is not for readers.
pub fn is_internal(path: &str) -> bool {
    path == "/internal" || path.starts_with("/internal/")
}

/// A browser asking whether a script of another site may read: yes, everything public. One
/// that wants to write, or to send credentials, is for the origin to decide.
pub fn preflight<B>(request: &Request<B>) -> Option<Reply> {
    let headers = request.headers();
    if request.method() != Method::OPTIONS || !headers.contains_key(header::ORIGIN) {
        return None;
    }
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    if !matches!(wanted.as_bytes(), b"GET" | b"HEAD")
        || wants(headers, "authorization")
        || wants(headers, IDEMPOTENCY_KEY.as_str())
    {
        return None;
    }
    let mut reply = Response::new(ReplyBody::from(Bytes::new()));
    *reply.status_mut() = StatusCode::NO_CONTENT;
    let fields = reply.headers_mut();
    fields.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    fields.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    fields.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("If-None-Match, If-Modified-Since, Rcr-Min-Seq, Rcr-Log"),
    );
    fields.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_MAX_AGE_S));
    fields.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
    Some(reply)
}

fn wants(headers: &HeaderMap, name: &str) -> bool {
    let named = headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS);
    named.iter().any(|value| {
        value.as_bytes().split(|&byte| byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    })
}
