//! The key of a request whose target is in its normal form already.

use crate::key::TARGET_BYTES_MAX;

/// Bytes that stand for themselves in a path or a query, whoever writes them.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        // `byte` is below 256, so nothing is cut off.
        let as_u8 = byte as u8;
        plain[byte] = as_u8.is_ascii_alphanumeric()
            || matches!(as_u8, b'-' | b'.' | b'_' | b'~')
            || matches!(as_u8, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
            || matches!(as_u8, b'/' | b'?' | b':' | b'@');
        byte += 1;
    }
    plain
};

/// Writes `authority` and `target` as [`crate::key::key`] would, into a buffer that is used
/// again and again. `false` if the target must first be normalised, or refused.
pub fn write_key(authority: &str, target: &str, key: &mut String) -> bool {
    let bytes = target.as_bytes();
    if bytes.first() != Some(&b'/') || bytes.len() > TARGET_BYTES_MAX {
        return false;
    }
    let mut before = b'/';
    for &byte in bytes {
        // A dot behind a slash may begin a dot segment.
        if !PLAIN[usize::from(byte)] || (before == b'/' && byte == b'.') {
            return false;
        }
        before = byte;
    }
    key.clear();
    key.push_str(authority);
    key.push_str(target);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key;

    /// Whatever the short way accepts, the long way calls by the same name.
    #[test]
    fn agrees_with_the_long_way() {
        let (mut accepted, mut written) = (0, String::new());
        for target in [
            "/",
            "/a",
            "/a/b?x=1&y=2",
            "/a?",
            "//a",
            "/a..b",
            "/~x/-._",
            "/a;b=c,d",
            "/a/../b",
            "/.",
            "/a%41",
            "/a%2F",
            "/a|b",
            "/a\"b",
            "/a?x=/./y",
            "*",
            "http://h/a",
            "/a?b?c",
            "/a#b",
            "/é",
        ] {
            if write_key("h:1", target, &mut written) {
                accepted += 1;
                assert_eq!(key::key(&target.parse().unwrap(), Some("H:1"), &[]).unwrap().as_ref(), written, "{target}");
            }
        }
        assert_eq!(accepted, 9);
    }
}
