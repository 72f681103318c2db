//! The names of photographs. They can only be built from a hash and a known variant, so no
//! key leads out of the store, whatever a client sends.

use std::fmt;

use crate::domain::Sha256;

/// Which picture of a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variant {
    /// The whole, stripped. Kept so that further widths can be made; never served.
    Original,
    W480,
    W960,
    W1920,
}

impl Variant {
    /// Those that are served, smallest first.
    pub const WIDTHS: [Variant; 3] = [Variant::W480, Variant::W960, Variant::W1920];

    /// The most pixels across. A photograph that has fewer is not enlarged: the variant then
    /// has the photograph's own width, under the same name.
    pub const fn width_max(self) -> Option<u32> {
        match self {
            Variant::Original => None,
            Variant::W480 => Some(480),
            Variant::W960 => Some(960),
            Variant::W1920 => Some(1920),
        }
    }

    /// The widths that every photograph is served in, whatever its own size.
    pub fn widths() -> Vec<u32> {
        Variant::WIDTHS.into_iter().filter_map(Variant::width_max).collect()
    }

    /// From the last part of `/media/{sha256}/{width}`.
    pub fn parse_width(text: &str) -> Option<Variant> {
        Variant::WIDTHS.into_iter().find(|variant| variant.name() == text)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Variant::Original => "original",
            Variant::W480 => "480",
            Variant::W960 => "960",
            Variant::W1920 => "1920",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PhotoKey {
    /// Of the stripped original.
    pub id: Sha256,
    pub variant: Variant,
}

impl fmt::Display for PhotoKey {
    /// `{sha256}/{width}`, in the store as in the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.id, self.variant.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_have_one_spelling() {
        assert_eq!(Variant::parse_width("960"), Some(Variant::W960));
        for bad in ["", "0480", "481", "original", "../480", "480/", "\0", "４８０"] {
            assert_eq!(Variant::parse_width(bad), None, "{bad:?}");
        }
        let key = PhotoKey { id: Sha256::of(b""), variant: Variant::W480 };
        assert_eq!(key.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855/480");
    }
}
