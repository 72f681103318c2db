//! A stored response, written as bytes.

use bytes::Bytes;
use http::StatusCode;

use super::scan::Simple;
use crate::entry::Entry;

/// Bodies up to this length are copied behind their heads, so that one write sends both. Above
/// it, copying costs more than a second piece in the same write.
const COPIED_BYTES_MAX: usize = 16 * 1024;

/// What tells one representation of a resource from another. A 304 leaves them out: it sends none.
const OF_THE_BODY: [&[u8]; 3] = [b"content-type", b"content-encoding", b"content-language"];

/// What is the same for all answers of one process, and what is not.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// This cache's name in `Cache-Status`.
    pub name: &'a str,
    pub age_s: u64,
    /// What is left of the freshness.
    pub left_s: u64,
}

/// Appends the answer that a fresh `entry` gives to `request`. What is returned has to follow
/// it on the wire. `None` if this entry needs the long way; then nothing is appended.
pub fn write(entry: &Entry, request: &Simple<'_>, telling: Telling<'_>, out: &mut Vec<u8>) -> Option<Bytes> {
    let head = entry.head()?;
    if entry.status == StatusCode::NO_CONTENT || !entry.has_date() {
        return None;
    }
    let not_modified = match (request.if_none_match, head.etag()) {
        // A list is taken apart elsewhere.
        (Some(named), _) if named.contains(&b',') || named == b"*" => return None,
        (Some(named), Some(own)) => entry.status == StatusCode::OK && opaque(named) == opaque(own),
        _ => false,
    };
    if not_modified {
        out.extend_from_slice(b"HTTP/1.1 304 Not Modified\r\n");
        for (name, value) in head.fields().filter(|(name, _)| !OF_THE_BODY.contains(name)) {
            line(out, name, value);
        }
    } else {
        status_line(out, entry.status);
        out.extend_from_slice(head.lines());
    }
    if let Some(etag) = head.etag() {
        line(out, b"etag", etag);
    }
    if !not_modified {
        number(out, b"content-length: ", entry.body.len() as u64);
        out.extend_from_slice(b"\r\n");
    }
    number(out, b"age: ", telling.age_s);
    out.extend_from_slice(b"\r\ncache-status: ");
    out.extend_from_slice(telling.name.as_bytes());
    number(out, b"; hit; ttl=", telling.left_s);
    out.extend_from_slice(b"\r\n\r\n");
    if not_modified || request.head_only {
        return Some(Bytes::new());
    }
    if entry.body.len() > COPIED_BYTES_MAX {
        return Some(entry.body.clone());
    }
    out.extend_from_slice(&entry.body);
    Some(Bytes::new())
}

fn line(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

fn number(out: &mut Vec<u8>, before: &[u8], value: u64) {
    out.extend_from_slice(before);
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn status_line(out: &mut Vec<u8>, status: StatusCode) {
    if status == StatusCode::OK {
        return out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
    }
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn opaque(etag: &[u8]) -> &[u8] {
    etag.strip_prefix(b"W/").unwrap_or(etag)
}
