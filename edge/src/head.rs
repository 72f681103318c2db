//! A stored header section, in the form in which it goes onto the wire.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The header fields of a stored response, one after the other as `name: value\r\n`, with the
/// `ETag` last. One allocation instead of the several hundred bytes per field that a
/// [`HeaderMap`] takes, and a hit copies it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    bytes: Box<[u8]>,
    /// Where the value of the `ETag` begins; the end if there is none.
    etag_at: u32,
}

const LINE_END: &[u8] = b"\r\n";

impl Head {
    /// # Errors
    /// `None` if it exceeds 4 GiB.
    pub fn new(headers: &HeaderMap) -> Option<Head> {
        let length: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let mut bytes = Vec::with_capacity(length);
        for (name, value) in headers {
            if *name != header::ETAG {
                bytes.extend_from_slice(name.as_str().as_bytes());
                bytes.extend_from_slice(b": ");
                bytes.extend_from_slice(value.as_bytes());
                bytes.extend_from_slice(LINE_END);
            }
        }
        let etag_at = u32::try_from(bytes.len()).ok()?;
        if let Some(etag) = headers.get(header::ETAG) {
            bytes.extend_from_slice(etag.as_bytes());
        }
        Some(Head { bytes: bytes.into(), etag_at })
    }

    /// Every line but the `ETag`'s.
    pub fn lines(&self) -> &[u8] {
        self.split().0
    }

    /// The value of the `ETag`.
    pub fn etag(&self) -> Option<&[u8]> {
        Some(self.split().1).filter(|etag| !etag.is_empty())
    }

    fn split(&self) -> (&[u8], &[u8]) {
        let at = usize::try_from(self.etag_at).unwrap_or(usize::MAX).min(self.bytes.len());
        self.bytes.split_at(at)
    }

    /// Name and value of each field but the `ETag`.
    pub fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = self.lines();
        std::iter::from_fn(move || {
            // A stored value holds no line feed: `HeaderValue` refuses it.
            let end = rest.iter().position(|&byte| byte == b'\n')?;
            let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
            rest = &rest[end + 1..];
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((&line[..colon], line.get(colon + 2..).unwrap_or_default()))
        })
    }

    /// The first value of a field.
    pub fn get(&self, name: &HeaderName) -> Option<&[u8]> {
        if *name == header::ETAG {
            return self.etag();
        }
        self.fields().find(|(field, _)| *field == name.as_str().as_bytes()).map(|(_, value)| value)
    }

    /// The fields again, for what is not on the way of a hit.
    pub fn to_map(&self) -> HeaderMap {
        let etag = self.etag().map(|value| (header::ETAG.as_str().as_bytes(), value));
        let mut headers = HeaderMap::new();
        for (name, value) in self.fields().chain(etag) {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                headers.append(name, value);
            }
        }
        headers
    }

    /// Bytes it holds.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
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
        let head = Head::new(&headers).unwrap();
        assert_eq!(head.to_map(), headers);
        assert_eq!(head.etag(), Some(b"\"a\"".as_slice()));
        assert_eq!(head.get(&header::VARY), Some(b"accept".as_slice()));
        assert_eq!(head.get(&HeaderName::from_static("x-empty")), Some(b"".as_slice()));
        assert_eq!(head.get(&header::DATE), None);
        assert!(!head.lines().windows(4).any(|four| four.eq_ignore_ascii_case(b"etag")));
    }

    #[test]
    fn no_fields_are_no_bytes() {
        let head = Head::new(&HeaderMap::new()).unwrap();
        assert!(head.is_empty() && head.etag().is_none() && head.to_map().is_empty());
    }
}
