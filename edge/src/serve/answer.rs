//! An entry as an answer: its headers, its age, and a 304 or a part where that is enough.

use std::{ops::Range, time::Duration};

use bytes::Bytes;
use common::headers::{CACHE_STATUS, CDN_CACHE_CONTROL};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::{Reply, ReplyBody, conditions};
use crate::{
    cache_status::Disposition,
    codings::{self, Accepted, Coding},
    entry::Entry,
    key::Key,
    policy::withheld_fields,
};

/// The key that a forwarded answer was looked up by, on its way to `Cache-Status`.
#[derive(Clone)]
pub struct ToldKey(pub Key);

/// The stored answer that `entry` gives to a request with these headers.
pub fn from_entry(entry: &Entry, request: &HeaderMap, now: Duration) -> Reply {
    let mut reply = selected(entry, request);
    reply.headers_mut().insert(header::AGE, HeaderValue::from(entry.age(now).as_secs()));
    reply
}

/// The answer that has just come from the origin: its age is told only if it has one
/// (RFC 9111 §5.1: the field says that no such request was made for this answer).
pub fn forwarded(entry: &Entry, request: &HeaderMap, now: Duration) -> Reply {
    let mut reply = selected(entry, request);
    let age = entry.age(now).as_secs();
    if age > 0 {
        reply.headers_mut().insert(header::AGE, HeaderValue::from(age));
    }
    reply
}

/// [`forwarded`], for a reader who joined another's request: without the fields that were for
/// the one who asked.
pub fn collapsed(entry: &Entry, request: &HeaderMap, now: Duration) -> Reply {
    let mut reply = forwarded(entry, request, now);
    for name in withheld_fields(&entry.message.to_map()) {
        reply.headers_mut().remove(name);
    }
    reply
}

fn selected(entry: &Entry, request: &HeaderMap) -> Reply {
    if entry.status != StatusCode::OK {
        return whole(entry);
    }
    // A part is one of identity: its reader holds others of the same.
    let coded = accepted(entry, request).and_then(|accepted| entry.codings.choose(&accepted, |_| {}));
    let coding = coded.map(|(coding, _)| coding);
    if conditions::is_not_modified(entry, request, coding) {
        return not_modified(entry, coding);
    }
    match conditions::range(entry, request) {
        Some(Ok(range)) => part(entry, range),
        Some(Err(conditions::Unsatisfiable)) => unsatisfiable(entry),
        None => match coded {
            Some((coding, body)) => coded_whole(entry, coding, body.clone()),
            None => whole(entry),
        },
    }
}

/// What the reader accepts, if the entry may be sent coded.
pub fn accepted(entry: &Entry, request: &HeaderMap) -> Option<Accepted> {
    let mut lines = request.get_all(header::ACCEPT_ENCODING).iter().filter(|_| entry.codable).peekable();
    lines.peek()?;
    Some(Accepted::parse(&lines.map(HeaderValue::as_bytes).collect::<Vec<_>>().join(&b',')))
}

fn whole(entry: &Entry) -> Reply {
    let mut reply = Response::new(entry.message.shared_body().into());
    *reply.status_mut() = entry.status;
    *reply.headers_mut() = entry.message.to_map();
    reply
}

fn coded_whole(entry: &Entry, coding: Coding, body: Bytes) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.headers_mut() = entry.message.to_map();
    tag(&mut reply, entry, coding);
    reply.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.as_str()));
    reply
}

fn tag(reply: &mut Reply, entry: &Entry, coding: Coding) {
    let own = entry.message.etag().map(|own| codings::etag(own, Some(coding)));
    if let Some(etag) = own.and_then(|(stem, suffix)| HeaderValue::from_bytes(&[stem, suffix].concat()).ok()) {
        reply.headers_mut().insert(header::ETAG, etag);
    }
}

fn not_modified(entry: &Entry, coding: Option<Coding>) -> Reply {
    let mut reply = Response::new(ReplyBody::empty());
    *reply.status_mut() = StatusCode::NOT_MODIFIED;
    *reply.headers_mut() = entry.message.to_map();
    if let Some(coding) = coding {
        tag(&mut reply, entry, coding);
    }
    // RFC 9110 §15.4.5: what describes a body that is not sent stays out.
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE] {
        reply.headers_mut().remove(name);
    }
    reply
}

fn part(entry: &Entry, range: Range<usize>) -> Reply {
    let mut reply = Response::new(entry.message.shared_body().slice(range.clone()).into());
    *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
    *reply.headers_mut() = entry.message.to_map();
    content_range(&mut reply, &format!("bytes {}-{}/{}", range.start, range.end - 1, entry.message.body().len()));
    reply
}

/// The entry's headers are not taken over: they are about a response that this is not.
fn unsatisfiable(entry: &Entry) -> Reply {
    let mut reply = Response::new(ReplyBody::empty());
    *reply.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    content_range(&mut reply, &format!("bytes */{}", entry.message.body().len()));
    reply
}

fn content_range(reply: &mut Reply, text: &str) {
    // Digits and a few signs are always legal.
    if let Ok(value) = HeaderValue::from_str(text) {
        reply.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}

/// Adds what this cache did; a doubtful copy is for this reader only (R14).
pub fn tell(reply: &mut Reply, disposition: &Disposition, name: &str) {
    if disposition.is_doubtful() {
        reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply.headers_mut().remove(CDN_CACHE_CONTROL);
        reply.headers_mut().remove(header::EXPIRES);
    }
    let key = reply.extensions_mut().remove::<ToldKey>();
    if let Some(status) = disposition.header_value(name, key.as_ref().map(|ToldKey(key)| &**key)) {
        // Caches append: the one nearest to the origin comes first.
        reply.headers_mut().append(CACHE_STATUS, status);
    }
}

/// For HEAD: the same head, with the length that the body would have.
pub fn without_body(reply: Reply) -> Reply {
    let (mut head, body) = reply.into_parts();
    if let ReplyBody::Whole(Some(bytes)) = &body {
        head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
    Response::from_parts(head, ReplyBody::empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn entry() -> Entry {
        let fields = [
            ("etag", "\"a,b\""),
            ("content-type", "text/plain"),
            ("cache-control", "max-age=60, private=\"x-own\""),
            ("x-own", "1"),
        ];
        Entry::of(&fields, "0123456789")
    }

    fn asking(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_part_says_which() {
        let reply = from_entry(&entry(), &asking(&[(header::RANGE, "bytes=2-4")]), Duration::ZERO);
        assert_eq!(
            (reply.status().as_u16(), &reply.headers()["content-range"]),
            (206, &HeaderValue::from_static("bytes 2-4/10"))
        );
        assert_eq!(http_body::Body::size_hint(reply.body()).exact(), Some(3));
        let reply = from_entry(&entry(), &asking(&[(header::RANGE, "bytes=10-")]), Duration::ZERO);
        assert_eq!((reply.status().as_u16(), &reply.headers()["content-range"]), (416, &HeaderValue::from_static("bytes */10")));
        assert!(!reply.headers().contains_key(header::CONTENT_TYPE));
    }

    #[test]
    fn a_condition_precedes_a_range() {
        let both = asking(&[(header::RANGE, "bytes=2-4"), (header::IF_NONE_MATCH, "\"a,b\"")]);
        assert_eq!(from_entry(&entry(), &both, Duration::ZERO).status(), 304);
    }

    #[test]
    fn an_age_is_told_where_there_is_one() {
        let (none, one) = (Duration::ZERO, Duration::from_secs(1));
        assert_eq!(from_entry(&entry(), &HeaderMap::new(), none).headers()["age"], "0");
        assert!(!forwarded(&entry(), &HeaderMap::new(), none).headers().contains_key("age"));
        assert_eq!(forwarded(&entry(), &HeaderMap::new(), one).headers()["age"], "1");
    }

    #[test]
    fn what_is_one_readers_own_is_not_for_those_who_joined() {
        assert!(forwarded(&entry(), &HeaderMap::new(), Duration::ZERO).headers().contains_key("x-own"));
        assert!(!collapsed(&entry(), &HeaderMap::new(), Duration::ZERO).headers().contains_key("x-own"));
    }
}
