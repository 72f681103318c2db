//! Where a camera can be bought.

use std::{fmt, str::FromStr};

use common::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Market, OfferId, Slug, Version,
    locale::{Unknown, names},
};

/// The longest target of an offer, in bytes.
pub const OFFER_URL_BYTES_MAX: usize = 2048;

names! {
    /// What the buyer gets.
    Condition, "new, used or refurbished", { New = "new", Used = "used", Refurbished = "refurbished" }
}

/// ISO 4217, in upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    pub fn parse(text: &str) -> Result<Currency, Unknown> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Currency(code)),
            _ => Err(Unknown("a currency as three upper-case letters (ISO 4217)")),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

impl FromStr for Currency {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Currency, Unknown> {
        Currency::parse(text)
    }
}

impl TryFrom<String> for Currency {
    type Error = Unknown;

    fn try_from(text: String) -> Result<Currency, Unknown> {
        Currency::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.to_string()
    }
}

/// An amount that is never negative, in the currency's minor unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// A negative amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount of money must not be negative")]
pub struct NegativeAmount;

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Result<Money, NegativeAmount> {
        if minor < 0 { Err(NegativeAmount) } else { Ok(Money { minor, currency }) }
    }

    pub const fn minor(self) -> i64 {
        self.minor
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }
}

/// An address that a buyer may be sent to: `https`, a host, nothing that could break a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfferUrl(String);

impl OfferUrl {
    pub fn parse(text: &str) -> Result<OfferUrl, Unknown> {
        const EXPECTED: Unknown = Unknown("an https address of at most 2048 printable ASCII characters, without a user name");
        let rest = text.strip_prefix("https://").ok_or(EXPECTED)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host_legal =
            !authority.is_empty() && authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
        if host_legal && printable && text.len() <= OFFER_URL_BYTES_MAX { Ok(OfferUrl(text.to_owned())) } else { Err(EXPECTED) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OfferUrl {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<OfferUrl, Unknown> {
        OfferUrl::parse(text)
    }
}

impl fmt::Display for OfferUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for OfferUrl {
    type Error = Unknown;

    fn try_from(text: String) -> Result<OfferUrl, Unknown> {
        OfferUrl::parse(&text)
    }
}

impl From<OfferUrl> for String {
    fn from(url: OfferUrl) -> String {
        url.0
    }
}

/// An offer as stored, withdrawn ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub id: OfferId,
    pub camera: Slug,
    pub market: Market,
    pub store: String,
    pub price: Money,
    pub condition: Condition,
    pub url: OfferUrl,
    /// False once withdrawn.
    pub active: bool,
    pub version: Version,
    pub updated_at: Timestamp,
}

/// What an editor says of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferFacts {
    pub market: Market,
    pub store: String,
    pub price: Money,
    pub condition: Condition,
    pub url: OfferUrl,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_buyers_only_to_plain_https_addresses() {
        assert!(OfferUrl::parse("https://store.example/eos-r5?ref=rcr").is_ok());
        for bad in [
            "http://store.example/",
            "https://",
            "https://user@store.example/",
            "https://store.example/\r\nX: y",
            "https://store.example/a b",
            "javascript:alert(1)",
            "//store.example",
        ] {
            assert!(OfferUrl::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn money_is_never_negative() {
        let currency = Currency::parse("BRL").unwrap();
        assert_eq!(Money::new(-1, currency), Err(NegativeAmount));
        assert_eq!(Money::new(1_999_900, currency).unwrap().minor(), 1_999_900);
        assert!(Currency::parse("brl").is_err());
    }
}
