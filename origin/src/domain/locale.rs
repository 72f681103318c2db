//! In which language, and for which market.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Text that names none of the things allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct Unknown(pub &'static str);

/// An enumeration that is stored, sent and parsed by fixed names.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident, $expected:literal, { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),*
        }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::domain::locale::Unknown;

            fn from_str(text: &str) -> Result<$name, Self::Err> {
                match text {
                    $($text => Ok($name::$variant),)*
                    _ => Err($crate::domain::locale::Unknown($expected)),
                }
            }
        }
    };
}
pub(crate) use names;

names! {
    /// A language that reviews are written in, as BCP 47 spells it.
    Locale, "pt-BR, es or en", { PtBr = "pt-BR", Es = "es", En = "en" }
}

/// Where a buyer lives: ISO 3166-1 alpha-2 in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Market([u8; 2]);

impl Market {
    pub fn parse(text: &str) -> Result<Market, Unknown> {
        match text.as_bytes() {
            &[a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Market([a, b])),
            _ => Err(Unknown("a country as two upper-case letters (ISO 3166-1)")),
        }
    }
}

impl fmt::Display for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", char::from(self.0[0]), char::from(self.0[1]))
    }
}

impl FromStr for Market {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Market, Unknown> {
        Market::parse(text)
    }
}

impl TryFrom<String> for Market {
    type Error = Unknown;

    fn try_from(text: String) -> Result<Market, Unknown> {
        Market::parse(&text)
    }
}

impl From<Market> for String {
    fn from(market: Market) -> String {
        market.to_string()
    }
}
