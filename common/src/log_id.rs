//! The name of a change log.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// The name of one change log, a ULID. Numbers of different logs cannot be compared: when
/// the origin's history may have been rewound, it takes a new log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogId(Ulid);

/// Text that is not a canonical ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ULID: 26 characters of Crockford's base 32, in upper case")]
pub struct InvalidLogId;

impl LogId {
    pub const fn from_ulid(ulid: Ulid) -> LogId {
        LogId(ulid)
    }

    /// Only the canonical spelling is accepted, so equal names are equal bytes.
    pub fn parse(text: &str) -> Result<LogId, InvalidLogId> {
        let ulid = Ulid::from_string(text).map_err(|_| InvalidLogId)?;
        let mut buffer = [0; ulid::ULID_LEN];
        if ulid.array_to_str(&mut buffer) == text { Ok(LogId(ulid)) } else { Err(InvalidLogId) }
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for LogId {
    type Err = InvalidLogId;

    fn from_str(text: &str) -> Result<LogId, InvalidLogId> {
        LogId::parse(text)
    }
}

impl TryFrom<String> for LogId {
    type Error = InvalidLogId;

    fn try_from(text: String) -> Result<LogId, InvalidLogId> {
        LogId::parse(&text)
    }
}

impl From<LogId> for String {
    fn from(log: LogId) -> String {
        log.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_the_canonical_spelling_only() {
        let text = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
        assert_eq!(LogId::parse(text).map(|log| log.to_string()), Ok(text.to_owned()));
        for bad in [
            "",
            "01arz3ndektsv4rrffq69g5fav",
            "01ARZ3NDEKTSV4RRFFQ69G5FA",
            "81ARZ3NDEKTSV4RRFFQ69G5FAVX",
            "01ARZ3NDEKTSV4RRFFQ69G5FIL",
        ] {
            assert_eq!(LogId::parse(bad), Err(InvalidLogId), "{bad:?}");
        }
    }
}
