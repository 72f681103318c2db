//! Names that never change: ULIDs, one type for each kind of thing.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// Text that is not a canonical ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ULID: 26 characters of Crockford's base 32, in upper case")]
pub struct InvalidId;

fn parse(text: &str) -> Result<Ulid, InvalidId> {
    let ulid = Ulid::from_string(text).map_err(|_| InvalidId)?;
    let mut buffer = [0; ulid::ULID_LEN];
    if ulid.array_to_str(&mut buffer) == text { Ok(ulid) } else { Err(InvalidId) }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(pub Ulid);

        impl $name {
            /// Only the canonical spelling is accepted, so equal names are equal bytes.
            pub fn parse(text: &str) -> Result<$name, InvalidId> {
                parse(text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<$name, InvalidId> {
                $name::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<$name, InvalidId> {
                $name::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    )*};
}

id! {
    /// Somebody who can sign in.
    EditorId,
    CameraId,
    ReviewId,
    /// One saved text of a review; its manuscript has the same id.
    RevisionId,
    OfferId,
    /// One run of an edge.
    ProcessId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_canonical_spelling_only() {
        let text = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        assert_eq!(ReviewId::parse(text).map(|id| id.to_string()), Ok(text.to_owned()));
        assert!(ReviewId::parse(&text.to_lowercase()).is_err());
        assert!(ReviewId::parse("").is_err());
    }
}
