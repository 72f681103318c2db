//! Instants as they travel: RFC 3339, UTC, milliseconds.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since 1970 in UTC. Written `2026-11-22T17:00:00.123Z`: always three digits
/// of a second and always `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// Text that is not an RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time")]
pub struct InvalidTimestamp;

impl Timestamp {
    pub const fn from_unix_ms(ms: i64) -> Timestamp {
        Timestamp(ms)
    }

    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Milliseconds from `earlier` to this one; negative if `earlier` is later.
    pub const fn ms_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn parse(text: &str) -> Result<Timestamp, InvalidTimestamp> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidTimestamp)?;
        Ok(Timestamp::from(parsed))
    }
}

impl From<OffsetDateTime> for Timestamp {
    /// Truncates to milliseconds.
    fn from(at: OffsetDateTime) -> Timestamp {
        Timestamp(at.unix_timestamp() * 1000 + i64::from(at.millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Outside of what can be written down (the year 9999) only the epoch is left to say.
        let at = OffsetDateTime::from_unix_timestamp(self.0.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            self.0.rem_euclid(1000)
        )
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Timestamp, InvalidTimestamp> {
        Timestamp::parse(&text)
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> String {
        at.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_three_digits_and_z() {
        assert_eq!(Timestamp(1_795_366_800_000).to_string(), "2026-11-22T17:00:00.000Z");
        assert_eq!(Timestamp(1_795_366_800_007).to_string(), "2026-11-22T17:00:00.007Z");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn reads_back_what_it_writes_and_other_offsets() {
        assert_eq!(Timestamp::parse("2026-11-22T17:00:00.123Z"), Ok(Timestamp(1_795_366_800_123)));
        assert_eq!(Timestamp::parse("2026-11-22T14:00:00.123-03:00"), Ok(Timestamp(1_795_366_800_123)));
        assert!(Timestamp::parse("yesterday").is_err());
    }
}
