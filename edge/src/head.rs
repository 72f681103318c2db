//! A stored header section, in the form in which it goes onto the wire.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The header fields of a stored response, one after the other as `name: value\r\n`: first those
/// for readers, then the value of the `ETag`, then what stays between origin and edge. One
/// allocation instead of a hundred bytes and more per field, as a [`HeaderMap`] takes; and a hit
/// copies its part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    bytes: Box<[u8]>,
    /// Where the value of the `ETag` begins.
    etag_at: usize,
    /// Where the fields begin that no reader gets.
    inside_at: usize,
    has_date: bool,
}

const LINE_END: &[u8] = b"\r\n";

impl Head {
    /// From the fields for readers, and those that stay inside.
    pub fn new(readers: &HeaderMap, inside: &HeaderMap) -> Head {
        let fields = readers.iter().chain(inside);
        let mut bytes = Vec::with_capacity(fields.map(|(name, value)| name.as_str().len() + value.len() + 4).sum());
        for (name, value) in readers.iter().filter(|(name, _)| **name != header::ETAG) {
            line(&mut bytes, name, value);
        }
        let etag_at = bytes.len();
        if let Some(etag) = readers.get(header::ETAG) {
            bytes.extend_from_slice(etag.as_bytes());
        }
        let inside_at = bytes.len();
        for (name, value) in inside {
            line(&mut bytes, name, value);
        }
        Head { bytes: bytes.into(), etag_at, inside_at, has_date: readers.contains_key(header::DATE) }
    }

    /// Every line for readers but the `ETag`'s.
    pub fn lines(&self) -> &[u8] {
        &self.bytes[..self.etag_at]
    }

    /// The value of the `ETag`.
    pub fn etag(&self) -> Option<&[u8]> {
        Some(&self.bytes[self.etag_at..self.inside_at]).filter(|etag| !etag.is_empty())
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
        map(fields(&self.bytes[self.inside_at..]))
    }

    /// Bytes it holds.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
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
        let head = Head::new(&headers, &inside);
        assert_eq!((head.to_map(), head.inside()), (headers, inside));
        assert_eq!(head.get(&HeaderName::from_static("surrogate-key")), None);
        assert_eq!(head.etag(), Some(b"\"a\"".as_slice()));
        assert_eq!(head.get(&header::VARY), Some(b"accept".as_slice()));
        assert_eq!(head.get(&HeaderName::from_static("x-empty")), Some(b"".as_slice()));
        assert_eq!(head.get(&header::DATE), None);
        assert!(!head.lines().windows(4).any(|four| four.eq_ignore_ascii_case(b"etag")));
    }

    #[test]
    fn no_fields_are_no_bytes() {
        let head = Head::new(&HeaderMap::new(), &HeaderMap::new());
        assert!(head.is_empty() && head.etag().is_none() && head.to_map().is_empty());
    }
}
