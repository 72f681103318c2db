//! Conditional requests: strong entity tags only.

use common::problem::Problem;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::kinds;
use crate::domain::Version;

/// A strong entity tag, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// Over everything that two equal representations share. The number of the snapshot is
    /// not part of it: an unchanged page stays the same page while the log moves on.
    pub fn of(parts: &[&[u8]]) -> ETag {
        let mut digest = Sha256::new();
        for part in parts {
            // The length first, so that no two lists of parts run together.
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let digest = digest.finalize();
        ETag(format!("\"{}\"", digest[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
    }

    /// For something that counts its own versions.
    pub fn version(version: impl std::fmt::Display) -> ETag {
        ETag(format!("\"v{version}\""))
    }

    /// One that is known to be well formed.
    pub(super) fn written(text: String) -> ETag {
        ETag(text)
    }

    /// One that was written by this program before.
    pub fn parse(value: &HeaderValue) -> Option<ETag> {
        Some(ETag(value.to_str().ok()?.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn header(&self) -> HeaderValue {
        // Hexadecimal digits in quotes are always legal.
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }
}

/// Whether `If-None-Match` names this tag, so that a 304 says all. `If-Modified-Since` is
/// not looked at: two edits of one second would be one.
pub fn not_modified(headers: &HeaderMap, status: StatusCode, tag: &ETag) -> bool {
    // RFC 9110, 13.2.1: conditions apply only where the answer would have been a success.
    status == StatusCode::OK && names(headers, &header::IF_NONE_MATCH, tag)
}

/// The precondition of a change: the version that `If-Match` names. Whether it is the present
/// one is judged by the write itself, under its lock.
///
/// # Errors
/// 428 without one, 412 when it names no version of anything.
pub fn if_match(headers: &HeaderMap) -> Result<Version, Problem> {
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let Some(value) = values.next() else {
        return Err(Problem::new(kinds::PRECONDITION_REQUIRED).detail("Send the ETag that you read as If-Match."));
    };
    let version = value.to_str().ok().and_then(|text| text.strip_prefix("\"v")?.strip_suffix('"')?.parse().ok());
    match (version, values.next()) {
        (Some(version), None) => Ok(Version(version)),
        // One tag of ours, strong: a list or `*` would change what nobody has read.
        _ => Err(Problem::new(kinds::STALE).detail("If-Match is not an ETag of this resource.")),
    }
}

/// 412, with the tag that would have matched: the client reads again before it decides.
pub fn stale(current: &ETag) -> Problem {
    Problem::new(kinds::STALE).extension("current_etag", current.as_str())
}

/// Weakly, as `If-None-Match` wants. Our tags hold no commas, so a list can be cut at them.
fn names(headers: &HeaderMap, name: &http::HeaderName, tag: &ETag) -> bool {
    headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|candidate| {
        let candidate = candidate.trim();
        candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_change_needs_one_strong_tag_of_ours() {
        assert_eq!(if_match(&HeaderMap::new()).unwrap_err().kind, kinds::PRECONDITION_REQUIRED);
        for wrong in ["W/\"v3\"", "v3", "", "*", "\"v1\", \"v3\"", "\"3\"", "\"vx\""] {
            assert_eq!(if_match(&headers(header::IF_MATCH, wrong)).unwrap_err().kind, kinds::STALE, "{wrong}");
        }
        assert_eq!(if_match(&headers(header::IF_MATCH, "\"v3\"")).unwrap(), Version(3));
    }

    #[test]
    fn a_304_needs_a_success_and_compares_weakly() {
        let tag = ETag::version(3);
        let asked = headers(header::IF_NONE_MATCH, "W/\"v3\"");
        assert!(not_modified(&asked, StatusCode::OK, &tag));
        assert!(!not_modified(&asked, StatusCode::NOT_FOUND, &tag));
        assert!(!not_modified(&headers(header::IF_NONE_MATCH, "\"v2\""), StatusCode::OK, &tag));
    }

    #[test]
    fn parts_never_run_together() {
        assert_ne!(ETag::of(&[b"ab", b"c"]), ETag::of(&[b"a", b"bc"]));
    }
}
