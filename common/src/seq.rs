//! The number of a write.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The number of one committed write: contiguous from 1 and in commit order. Zero means
/// "before the first write".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(u64);

/// Text that is not a number of the change log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number between 0 and {max}", max = Seq::MAX)]
pub struct InvalidSeq;

impl Seq {
    pub const ZERO: Seq = Seq(0);
    /// The largest number PostgreSQL's `bigint` can hold, so every `Seq` fits in both.
    pub const MAX: Seq = Seq(i64::MAX as u64);

    /// `None` above [`Seq::MAX`].
    pub const fn new(value: u64) -> Option<Seq> {
        if value > Seq::MAX.0 { None } else { Some(Seq(value)) }
    }

    /// From PostgreSQL's `bigint`; `None` if negative.
    pub const fn from_i64(value: i64) -> Option<Seq> {
        if value < 0 { None } else { Some(Seq(value as u64)) }
    }

    pub const fn get(self) -> u64 {
        self.0
    }

    /// As PostgreSQL's `bigint`; never negative.
    pub const fn to_i64(self) -> i64 {
        self.0 as i64
    }

    /// The following number, saturating at [`Seq::MAX`].
    #[must_use]
    pub const fn next(self) -> Seq {
        if self.0 >= Seq::MAX.0 { Seq::MAX } else { Seq(self.0 + 1) }
    }

    /// This number less `n`, not below zero.
    #[must_use]
    pub const fn back(self, n: u64) -> Seq {
        Seq(self.0.saturating_sub(n))
    }

    /// How many writes lie between `earlier` and this one; zero if `earlier` is later.
    pub const fn since(self, earlier: Seq) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Strict: ASCII digits only, no sign, no spaces, at most 19 digits.
    pub fn parse(text: &[u8]) -> Result<Seq, InvalidSeq> {
        if text.is_empty() || text.len() > 19 || !text.iter().all(u8::is_ascii_digit) {
            return Err(InvalidSeq);
        }
        // 19 digits cannot overflow a u64, only exceed `MAX`.
        let value = text.iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        Seq::new(value).ok_or(InvalidSeq)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_only_plain_decimal_numbers() {
        assert_eq!(Seq::parse(b"1041"), Ok(Seq(1041)));
        assert_eq!(Seq::parse(b"9223372036854775807"), Ok(Seq::MAX));
        for bad in ["", " 1", "+1", "-1", "1 ", "0x1", "9223372036854775808", "99999999999999999999", "١"] {
            assert_eq!(Seq::parse(bad.as_bytes()), Err(InvalidSeq), "{bad:?}");
        }
    }

    #[test]
    fn saturates_at_both_ends() {
        assert_eq!(Seq::MAX.next(), Seq::MAX);
        assert_eq!(Seq(3).back(5), Seq::ZERO);
        assert_eq!(Seq(3).since(Seq(5)), 0);
    }
}
