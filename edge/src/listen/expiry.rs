//! When a certificate expires: as much of X.509 (RFC 5280 §4.1) as it takes to find that out.

use common::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// In seconds since 1970; `None` if it is no certificate.
pub(super) fn expiry(certificate: &[u8]) -> Option<i64> {
    let mut signed = Der(Der(certificate).inside(SEQUENCE)?).inside(SEQUENCE).map(Der)?;
    // The version is left out if it is the first.
    if signed.0.first() == Some(&VERSION) {
        signed.value()?;
    }
    let (_serial, _algorithm, _issuer) = (signed.value()?, signed.value()?, signed.value()?);
    let mut validity = Der(signed.inside(SEQUENCE)?);
    let _not_before = validity.value()?;
    let (tag, not_after) = validity.value()?;
    seconds(tag, std::str::from_utf8(not_after).ok()?)
}

/// `261122170000Z`, or `20501122170000Z` from that year on.
fn seconds(tag: u8, text: &str) -> Option<i64> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let digits = match (tag, digits.len()) {
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        (UTC_TIME, 12) if digits < "50" => format!("20{digits}"),
        (UTC_TIME, 12) => format!("19{digits}"),
        _ => return None,
    };
    let (date, time) = digits.split_at(8);
    let text = format!("{}-{}-{}T{}:{}:{}Z", &date[..4], &date[4..6], &date[6..], &time[..2], &time[2..4], &time[4..]);
    Some(Timestamp::parse(&text).ok()?.unix_ms().div_euclid(1000))
}

/// What is left to read.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value's tag and content.
    fn value(&mut self) -> Option<(u8, &'a [u8])> {
        let [tag, length, rest @ ..] = self.0 else { return None };
        let (length, rest) = match length {
            // Of so many bytes, the first of them the highest; more than four are no certificate's.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| (length << 8) | usize::from(*byte)), rest)
            }
            0..=0x7f => (usize::from(*length), rest),
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    /// The content of the next value, if it has this tag.
    fn inside(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.value().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn made(year: i32) -> Vec<u8> {
        let mut parameters = CertificateParams::new(["edge.test".to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(year, 11, 22);
        parameters.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn is_read_in_both_forms_of_a_time() {
        // The second is beyond what two digits can say.
        assert_eq!(expiry(&made(2026)), Some(1_795_305_600));
        assert_eq!(expiry(&made(2050)), Some(2_552_688_000));
    }

    #[test]
    fn what_is_no_certificate_or_part_of_one_has_none() {
        let whole = made(2026);
        assert_eq!(expiry(b"nothing"), None);
        for length in [0, 1, 3, 40] {
            assert_eq!(expiry(&whole[..length]), None, "{length}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_of_this_century_or_the_last() {
        assert_eq!(seconds(UTC_TIME, "491231235959Z"), Some(2_524_607_999));
        assert_eq!(seconds(UTC_TIME, "500101000000Z"), Some(-631_152_000));
        assert_eq!(seconds(GENERALIZED_TIME, "20500101000000Z"), Some(2_524_608_000));
        assert_eq!(seconds(UTC_TIME, "20500101000000Z"), None);
        assert_eq!(seconds(GENERALIZED_TIME, "20501301000000Z"), None);
        assert_eq!(seconds(UTC_TIME, "490101000000+0100"), None);
    }
}
