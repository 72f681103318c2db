//! The coding in which the origin sends answers to edges ([`common::coded`]): undone on arrival, so that what is kept
//! and compared is what the origin made.

use bytes::Bytes;
use common::coded::{ZSTD, plain_etag};
use http::{HeaderMap, HeaderValue, header};

/// What cannot be read, or says nothing of its length.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("the length is not said")]
    NoLength,
    #[error("not zstd: {0}")]
    Unreadable(#[source] std::io::Error),
}

/// Whether only somebody who knows zstd can read it.
pub fn is_coded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    codings.next().is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(ZSTD.as_bytes())) && codings.next().is_none()
}

/// The body as it was before it was coded, and its fields; `None` if it is longer than `bytes_max`, which is found
/// out before anything is undone. An answer that is not coded stays as it is.
///
/// # Errors
/// For a coded body that cannot be undone.
pub fn undo(headers: &mut HeaderMap, body: Bytes, bytes_max: usize) -> Result<Option<Bytes>, Broken> {
    if !is_coded(headers) {
        return Ok(Some(body));
    }
    let said = zstd::zstd_safe::get_frame_content_size(&body).ok().flatten().ok_or(Broken::NoLength)?;
    let Some(length) = usize::try_from(said).ok().filter(|length| *length <= bytes_max) else { return Ok(None) };
    let plain = zstd::bulk::decompress(&body, length).map_err(Broken::Unreadable)?;
    headers.remove(header::CONTENT_ENCODING);
    let etag = headers.get(header::ETAG).and_then(|etag| plain_etag(etag.to_str().ok()?));
    if let Some(etag) = etag.and_then(|etag| HeaderValue::try_from(etag).ok()) {
        headers.insert(header::ETAG, etag);
    }
    Ok(Some(Bytes::from(plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(body: &[u8]) -> (HeaderMap, Bytes) {
        let fields = [(header::CONTENT_ENCODING, "zstd"), (header::ETAG, "\"v1--zstd\"")];
        let headers = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
        (HeaderMap::from_iter(headers), zstd::bulk::compress(body, 3).unwrap().into())
    }

    #[test]
    fn it_is_as_if_it_had_never_been_coded() {
        let text = b"a review of a camera, ".repeat(100);
        let (mut headers, body) = coded(&text);
        assert!(is_coded(&headers) && body.len() < text.len() / 10);
        assert_eq!(undo(&mut headers, body, text.len()).unwrap().unwrap(), text);
        assert_eq!((headers.len(), &headers[header::ETAG]), (1, &HeaderValue::from_static("\"v1\"")));
        // What is not coded, or in a way that nobody asked for, is not looked into.
        let mut other = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        assert_eq!(undo(&mut other, Bytes::from_static(b"x"), 1).unwrap().unwrap(), "x");
        assert_eq!(other.len(), 1);
    }

    #[test]
    fn what_would_grow_too_large_or_is_broken_is_not_undone() {
        let bomb = vec![0; 10 * 1024 * 1024];
        let (mut headers, body) = coded(&bomb);
        assert!(undo(&mut headers, body.clone(), bomb.len() - 1).unwrap().is_none());
        assert!(matches!(undo(&mut headers, body.slice(..body.len() - 3), bomb.len()), Err(Broken::Unreadable(_))));
        assert!(matches!(undo(&mut headers, Bytes::from_static(b"no zstd"), 9), Err(Broken::NoLength)));
        // A length that is a lie: more than it says.
        let mut lie = body.to_vec();
        let twice = [lie.clone(), lie.clone()].concat();
        assert!(undo(&mut headers, twice.into(), bomb.len()).is_err());
        // And less.
        let (short, long) = (zstd::bulk::compress(&[0; 300], 3).unwrap(), zstd::bulk::compress(&[0; 600], 3).unwrap());
        lie = [&long[..7], &short[7..]].concat();
        assert!(undo(&mut headers, lie.into(), 1000).is_err());
        assert!(headers.contains_key(header::CONTENT_ENCODING));
    }
}
