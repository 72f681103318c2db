//! Pictures, by their content.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::{EditorId, locale::Unknown};

/// The most photographs of one revision.
pub const PHOTOGRAPHS_MAX: usize = 24;

/// A digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    pub fn of(bytes: &[u8]) -> Sha256 {
        use sha2::Digest as _;
        Sha256(sha2::Sha256::digest(bytes).into())
    }

    pub fn parse(text: &str) -> Result<Sha256, Unknown> {
        const EXPECTED: Unknown = Unknown("64 lower-case hexadecimal digits");
        let mut bytes = [0; 32];
        if text.len() != 64 {
            return Err(EXPECTED);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digit = |digit: u8| match digit {
                b'0'..=b'9' => Ok(digit - b'0'),
                b'a'..=b'f' => Ok(digit - b'a' + 10),
                _ => Err(EXPECTED),
            };
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Sha256(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Sha256, Unknown> {
        Sha256::parse(text)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = Unknown;

    fn try_from(text: String) -> Result<Sha256, Unknown> {
        Sha256::parse(&text)
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> String {
        digest.to_string()
    }
}

/// A cleaned original and the variants made of it. The bytes are in the photo store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photograph {
    pub sha256: Sha256,
    pub width: u32,
    pub height: u32,
    pub content_type: String,
    pub uploader: EditorId,
    /// Widths that exist, in pixels, ascending.
    pub widths: Vec<u32>,
}

/// A photograph at its place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedPhotograph {
    pub sha256: Sha256,
    pub alt: String,
    pub width: u32,
    pub height: u32,
    pub widths: Vec<u32>,
}

/// Where an editor puts a photograph; its place in the list is its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub sha256: Sha256,
    pub alt: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_what_it_writes() {
        let digest = Sha256::of(b"");
        assert_eq!(digest.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Sha256::parse(&digest.to_string()), Ok(digest));
        assert!(Sha256::parse(&digest.to_string().to_uppercase()).is_err());
        assert!(Sha256::parse("é").is_err());
    }
}
