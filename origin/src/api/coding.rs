//! Content codings (RFC 9110 §8.4) of public answers: zstd alone, for edges. What readers get is coded by the edges.

use bytes::Bytes;
use common::coded::{ZSTD, coded_etag};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{
    conditional::ETag,
    reply::{Payload, Reply},
};

/// Shorter ones fit a packet, with their head, as they are.
const BODY_BYTES_MIN: usize = 512;
/// Longer ones would hold a thread for too long.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// The library's own middle: an answer is coded for every edge that asks.
const LEVEL: i32 = 3;

/// Whether the answer may be sent coded, whoever asks: then its `Vary` must say so.
pub fn is_codable(reply: &Reply) -> bool {
    let length = match &reply.payload {
        Payload::Bytes(bytes) => bytes.len(),
        Payload::Stream(_) | Payload::Problem(_) => return false,
    };
    let kind = reply.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = kind.starts_with("text/") || kind.split(';').next().is_some_and(|kind| kind.ends_with("json"));
    reply.status == StatusCode::OK && text && (BODY_BYTES_MIN..=BODY_BYTES_MAX).contains(&length)
}

/// Whether a client says that it takes zstd, and likes it as well as anything.
pub fn is_welcome(request: &HeaderMap) -> bool {
    let lines = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = lines.flat_map(|line| line.split(','));
    codings.any(|coding| coding.trim().eq_ignore_ascii_case(ZSTD))
}

/// The entity tag that the coded answer has.
pub fn etag(plain: &ETag) -> Option<ETag> {
    coded_etag(plain.as_str()).map(ETag::written)
}

/// Codes the payload, and says whether it did: one that hardly shrinks stays as it is.
pub fn encode(reply: &mut Reply) -> bool {
    let Payload::Bytes(body) = &reply.payload else { return false };
    match zstd::bulk::compress(body, LEVEL) {
        Ok(coded) if coded.len() < body.len() / 10 * 9 => {
            reply.payload = Payload::Bytes(Bytes::from(coded));
            reply.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(ZSTD));
            true
        }
        Ok(_) => false,
        Err(error) => {
            tracing::warn!(%error, "an answer could not be coded");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_must_name_it() {
        let welcome =
            |text: &'static str| is_welcome(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]));
        assert!(welcome("zstd") && welcome("gzip, ZSTD , br"));
        // One who would rather have another gets identity: the edges are who this is for.
        assert!(!welcome("") && !welcome("identity") && !welcome("*") && !welcome("zstd;q=0") && !welcome("zstd;q=0.5"));
        assert!(!is_welcome(&HeaderMap::new()));
    }

    #[test]
    fn only_text_of_some_length_is_coded() {
        let codable = |kind, length: usize| is_codable(&Reply::bytes(StatusCode::OK, kind, vec![b'a'; length]));
        assert!(codable("application/json", 512) && codable("text/html; charset=utf-8", 600));
        assert!(!codable("application/json", 511) && !codable("image/jpeg", 5000) && !codable("text/plain", BODY_BYTES_MAX + 1));
        assert!(!is_codable(&Reply::bytes(StatusCode::NOT_FOUND, "application/problem+json", vec![b'a'; 600])));
    }
}
