//! One answer, read piece by piece and checked: its status, its length, and whose it is.

use memchr::memmem;

use super::request::digits;
use super::{Plan, Scenario};
use crate::page::MARK_BYTES;

const FIELDS_MAX: usize = 64;
const HEAD_BYTES_MAX: usize = 16 * 1024;
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

/// What every answer of a scenario must be.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    status: u16,
    /// `None`: not known, as for a compressed body.
    length: Option<usize>,
    compressed: bool,
    /// Compressed or not, either is right.
    either: bool,
    checked: bool,
}

impl Expected {
    pub(super) fn of(plan: &Plan) -> Expected {
        let not_modified = plan.scenario == Scenario::NotModified;
        let compressed = plan.scenario.is_compressed();
        Expected {
            status: if not_modified { 304 } else { 200 },
            length: (!compressed && !not_modified).then_some(plan.bytes),
            compressed,
            either: plan.scenario == Scenario::FillCompressed,
            checked: plan.checked,
        }
    }
}

/// How far an answer has come.
#[derive(Default)]
pub(super) struct Answer {
    /// What has come of head and mark while either is incomplete. Empty in the usual case, where one read
    /// brings all of it.
    begun: Vec<u8>,
    /// Bytes of the body still to come, once the head is complete.
    missing: Option<usize>,
}

impl Answer {
    /// Takes what was read. `true`: the answer is complete, and right.
    pub(super) fn take(&mut self, piece: &[u8], key: u32, expected: Expected) -> Result<bool, String> {
        let left = match self.missing {
            Some(missing) => missing.checked_sub(piece.len()),
            None if self.begun.is_empty() => match head(piece, key, expected)? {
                Some((head, body)) => (head + body).checked_sub(piece.len()),
                None => {
                    self.begun.extend_from_slice(piece);
                    return Ok(false);
                }
            },
            None => {
                self.begun.extend_from_slice(piece);
                let Some((head, body)) = head(&self.begun, key, expected)? else { return Ok(false) };
                let left = (head + body).checked_sub(self.begun.len());
                self.begun.clear();
                left
            }
        };
        let left = left.ok_or("more bytes than were announced")?;
        self.missing = (left > 0).then_some(left);
        Ok(left == 0)
    }
}

/// The lengths of head and body, once the head and the body's mark have come; all checked.
fn head(text: &[u8], key: u32, expected: Expected) -> Result<Option<(usize, usize)>, String> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let length = match response.parse(text) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if text.len() < HEAD_BYTES_MAX => return Ok(None),
        Ok(httparse::Status::Partial) => return Err("a head without an end".to_owned()),
        Err(error) => return Err(format!("not HTTP: {error}")),
    };
    if response.code != Some(expected.status) {
        return Err(format!("expected {}", expected.status));
    }
    let field = |name: &str| response.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value);
    // The ETag is the only thing of a 304, and of a compressed answer, that says whose it is.
    if expected.checked && (expected.status == 304 || expected.compressed) {
        let etag = field("etag").ok_or("no ETag")?;
        memmem::find(etag, &digits(key)).ok_or("the ETag of another key")?;
    }
    if expected.status == 304 {
        return Ok(Some((length, 0)));
    }
    let announced = field("content-length").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    let announced: usize = announced.ok_or("no Content-Length: nothing here may be made while it is sent")?;
    if expected.length.is_some_and(|expected| expected != announced) {
        return Err("another length than asked for".to_owned());
    }
    if !expected.checked {
        return Ok(Some((length, announced)));
    }
    let Some(mark) = text.get(length..length + MARK_BYTES) else { return Ok(None) };
    let encoded = field("content-encoding") == Some(b"gzip") && mark.starts_with(GZIP_MAGIC);
    let plain = mark.ends_with(&digits(key));
    let right = match (expected.compressed, expected.either) {
        (_, true) => encoded || plain,
        (true, false) => encoded,
        (false, false) => plain,
    };
    if right { Ok(Some((length, announced))) } else { Err("the body of another key, or not encoded as asked".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{load::run::tests::plan, page::Kind};

    fn expected(scenario: Scenario) -> Expected {
        Expected::of(&Plan { bytes: 12, ..plan(scenario, Kind::Plain) })
    }

    const HIT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nk00000007 xy";

    #[test]
    fn an_answer_is_complete_however_it_is_cut() {
        for cut in 1..HIT.len() {
            let mut answer = Answer::default();
            assert_eq!(answer.take(&HIT[..cut], 7, expected(Scenario::Hit)), Ok(false), "cut at {cut}");
            assert_eq!(answer.take(&HIT[cut..], 7, expected(Scenario::Hit)), Ok(true), "cut at {cut}");
            // Ready for the next.
            assert_eq!(answer.take(HIT, 7, expected(Scenario::Hit)), Ok(true));
        }
    }

    #[test]
    fn wrong_answers_are_noticed() {
        let wrong = |text: &[u8], key, scenario| assert!(Answer::default().take(text, key, expected(scenario)).is_err());
        wrong(HIT, 8, Scenario::Hit);
        wrong(HIT, 7, Scenario::NotModified);
        wrong(HIT, 7, Scenario::Compressed);
        wrong(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nk00000007 x", 7, Scenario::Hit);
        wrong(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nk00000007 xyz", 7, Scenario::Hit);
        wrong(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 7, Scenario::Hit);
        wrong(b"HTTP/1.1 304 Not Modified\r\nETag: \"k00000008-12\"\r\n\r\n", 7, Scenario::NotModified);
    }

    #[test]
    fn what_fills_for_compressed_hits_need_not_be_compressed_yet() {
        let text = b"HTTP/1.1 200 OK\r\nETag: \"k00000007-12\"\r\nContent-Length: 12\r\n\r\nk00000007 xy";
        assert_eq!(Answer::default().take(text, 7, expected(Scenario::FillCompressed)), Ok(true));
        assert!(Answer::default().take(text, 7, expected(Scenario::CheckCompressed)).is_err());
    }

    #[test]
    fn a_304_has_no_body() {
        let text = b"HTTP/1.1 304 Not Modified\r\nETag: \"k00000007-12\"\r\n\r\n";
        assert_eq!(Answer::default().take(text, 7, expected(Scenario::NotModified)), Ok(true));
    }
}
