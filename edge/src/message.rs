//! A stored header section and content, in the form in which they go onto the wire.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The header fields of a stored response, one after the other as `name: value\r\n`: first what stays
/// between origin and edge, then the value of the `ETag`, then those for readers, and behind them
/// the content, unless it is large. One allocation, where a [`HeaderMap`] takes a hundred bytes and more per field; and
/// what a hit copies lies in one piece, which the processor fetches ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    bytes: Arc<[u8]>,
    /// A large body: a hit does not copy it, and a renewed entry shares it with its predecessor, to which slow
    /// readers may hold on.
    apart: Option<Box<Bytes>>,
    /// Where the value of the `ETag` begins.
    etag_at: usize,
    /// Where the fields for readers begin.
    lines_at: usize,
    body_at: usize,
    has_date: bool,
}

/// Bodies up to this length lie, and are copied, behind their heads, so that one write sends both. Above
/// it, copying costs more than a second piece in the same write.
pub const COPIED_BYTES_MAX: usize = 16 * 1024;

const LINE_END: &[u8] = b"\r\n";

impl Message {
    /// From the fields for readers, those that stay inside, and the content.
    pub fn new(readers: &HeaderMap, inside: &HeaderMap, body: &[u8]) -> Message {
        // Copied: a piece of the connection's buffer would keep the whole of it.
        let apart = (body.len() > COPIED_BYTES_MAX).then(|| Box::new(Bytes::copy_from_slice(body)));
        Message::with(readers, inside, if apart.is_some() { &[] } else { body }, apart)
    }

    /// The same content under other fields.
    pub fn under(&self, readers: &HeaderMap, inside: &HeaderMap) -> Message {
        Message::with(readers, inside, &self.bytes[self.body_at..], self.apart.clone())
    }

    fn with(readers: &HeaderMap, inside: &HeaderMap, body: &[u8], apart: Option<Box<Bytes>>) -> Message {
        let fields = readers.iter().chain(inside);
        let head: usize = fields.map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let mut bytes = Vec::with_capacity(head + body.len());
        for (name, value) in inside {
            line(&mut bytes, name, value);
        }
        let etag_at = bytes.len();
        if let Some(etag) = readers.get(header::ETAG) {
            bytes.extend_from_slice(etag.as_bytes());
        }
        let lines_at = bytes.len();
        for (name, value) in readers.iter().filter(|(name, _)| **name != header::ETAG) {
            line(&mut bytes, name, value);
        }
        let body_at = bytes.len();
        bytes.extend_from_slice(body);
        // Copied: what was kept ready for an `ETag`'s line is given back.
        Message { bytes: bytes.into(), apart, etag_at, lines_at, body_at, has_date: readers.contains_key(header::DATE) }
    }

    /// Every line for readers but the `ETag`'s.
    pub fn lines(&self) -> &[u8] {
        &self.bytes[self.lines_at..self.body_at]
    }

    /// The value of the `ETag`.
    pub fn etag(&self) -> Option<&[u8]> {
        Some(&self.bytes[self.etag_at..self.lines_at]).filter(|etag| !etag.is_empty())
    }

    pub fn body(&self) -> &[u8] {
        self.apart.as_ref().map_or(&self.bytes[self.body_at..], |body| body)
    }

    /// [`Message::body`], to be kept for as long as it takes to send it.
    pub fn shared_body(&self) -> Bytes {
        self.apart.as_ref().map_or_else(|| self.attached_body(), |body| Bytes::clone(body))
    }

    fn attached_body(&self) -> Bytes {
        Bytes::from_owner(Arc::clone(&self.bytes)).slice(self.body_at..)
    }

    /// All that is in one piece, to have the processor fetch it ahead.
    pub fn piece(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    pub fn has_date(&self) -> bool {
        self.has_date
    }

    /// Name and value of each field for readers but the `ETag`.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        fields(self.lines())
    }

    /// The first value of a field for readers.
    pub fn get(&self, name: &HeaderName) -> Option<&[u8]> {
        if *name == header::ETAG {
            return self.etag();
        }
        self.fields().find(|(field, _)| *field == name.as_str().as_bytes()).map(|(_, value)| value)
    }

    /// The fields for readers again, for what is not on the way of a hit.
    pub fn to_map(&self) -> HeaderMap {
        let etag = self.etag().map(|value| (header::ETAG.as_str().as_bytes(), value));
        map(self.fields().chain(etag))
    }

    /// The others.
    pub fn inside(&self) -> HeaderMap {
        map(fields(&self.bytes[..self.etag_at]))
    }

    /// Bytes it holds.
    pub fn len(&self) -> usize {
        self.bytes.len() + self.apart.as_ref().map_or(0, |body| body.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn line(bytes: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    bytes.extend_from_slice(name.as_str().as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value.as_bytes());
    bytes.extend_from_slice(LINE_END);
}

fn fields(mut lines: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        // A stored value holds no line feed: `HeaderValue` refuses it.
        let end = lines.iter().position(|&byte| byte == b'\n')?;
        let line = lines[..end].strip_suffix(b"\r").unwrap_or(&lines[..end]);
        lines = &lines[end + 1..];
        let colon = line.iter().position(|&byte| byte == b':')?;
        Some((&line[..colon], line.get(colon + 2..).unwrap_or_default()))
    })
}

fn map<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_survive_in_number_and_order() {
        let mut headers = HeaderMap::new();
        headers.append(header::VARY, HeaderValue::from_static("accept"));
        headers.append(header::ETAG, HeaderValue::from_static("\"a\""));
        headers.append(header::VARY, HeaderValue::from_static("x: y"));
        headers.append("x-empty", HeaderValue::from_static(""));
        headers.append("x-latin", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        let mut inside = HeaderMap::new();
        inside.append("surrogate-key", HeaderValue::from_static("a b"));
        let message = Message::new(&headers, &inside, b"x: body");
        assert_eq!((message.to_map(), message.inside()), (headers, inside));
        assert_eq!((message.body(), message.shared_body().as_ref()), (b"x: body".as_slice(), b"x: body".as_slice()));
        assert_eq!(message.get(&HeaderName::from_static("surrogate-key")), None);
        assert_eq!(message.etag(), Some(b"\"a\"".as_slice()));
        assert_eq!(message.get(&header::VARY), Some(b"accept".as_slice()));
        assert_eq!(message.get(&HeaderName::from_static("x-empty")), Some(b"".as_slice()));
        assert_eq!(message.get(&header::DATE), None);
        assert!(!message.lines().windows(4).any(|four| four.eq_ignore_ascii_case(b"etag")));
    }

    #[test]
    fn no_fields_are_no_bytes() {
        let message = Message::new(&HeaderMap::new(), &HeaderMap::new(), b"");
        assert!(message.is_empty() && message.etag().is_none() && message.to_map().is_empty());
    }

    #[test]
    fn a_large_body_is_shared_and_a_small_one_is_not() {
        for (length, shared) in [(COPIED_BYTES_MAX, false), (COPIED_BYTES_MAX + 1, true)] {
            let body = vec![b'x'; length];
            let one = Message::new(&HeaderMap::new(), &HeaderMap::new(), &body);
            let other = one.under(&HeaderMap::from_iter([(header::VARY, HeaderValue::from_static("accept"))]), &HeaderMap::new());
            assert_eq!((other.body(), other.len()), (&body[..], length + "vary: accept\r\n".len()));
            assert_eq!(one.shared_body().as_ptr() == other.shared_body().as_ptr(), shared, "{length}");
        }
    }
}
