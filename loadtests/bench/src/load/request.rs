//! Requests, written once and changed in place: only the key's digits differ.

use super::{Plan, Scenario};
use crate::page::{KEY_DIGITS, Page};

pub(super) struct Requests {
    text: Vec<u8>,
    /// Where the digits of the key stand.
    holes: Vec<usize>,
}

impl Requests {
    pub(super) fn new(plan: &Plan) -> Requests {
        let page = Page { kind: plan.kind, bytes: plan.bytes, key: 0 };
        let mut text = format!("GET {} HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\n", page.path());
        let digits = "0".repeat(KEY_DIGITS);
        let mut holes: Vec<usize> = text.rfind(&format!("/{digits}")).map(|slash| slash + 1).into_iter().collect();
        if plan.scenario.is_compressed() {
            text.push_str("Accept-Encoding: gzip\r\n");
        }
        if plan.scenario == Scenario::NotModified {
            let name = "If-None-Match: ";
            // The mark in an ETag begins with a quote and a letter.
            holes.push(text.len() + name.len() + 2);
            text.push_str(&format!("{name}{}\r\n", page.etag()));
        }
        text.push_str("\r\n");
        Requests { text: text.into_bytes(), holes }
    }

    pub(super) fn for_key(&mut self, key: u32) -> &[u8] {
        let digits = digits(key);
        for hole in &self.holes {
            if let Some(place) = self.text.get_mut(*hole..*hole + KEY_DIGITS) {
                place.copy_from_slice(&digits);
            }
        }
        &self.text
    }
}

pub(super) fn digits(mut key: u32) -> [u8; KEY_DIGITS] {
    let mut digits = [b'0'; KEY_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (key % 10) as u8;
        key /= 10;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Kind;

    #[test]
    fn a_conditional_request_names_its_key_twice() {
        let plan = crate::load::run::tests::plan(Scenario::NotModified, Kind::Plain);
        let mut requests = Requests::new(&plan);
        let text = String::from_utf8(requests.for_key(1234).to_vec()).unwrap();
        assert!(text.starts_with("GET /o/4096/00001234 HTTP/1.1\r\n"), "{text}");
        assert!(text.ends_with("If-None-Match: \"k00001234-4096\"\r\n\r\n"), "{text}");
    }
}
