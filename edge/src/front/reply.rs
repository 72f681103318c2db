//! A stored response, written as bytes.

use bytes::Bytes;
use http::StatusCode;

use super::scan::Simple;
use crate::{
    codings::{self, Accepted, Coding},
    entry::Entry,
    message::COPIED_BYTES_MAX,
};

/// What tells one representation of a resource from another. A 304 leaves them out: it sends none.
const OF_THE_BODY: [&[u8]; 3] = [b"content-type", b"content-encoding", b"content-language"];

/// What an answer still needs behind what was appended, and what would have been better.
#[derive(Debug, Default)]
pub struct Written {
    pub body: Bytes,
    /// The body's length, wherever it is.
    pub body_bytes: u64,
    /// A coding that the reader would have liked more than what there is.
    pub wanted: Option<Coding>,
}

/// What is the same for all answers of one process, and what is not.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// This cache's name in `Cache-Status`.
    pub name: &'a str,
    pub age_s: u64,
    /// What is left of the freshness.
    pub left_s: u64,
}

/// Appends the answer that a fresh `entry` gives to `request`. `None` if it needs the long way;
/// then nothing is appended.
pub fn write(entry: &Entry, request: &Simple<'_>, telling: Telling<'_>, out: &mut Vec<u8>) -> Option<Written> {
    let message = &entry.message;
    if entry.status == StatusCode::NO_CONTENT || !message.has_date() {
        return None;
    }
    let mut written = Written::default();
    let accepted = request.accept_encoding.filter(|_| entry.codable).map(Accepted::parse);
    let coded = accepted.and_then(|accepted| entry.codings.choose(&accepted, |coding| written.wanted = Some(coding)));
    let not_modified = match (request.if_none_match, message.etag()) {
        // A list is taken apart elsewhere.
        (Some(named), _) if named.contains(&b',') || named == b"*" => return None,
        (Some(named), Some(own)) => {
            entry.status == StatusCode::OK && codings::is_named(named, own, coded.map(|(coding, _)| coding))
        }
        _ => false,
    };
    if not_modified {
        out.extend_from_slice(b"HTTP/1.1 304 Not Modified\r\n");
        for (name, value) in message.fields().filter(|(name, _)| !OF_THE_BODY.contains(name)) {
            line(out, name, value);
        }
    } else {
        status_line(out, entry.status);
        out.extend_from_slice(message.lines());
    }
    if let Some(own) = message.etag() {
        let (stem, suffix) = codings::etag(own, coded.map(|(coding, _)| coding));
        out.extend_from_slice(b"etag: ");
        out.extend_from_slice(stem);
        out.extend_from_slice(suffix);
        out.extend_from_slice(b"\r\n");
    }
    let body = coded.map_or(entry.message.body(), |(_, body)| body);
    if !not_modified {
        if let Some((coding, _)) = coded {
            line(out, b"content-encoding", coding.as_str().as_bytes());
        }
        number(out, b"content-length: ", body.len() as u64);
        out.extend_from_slice(b"\r\n");
    }
    number(out, b"age: ", telling.age_s);
    out.extend_from_slice(b"\r\ncache-status: ");
    out.extend_from_slice(telling.name.as_bytes());
    number(out, b"; hit; ttl=", telling.left_s);
    out.extend_from_slice(b"\r\n\r\n");
    if !not_modified && !request.head_only {
        written.body_bytes = body.len() as u64;
        if body.len() > COPIED_BYTES_MAX {
            written.body = coded.map_or_else(|| entry.message.shared_body(), |(_, body)| body.clone());
        } else {
            out.extend_from_slice(body);
        }
    }
    Some(written)
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
