//! From a request to the key of its answer.

mod search;

use std::sync::Arc;

use http::{Uri, uri::Authority};

pub use self::search::{Learned, RULES_MAX, SearchRules};

/// The longest path and query, in bytes, that is looked at. A longer one is answered 414.
pub const TARGET_BYTES_MAX: usize = 8 * 1024;

/// `authority/path?query`, normalised as far as RFC 3986 allows without knowing the resource:
/// percent-encodings in upper case, unreserved characters unencoded. Never reordered.
pub type Key = Arc<str>;

/// Why a request has no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the request names no host, or more than one")]
    NoHost,
    #[error("this host is not served here")]
    UnknownHost,
    #[error("the path and query exceed {TARGET_BYTES_MAX} bytes")]
    TooLong,
    #[error("the path has a segment '.' or '..'")]
    DotSegment,
    #[error("the target is no path, or has a control character or a broken percent-encoding")]
    Illegal,
}

/// The key of `uri` on the host that the `Host` field (or the URI's own authority) names.
/// `hosts` are the lower-case authorities served; empty means any.
///
/// # Errors
/// When the request cannot be understood: it never reaches the origin.
pub fn key(uri: &Uri, host: Option<&str>, hosts: &[Box<str>]) -> Result<Key, KeyError> {
    let authority = authority(uri, host)?;
    if !hosts.is_empty() && !hosts.iter().any(|served| **served == *authority) {
        return Err(KeyError::UnknownHost);
    }
    let path = if uri.path().is_empty() { "/" } else { uri.path() };
    // `*`, which names the server and no resource.
    if !path.starts_with('/') {
        return Err(KeyError::Illegal);
    }
    let query = uri.query();
    if path.len() + query.map_or(0, str::len) > TARGET_BYTES_MAX {
        return Err(KeyError::TooLong);
    }
    let mut text = String::with_capacity(authority.len() + path.len() + query.map_or(0, |query| query.len() + 1));
    text.push_str(&authority);
    let path_start = text.len();
    normalise(path, &mut text)?;
    if text[path_start..].split('/').any(|segment| segment == "." || segment == "..") {
        return Err(KeyError::DotSegment);
    }
    if let Some(query) = query {
        text.push('?');
        normalise(query, &mut text)?;
    }
    Ok(text.into())
}

/// The authority of a key.
pub fn authority_of(key: &Key) -> &str {
    key.split('/').next().unwrap_or(key)
}

/// The path of a key.
pub fn path(key: &Key) -> &str {
    let target = &key[key.find('/').unwrap_or(key.len())..];
    target.split('?').next().unwrap_or(target)
}

/// The key of what a `reference` (RFC 3986 §4.1) in an answer to `base` names, if that lies on
/// the same host.
pub fn of_reference(base: &Key, reference: &str) -> Option<Key> {
    let authority = &base[..base.find('/')?];
    let reference = reference.split_once('#').map_or(reference, |(before, _)| before);
    let scheme = reference.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| !scheme.contains(['/', '?']));
    if scheme.is_some_and(|scheme| !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https")) {
        return None;
    }
    let after_scheme = match scheme {
        Some(scheme) => Some(reference[scheme.len() + 1..].strip_prefix("//")?),
        None => reference.strip_prefix("//"),
    };
    let target = match after_scheme {
        Some(rest) => {
            let (host, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            if !host.eq_ignore_ascii_case(authority) {
                return None;
            }
            if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }
        }
        None if reference.starts_with('/') => reference.to_owned(),
        None if reference.is_empty() || reference.starts_with('?') => format!("{}{reference}", path(base)),
        None => {
            let path = path(base);
            format!("{}{reference}", &path[..=path.rfind('/')?])
        }
    };
    let (path, query) = target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
    let mut text = without_dot_segments(path);
    if let Some(query) = query {
        text.push('?');
        text.push_str(query);
    }
    key(&text.parse().ok()?, Some(authority), &[]).ok()
}

/// RFC 3986 §5.2.4, for a path that begins with a slash.
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
        if last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

fn authority(uri: &Uri, host: Option<&str>) -> Result<String, KeyError> {
    // RFC 9112 §3.2.2: an absolute target's own authority replaces `Host`.
    let named = match uri.authority() {
        Some(authority) => authority.clone(),
        None => host.and_then(|host| host.parse::<Authority>().ok()).ok_or(KeyError::NoHost)?,
    };
    let legal = !named.host().is_empty() && !named.as_str().contains('@');
    legal.then(|| named.as_str().to_ascii_lowercase()).ok_or(KeyError::NoHost)
}

fn normalise(part: &str, out: &mut String) -> Result<(), KeyError> {
    let bytes = part.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(1), digit(2)) else { return Err(KeyError::Illegal) };
                let decoded = u8::try_from(high * 16 + low).map_err(|_| KeyError::Illegal)?;
                if decoded.is_ascii_control() {
                    return Err(KeyError::Illegal);
                }
                if is_unreserved(decoded) {
                    out.push(char::from(decoded));
                } else {
                    const HEX: &[u8; 16] = b"0123456789ABCDEF";
                    out.push('%');
                    out.push(char::from(HEX[usize::from(decoded >> 4)]));
                    out.push(char::from(HEX[usize::from(decoded & 15)]));
                }
                at += 3;
            }
            byte if byte.is_ascii_control() => return Err(KeyError::Illegal),
            byte if byte.is_ascii() => {
                out.push(char::from(byte));
                at += 1;
            }
            // Raw UTF-8 in a target is not legal, though some parsers let it pass.
            _ => return Err(KeyError::Illegal),
        }
    }
    Ok(())
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(target: &str) -> Result<String, KeyError> {
        key(&target.parse().unwrap(), Some("Example.com:8080"), &[]).map(|key| key.to_string())
    }

    #[test]
    fn spellings_of_one_resource_share_a_key() {
        assert_eq!(keyed("/a%7eb%2fc?x=%41&y=%c3%a3").unwrap(), "example.com:8080/a~b%2Fc?x=A&y=%C3%A3");
        assert_eq!(keyed("http://EXAMPLE.com:8080/a").unwrap(), keyed("/a").unwrap());
    }

    #[test]
    fn different_resources_do_not() {
        let targets = ["/a", "/a?", "/a/", "/a?x=1&y=2", "/a?y=2&x=1", "/a%2Fb", "/a/b", "/A", "/a?x=%26", "/a?x=&"];
        let keys: std::collections::HashSet<_> = targets.iter().map(|target| keyed(target).unwrap()).collect();
        assert_eq!(keys.len(), targets.len());
    }

    #[test]
    fn what_cannot_be_understood_has_no_key() {
        for (target, error) in [
            ("/a/../b", KeyError::DotSegment),
            ("/a/%2E%2e/b", KeyError::DotSegment),
            ("/a/.", KeyError::DotSegment),
            ("/a%00b", KeyError::Illegal),
            ("/a%0ab", KeyError::Illegal),
            ("/a%zz", KeyError::Illegal),
            ("/a?b=%f", KeyError::Illegal),
            ("*", KeyError::Illegal),
        ] {
            assert_eq!(keyed(target), Err(error), "{target}");
        }
        assert_eq!(keyed(&format!("/{}", "a".repeat(TARGET_BYTES_MAX))), Err(KeyError::TooLong));
    }

    #[test]
    fn references_are_resolved_on_the_same_host_only() {
        let base: Key = "example.com:8080/a/b?c=1".into();
        let named = |reference| of_reference(&base, reference).map(|key| key.to_string());
        for (reference, target) in [
            ("/x?y=%41", "/x?y=A"),
            ("x", "/a/x"),
            ("../x/./y", "/x/y"),
            ("..", "/"),
            ("?d", "/a/b?d"),
            ("", "/a/b"),
            ("/x#part", "/x"),
            ("//Example.com:8080/x", "/x"),
            ("https://example.com:8080", "/"),
            ("http://example.com:8080?q", "/?q"),
        ] {
            assert_eq!(named(reference), Some(format!("example.com:8080{target}")), "{reference}");
        }
        for elsewhere in ["http://other.example/x", "//example.com/x", "ftp://example.com:8080/x", "/%zz"] {
            assert_eq!(named(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn only_named_hosts_are_served() {
        let hosts = ["example.com".into()];
        let with = |host| key(&"/a".parse().unwrap(), host, &hosts);
        assert!(with(Some("EXAMPLE.com")).is_ok());
        assert_eq!(with(Some("evil.example")), Err(KeyError::UnknownHost));
        assert_eq!(with(Some("user@example.com")), Err(KeyError::NoHost));
        assert_eq!(with(Some("")), Err(KeyError::NoHost));
        assert_eq!(with(None), Err(KeyError::NoHost));
    }
}
