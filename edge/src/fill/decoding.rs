//! The coding in which the origin sends answers to edges ([`common::coded`]): undone on arrival, so that what is kept
//! and compared is what the origin made.

use std::io::{self, Read as _};

use bytes::Bytes;
use common::coded::{ZSTD, plain_etag};
use http::{HeaderMap, HeaderValue, header};

/// Longer ones, as they come, are undone on a thread that may block: this one has the feed, too.
const AT_ONCE_BYTES_MAX: usize = 32 * 1024;

/// A coded body that cannot be undone.
#[derive(Debug, thiserror::Error)]
#[error("it says zstd and cannot be read as such: {0}")]
pub struct Broken(#[from] io::Error);

/// Whether only somebody who knows zstd can read it.
pub fn is_coded(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    codings.next().is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(ZSTD.as_bytes())) && codings.next().is_none()
}

/// The body as it was before it was coded, and its fields; `None` if it is longer than `bytes_max`, of which no more than
/// that is undone. An answer that is not coded stays as it is.
///
/// # Errors
/// For a coded body that cannot be undone.
pub async fn undo(headers: &mut HeaderMap, body: Bytes, bytes_max: usize) -> Result<Option<Bytes>, Broken> {
    if !is_coded(headers) {
        return Ok(Some(body));
    }
    let plain = if body.len() <= AT_ONCE_BYTES_MAX {
        decode(&body, bytes_max)?
    } else {
        let decoding = tokio::task::spawn_blocking(move || decode(&body, bytes_max));
        decoding.await.map_err(io::Error::other)??
    };
    if plain.is_some() {
        headers.remove(header::CONTENT_ENCODING);
        // A strong tag of another's making names the coded bytes: it is nobody's any more.
        let etag = headers.remove(header::ETAG).and_then(|etag| match etag.to_str() {
            Ok(text) if text.starts_with("W/") => Some(etag),
            Ok(text) => HeaderValue::try_from(plain_etag(text)?).ok(),
            Err(_) => None,
        });
        if let Some(etag) = etag {
            headers.insert(header::ETAG, etag);
        }
    }
    Ok(plain)
}

fn decode(body: &[u8], bytes_max: usize) -> io::Result<Option<Bytes>> {
    let mut plain = Vec::with_capacity(body.len().saturating_mul(4).min(bytes_max));
    let longest = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    zstd::stream::read::Decoder::with_buffer(body)?.take(longest).read_to_end(&mut plain)?;
    Ok((plain.len() <= bytes_max).then(|| Bytes::from(plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(body: &[u8]) -> (HeaderMap, Bytes) {
        let fields = [(header::CONTENT_ENCODING, "zstd"), (header::ETAG, "\"v1--zstd\"")];
        let headers = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
        (HeaderMap::from_iter(headers), zstd::bulk::compress(body, 3).unwrap().into())
    }

    #[tokio::test]
    async fn it_is_as_if_it_had_never_been_coded() {
        // Here, and on another thread.
        for words in [100, 200_000] {
            let text: Vec<u8> =
                (0..words).flat_map(|n: u32| format!("camera {}, ", n.wrapping_mul(2_654_435_761)).into_bytes()).collect();
            let (mut headers, body) = coded(&text);
            assert!(is_coded(&headers) && body.len() < text.len());
            assert_eq!(body.len() > AT_ONCE_BYTES_MAX, words > 100);
            assert_eq!(undo(&mut headers, body, text.len()).await.unwrap().unwrap(), text);
            assert_eq!((headers.len(), &headers[header::ETAG]), (1, &HeaderValue::from_static("\"v1\"")));
        }
        // What is not coded, or in a way that nobody asked for, is not looked into.
        let mut other = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        assert_eq!(undo(&mut other, Bytes::from_static(b"x"), 1).await.unwrap().unwrap(), "x");
        assert_eq!(other.len(), 1);
    }

    #[tokio::test]
    async fn somebody_else_may_have_coded_it() {
        // In a stream, so that its length is not said; under a tag of their own.
        let text = b"a review of a camera, ".repeat(100);
        for (tag, kept) in [("\"v1-zstd\"", None), ("W/\"v1\"", Some("W/\"v1\""))] {
            let mut headers = coded(b"").0;
            headers.insert(header::ETAG, HeaderValue::from_static(tag));
            let body = zstd::stream::encode_all(&text[..], 3).unwrap();
            assert_eq!(undo(&mut headers, body.into(), text.len()).await.unwrap().unwrap(), text);
            assert_eq!(headers.get(header::ETAG).map(|tag| tag.to_str().unwrap()), kept);
        }
    }

    #[tokio::test]
    async fn what_would_grow_too_large_or_is_broken_is_not_undone() {
        let bomb = vec![0; 10 * 1024 * 1024];
        let (mut headers, body) = coded(&bomb);
        assert!(undo(&mut headers, body.clone(), bomb.len() - 1).await.unwrap().is_none());
        assert!(undo(&mut headers, body.slice(..body.len() - 3), bomb.len()).await.is_err());
        assert!(undo(&mut headers, Bytes::from_static(b"no zstd"), 9).await.is_err());
        // Twice the length that it says, in two frames.
        let twice = [&body[..], &body[..]].concat();
        assert!(undo(&mut headers, twice.into(), bomb.len()).await.unwrap().is_none());
        assert!(headers.contains_key(header::CONTENT_ENCODING));
    }
}
