//! Public names in URLs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest slug, in bytes. Leaves room for `camera:` and its like within a tag.
pub const SLUG_BYTES_MAX: usize = 96;

/// Lower-case ASCII letters, digits and single dashes between them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Text that is not a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a slug: 1 to {SLUG_BYTES_MAX} lower-case ASCII letters and digits, with single dashes between them")]
pub struct InvalidSlug;

impl Slug {
    pub fn parse(text: &str) -> Result<Slug, InvalidSlug> {
        let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let dashes = text.starts_with('-') || text.ends_with('-') || text.contains("--");
        if text.is_empty() || text.len() > SLUG_BYTES_MAX || dashes || !text.bytes().all(legal) {
            return Err(InvalidSlug);
        }
        Ok(Slug(text.to_owned()))
    }

    /// The slug that a title suggests: accents dropped, everything else that is not a letter
    /// or a digit a dash. `None` if nothing is left.
    pub fn suggest(title: &str) -> Option<Slug> {
        use unicode_normalization::UnicodeNormalization as _;
        let mut text = String::new();
        for letter in title.nfkd().flat_map(char::to_lowercase) {
            if letter.is_ascii_alphanumeric() {
                text.push(letter);
            } else if !unicode_normalization::char::is_combining_mark(letter) && !text.is_empty() && !text.ends_with('-') {
                text.push('-');
            }
            if text.len() >= SLUG_BYTES_MAX {
                break;
            }
        }
        Slug::parse(text.trim_end_matches('-')).ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Slug, InvalidSlug> {
        Slug::parse(text)
    }
}

impl TryFrom<String> for Slug {
    type Error = InvalidSlug;

    fn try_from(text: String) -> Result<Slug, InvalidSlug> {
        Slug::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> String {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_needs_no_escaping_anywhere() {
        assert!(Slug::parse("canon-eos-r5").is_ok());
        for bad in ["", "-a", "a-", "a--b", "A", "a b", "ç", "a/b", &"x".repeat(SLUG_BYTES_MAX + 1)] {
            assert_eq!(Slug::parse(bad), Err(InvalidSlug), "{bad:?}");
        }
    }

    #[test]
    fn suggests_one_from_a_title() {
        assert_eq!(Slug::suggest("Canon EOS R5: a câmara, à prova!").unwrap().as_str(), "canon-eos-r5-a-camara-a-prova");
        assert_eq!(Slug::suggest("日本"), None);
        assert!(Slug::suggest(&"long ".repeat(100)).is_some());
    }
}
