//! What a fill asks the origin.

use common::{
    LogId, Seq,
    coded::ZSTD,
    headers::{RCR_LOG, RCR_MIN_SEQ, TRACEPARENT},
    trace_context::TraceContext,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version, header, uri::PathAndQuery};

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
    /// What they look up: with `No-Vary-Search`, several targets may share it.
    pub key: Key,
    /// The key of the target itself.
    pub exact: Key,
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
const STRIPPED: [HeaderName; 9] = [
    // Codings for readers are made here, of identity.
    header::ACCEPT_ENCODING,
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

/// Says that this cache, under its name, received the message in `version` and passed it on
/// (RFC 9110 §7.6.3).
pub fn add_via(headers: &mut HeaderMap, version: Version, name: &str) {
    let protocol = match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    };
    if let Ok(via) = HeaderValue::from_str(&format!("{protocol} {name}")) {
        headers.append(header::VIA, via);
    }
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
    /// The request to send: with the log and the number that the answer must reach, if there
    /// is a feed, and the validators of `validating`.
    pub fn build(&self, log: Option<LogId>, applied: Seq, validating: Option<&Entry>) -> Request<Body> {
        let mut request = Request::new(no_body());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = self.target.clone().into();
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        if let Some(log) = log {
            require(headers, log, self.own.map_or(applied, |own| own.max(applied)));
        }
        for (name, value) in validating.into_iter().flat_map(|entry| entry.validators(log.is_some())) {
            headers.insert(name, value.clone());
        }
        // What is kept is identity; without the field any coding would be welcome. The one of an origin with a
        // feed is undone on arrival.
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(if log.is_some() { ZSTD } else { "identity" }));
        headers.insert(TRACEPARENT, self.trace.header_value());
        request
    }
}
