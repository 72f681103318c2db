//! What a fill asks the origin.

use common::{
    LogId, Seq,
    headers::{RCR_LOG, RCR_MIN_SEQ, TRACEPARENT},
    trace_context::TraceContext,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header, uri::PathAndQuery};

use super::unkeyed::without_unkeyed;
use crate::{
    entry::{Entry, end_to_end},
    exposed,
    key::Key,
    upstream::{Body, no_body},
};

/// What the readers of one key want.
#[derive(Clone, Debug)]
pub struct FillRequest {
    pub key: Key,
    pub target: PathAndQuery,
    /// The end-to-end headers of the reader who came first, cut down to what may shape a
    /// shared answer.
    pub headers: HeaderMap,
    /// A reader's own number.
    pub own: Option<Seq>,
    pub trace: TraceContext,
}

/// Of the reader's headers, these reach an origin with a feed. What is not forwarded cannot
/// poison a shared copy.
pub const FORWARDED: [HeaderName; 2] = [header::ACCEPT, header::USER_AGENT];

/// A fill is for everybody: conditions, ranges and a reader's own number are one reader's (R13).
const STRIPPED: [HeaderName; 8] = [
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
    header::HOST,
    header::CONTENT_LENGTH,
];

/// The headers that a fill takes over from the reader who caused it.
pub fn shared_headers(reader: &HeaderMap, feed: bool) -> HeaderMap {
    if feed {
        let forwarded = FORWARDED.iter().filter_map(|name| Some((name.clone(), reader.get(name)?.clone())));
        return forwarded.collect();
    }
    let mut headers = reader.clone();
    end_to_end(&mut headers);
    without_unkeyed(&mut headers);
    exposed::without_forbidden(&mut headers);
    for name in STRIPPED {
        headers.remove(name);
    }
    headers
}

/// R12: the answer must be of this log, and reach this number.
pub fn require(headers: &mut HeaderMap, log: LogId, min_seq: Seq) {
    headers.insert(RCR_MIN_SEQ, HeaderValue::from(min_seq.get()));
    // A ULID's letters are always legal.
    if let Ok(log) = HeaderValue::from_str(&log.to_string()) {
        headers.insert(RCR_LOG, log);
    }
}

impl FillRequest {
    /// The request to send: with the log and the number that the answer must reach, and the
    /// validator of `validating` if that is strong.
    pub fn build(&self, log: Option<LogId>, applied: Seq, validating: Option<&Entry>) -> Request<Body> {
        let mut request = Request::new(no_body());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = self.target.clone().into();
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        if let Some(log) = log {
            require(headers, log, self.own.map_or(applied, |own| own.max(applied)));
        }
        if let Some(etag) = validating.and_then(Entry::strong_etag) {
            headers.insert(header::IF_NONE_MATCH, etag.clone());
        }
        headers.insert(TRACEPARENT, self.trace.header_value());
        request
    }
}
