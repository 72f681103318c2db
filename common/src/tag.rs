//! What a response depends on, in one word.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The longest tag, in bytes. The same number bounds the origin (which may not make a longer
/// one) and the edge (which does not store a response that carries one).
pub const TAG_BYTES_MAX: usize = 128;

/// A tag: what a stored response depends on, and what an event purges. ASCII letters, digits
/// and `: - _ .`, at most [`TAG_BYTES_MAX`] bytes; compared byte by byte. Never `*` or `,`:
/// both mean something to a CDN. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(Arc<str>);

/// Text that is not a legal tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tag: 1 to {TAG_BYTES_MAX} ASCII letters, digits, ':', '-', '_' or '.'")]
pub struct InvalidTag;

impl Tag {
    pub fn parse(text: &str) -> Result<Tag, InvalidTag> {
        if is_legal(text.as_bytes()) { Ok(Tag(text.into())) } else { Err(InvalidTag) }
    }

    /// For tags known when the program is written: in a `const` context an illegal one does
    /// not compile.
    pub const fn check_static(text: &'static str) -> &'static str {
        assert!(is_legal(text.as_bytes()), "an illegal tag");
        text
    }

    /// `prefix:` and a number in hexadecimal digits, for what cannot be spelt out in a tag.
    /// `prefix` is known when the program is written, legal, and short.
    pub fn digest(prefix: &'static str, digest: u128) -> Tag {
        Tag(format!("{prefix}:{digest:032x}").into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_legal(text: &[u8]) -> bool {
    if text.is_empty() || text.len() > TAG_BYTES_MAX {
        return false;
    }
    let mut at = 0;
    while at < text.len() {
        if !(text[at].is_ascii_alphanumeric() || matches!(text[at], b':' | b'-' | b'_' | b'.')) {
            return false;
        }
        at += 1;
    }
    true
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for Tag {
    type Error = InvalidTag;

    fn try_from(text: String) -> Result<Tag, InvalidTag> {
        Tag::parse(&text)
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> String {
        tag.as_str().to_owned()
    }
}

impl std::borrow::Borrow<str> for Tag {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn can_only_be_built_legal() {
        assert!(Tag::parse("review:01J8Z.a_b-c").is_ok());
        let long = "x".repeat(TAG_BYTES_MAX + 1);
        for bad in ["", "a b", "tokio*", "a,b", "ação", "a\n", long.as_str()] {
            assert_eq!(Tag::parse(bad), Err(InvalidTag), "{bad:?}");
        }
    }
}
