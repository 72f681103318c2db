//! Answers in a content coding on the long way from the origin to an edge: every packet less is one less to lose.
//!
//! The coding is zstd. A strong entity tag names bytes, so the coded answer's differs from the plain one's (RFC 9110
//! §8.8.3.3); an edge that undoes the coding turns the tag back as well, and keeps what the origin made.

/// As in `Content-Encoding`.
pub const ZSTD: &str = "zstd";
const SUFFIX: &str = "--zstd\"";

/// The entity tag of the coded answer; `None` if `etag` is not a strong one.
pub fn coded_etag(etag: &str) -> Option<String> {
    let stem = etag.strip_suffix('"').filter(|stem| stem.starts_with('"'))?;
    Some(format!("{stem}{SUFFIX}"))
}

/// The entity tag of the answer as it was before it was coded; `None` if `etag` is not a coded answer's.
pub fn plain_etag(etag: &str) -> Option<String> {
    let stem = etag.strip_suffix(SUFFIX).filter(|stem| stem.starts_with('"'))?;
    Some(format!("{stem}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_goes_there_and_back() {
        assert_eq!(coded_etag("\"a\"").as_deref(), Some("\"a--zstd\""));
        assert_eq!(plain_etag("\"a--zstd\"").as_deref(), Some("\"a\""));
        assert_eq!(plain_etag("\"a\""), None);
        for weak in ["W/\"a\"", "a", "\""] {
            assert_eq!((coded_etag(weak), plain_etag(weak)), (None, None), "{weak}");
        }
    }
}
