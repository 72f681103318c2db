//! What a reader accepts (RFC 9110 §12.5.3).

use super::Coding;

/// Quality values in thousandths, by the order of [`Coding::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    qualities: [u16; 3],
    /// Identity is acceptable unless it is refused by name.
    identity: u16,
}

/// A missing quality value is 1.
const WHOLE: u16 = 1000;

impl Accepted {
    /// From the value of one `Accept-Encoding`. What cannot be read is not accepted.
    pub fn parse(field: &[u8]) -> Accepted {
        let (mut named, mut identity, mut any) = ([None; 3], None, None);
        for member in field.split(|&byte| byte == b',') {
            let mut parts = member.split(|&byte| byte == b';');
            let name = parts.next().unwrap_or_default().trim_ascii();
            let quality = parts.next().map_or(WHOLE, |part| quality(part.trim_ascii()));
            // A weight is all that may stand behind a coding.
            let quality = if parts.next().is_some() { 0 } else { quality };
            let place = match name.len() {
                2 if name.eq_ignore_ascii_case(b"br") => &mut named[0],
                4 if name.eq_ignore_ascii_case(b"zstd") => &mut named[1],
                4 if name.eq_ignore_ascii_case(b"gzip") => &mut named[2],
                6 if name.eq_ignore_ascii_case(b"x-gzip") => &mut named[2],
                8 if name.eq_ignore_ascii_case(b"identity") => &mut identity,
                1 if name == b"*" => &mut any,
                _ => continue,
            };
            place.get_or_insert(quality);
        }
        Accepted {
            qualities: named.map(|quality: Option<u16>| quality.or(any).unwrap_or(0)),
            // Refused by `*;q=0` too, but then there is nothing better to send.
            identity: identity.unwrap_or(1),
        }
    }

    /// The codings that are at least as welcome as identity, the most welcome first; of equals,
    /// the smallest.
    pub fn in_order(&self) -> impl Iterator<Item = Coding> {
        let mut order = [0, 1, 2];
        order.sort_by_key(|&at| std::cmp::Reverse(self.qualities[at]));
        let (qualities, identity) = (self.qualities, self.identity);
        order.into_iter().filter(move |&at| qualities[at] > 0 && qualities[at] >= identity).map(|at| Coding::ALL[at])
    }
}

/// `q=0.123`, in thousandths; 0 if it cannot be read.
fn quality(parameter: &[u8]) -> u16 {
    let Some(value) = parameter.strip_prefix(b"q=").or_else(|| parameter.strip_prefix(b"Q=")) else { return 0 };
    let (whole, fraction) = match value.iter().position(|&byte| byte == b'.') {
        Some(dot) => (&value[..dot], &value[dot + 1..]),
        None => (value, [].as_slice()),
    };
    if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let thousandths = (0..3).fold(0, |sum, at| sum * 10 + fraction.get(at).map_or(0, |digit| u16::from(digit - b'0')));
    match whole {
        b"0" => thousandths,
        b"1" if thousandths == 0 => WHOLE,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Coding::{Brotli, Gzip, Zstd};

    #[test]
    fn quality_values_decide_and_then_size() {
        let table: &[(&str, &[Coding])] = &[
            ("", &[]),
            ("identity", &[]),
            ("gzip", &[Gzip]),
            ("gzip, deflate, br, zstd", &[Brotli, Zstd, Gzip]),
            ("GZIP;q=1.0, br;q=0.9", &[Gzip, Brotli]),
            ("br;q=0, gzip;q=0.001", &[Gzip]),
            ("*", &[Brotli, Zstd, Gzip]),
            ("*, br;q=0", &[Zstd, Gzip]),
            ("*;q=0", &[]),
            ("x-gzip", &[Gzip]),
            ("gzip;q=0.5, identity;q=0.8", &[]),
            ("identity;q=0, gzip;q=0.2", &[Gzip]),
            ("gzip;q=2, br;q=abc, zstd;q=0.1234", &[]),
            ("gzip;x=1, br;q=1;x, zstd; q=0.5", &[Zstd]),
            ("compress, sdch", &[]),
        ];
        for (field, expected) in table {
            let order: Vec<_> = Accepted::parse(field.as_bytes()).in_order().collect();
            assert_eq!(order, *expected, "{field:?}");
        }
    }
}
