//! An entry as an answer: its headers, its age, and a 304 where that is enough.

use std::time::Duration;

use common::headers::{CACHE_STATUS, CDN_CACHE_CONTROL};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::{Reply, ReplyBody};
use crate::{cache_status::Disposition, entry::Entry, policy::http_date};

/// The answer that `entry` gives to a request with these headers.
pub fn from_entry(entry: &Entry, request: &HeaderMap, now: Duration) -> Reply {
    let not_modified = entry.status == StatusCode::OK && is_not_modified(entry, request);
    let mut reply = Response::new(if not_modified { ReplyBody::empty() } else { entry.body.clone().into() });
    *reply.status_mut() = if not_modified { StatusCode::NOT_MODIFIED } else { entry.status };
    reply.headers_mut().clone_from(&entry.headers);
    reply.headers_mut().insert(header::AGE, HeaderValue::from(entry.age(now).as_secs()));
    if not_modified {
        // RFC 9110 §15.4.5: what describes a body that is not sent stays out.
        for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE] {
            reply.headers_mut().remove(name);
        }
    }
    reply
}

/// Adds what this cache did; a doubtful copy is for this reader only (R14).
pub fn tell(reply: &mut Reply, disposition: &Disposition, name: &str) {
    if disposition.is_doubtful() {
        reply.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        reply.headers_mut().remove(CDN_CACHE_CONTROL);
        reply.headers_mut().remove(header::EXPIRES);
    }
    if let Some(status) = disposition.header_value(name) {
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

/// RFC 9110 §13.2.2: `If-None-Match` first, by weak comparison; `If-Modified-Since` only
/// without it.
fn is_not_modified(entry: &Entry, request: &HeaderMap) -> bool {
    if request.contains_key(header::IF_NONE_MATCH) {
        let own = entry.headers.get(header::ETAG).map(|etag| opaque(etag.as_bytes()));
        let candidates = request.get_all(header::IF_NONE_MATCH).iter().flat_map(|value| etags(value.as_bytes()));
        return candidates.into_iter().any(|candidate| candidate == b"*" || own == Some(opaque(candidate)));
    }
    let date = |headers: &HeaderMap, name| headers.get(name).and_then(http_date);
    match (date(request, header::IF_MODIFIED_SINCE), date(&entry.headers, header::LAST_MODIFIED)) {
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

fn opaque(etag: &[u8]) -> &[u8] {
    etag.strip_prefix(b"W/").unwrap_or(etag)
}

/// The members of a list of entity tags; commas inside quotes do not separate.
fn etags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let members = list.split(move |&byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    });
    members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use common::Seq;

    use super::*;

    fn entry() -> Entry {
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, HeaderValue::from_static("\"a,b\""));
        headers.insert(header::LAST_MODIFIED, HeaderValue::from_static("Sun, 22 Nov 2026 17:00:00 GMT"));
        Entry {
            status: StatusCode::OK,
            headers,
            body: Bytes::from_static(b"text"),
            as_of: Seq::ZERO,
            tags: Box::default(),
            cells: Box::default(),
            lifetime: crate::policy::Lifetime::default(),
            born: Duration::ZERO,
            vary: Box::default(),
            hand: crate::tags::HandMark::default(),
        }
    }

    #[test]
    fn conditions_are_evaluated_in_order() {
        let status = |fields: &[(header::HeaderName, &'static str)]| {
            let request = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
            from_entry(&entry(), &request, Duration::ZERO).status().as_u16()
        };
        assert_eq!(status(&[]), 200);
        assert_eq!(status(&[(header::IF_NONE_MATCH, "\"x\", W/\"a,b\"")]), 304);
        assert_eq!(status(&[(header::IF_NONE_MATCH, "*")]), 304);
        assert_eq!(status(&[(header::IF_NONE_MATCH, "\"a\"")]), 200);
        assert_eq!(status(&[(header::IF_MODIFIED_SINCE, "Sun, 22 Nov 2026 17:00:00 GMT")]), 304);
        assert_eq!(status(&[(header::IF_MODIFIED_SINCE, "Sun, 22 Nov 2026 16:59:59 GMT")]), 200);
        let both = [(header::IF_NONE_MATCH, "\"x\""), (header::IF_MODIFIED_SINCE, "Sun, 22 Nov 2026 17:00:00 GMT")];
        assert_eq!(status(&both), 200);
    }
}
