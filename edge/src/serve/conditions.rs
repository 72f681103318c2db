//! A reader's conditions and ranges (RFC 9110 §13 and §14), tested against a whole stored 200.

use std::ops::Range;

use http::{HeaderMap, HeaderValue, header};

use crate::{
    codings::{self, Coding},
    entry::Entry,
    policy::http_date,
};

/// RFC 9110 §13.2.2: `If-None-Match` first, by weak comparison; `If-Modified-Since` only
/// without it. `If-Match` and `If-Unmodified-Since` are not for a cache (RFC 9111 §4.3.2).
/// `coding` is the one that would be sent.
pub fn is_not_modified(entry: &Entry, request: &HeaderMap, coding: Option<Coding>) -> bool {
    if request.contains_key(header::IF_NONE_MATCH) {
        let own = entry.message.etag();
        let mut candidates = request.get_all(header::IF_NONE_MATCH).iter().flat_map(|value| etags(value.as_bytes()));
        return candidates.any(|candidate| candidate == b"*" || own.is_some_and(|own| codings::is_named(candidate, own, coding)));
    }
    let Some(since) = request.get(header::IF_MODIFIED_SINCE) else { return false };
    let modified = entry.field(&header::LAST_MODIFIED);
    // Most send back what they were given.
    if modified.as_ref() == Some(since) {
        return true;
    }
    let date = date(entry);
    match http_date(since, date) {
        Some(since) => {
            modified.map_or(Some(date), |modified| http_date(&modified, date)).is_some_and(|modified| modified <= since)
        }
        None => false,
    }
}

/// No byte of the representation was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsatisfiable;

/// The part to send. `None` for the whole: nothing was asked for, or nothing that is
/// understood, or several parts, or the copy is not the one that the reader has a part of.
pub fn range(entry: &Entry, request: &HeaderMap) -> Option<Result<Range<usize>, Unsatisfiable>> {
    let mut lines = request.get_all(header::RANGE).iter();
    let (line, others) = (lines.next()?, lines.next().is_some());
    if others || !request.get(header::IF_RANGE).is_none_or(|validator| is_same(entry, validator)) {
        return None;
    }
    let (unit, spec) = line.to_str().ok()?.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = spec.trim().split_once('-')?;
    let length = entry.message.body().len();
    if first.is_empty() {
        let wanted = position(last)?;
        return match wanted {
            0 => Some(Err(Unsatisfiable)),
            _ if length == 0 => None,
            _ => Some(Ok(length.saturating_sub(wanted)..length)),
        };
    }
    let first = position(first)?;
    let last = if last.is_empty() { usize::MAX } else { position(last).filter(|last| *last >= first)? };
    if first >= length {
        return Some(Err(Unsatisfiable));
    }
    Some(Ok(first..last.saturating_add(1).min(length)))
}

/// `1*DIGIT`; what is too large lies beyond every end.
fn position(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

/// RFC 9110 §13.1.5: a strong ETag, or exactly the date of a last change that was over by the
/// time of the answer.
fn is_same(entry: &Entry, validator: &HeaderValue) -> bool {
    if validator.as_bytes().starts_with(b"\"") {
        return entry.strong_etag().as_ref() == Some(validator);
    }
    // A date does not tell codings apart: the reader's part may be one of another.
    let modified = entry.field(&header::LAST_MODIFIED).filter(|modified| modified == validator && !entry.codable);
    let date = date(entry);
    modified.and_then(|modified| http_date(&modified, date)).is_some_and(|modified| modified < date)
}

/// The entry's `Date`, which it was given if it had none; always in the present form.
fn date(entry: &Entry) -> i64 {
    entry.field(&header::DATE).and_then(|date| http_date(&date, 0)).unwrap_or(0)
}

/// The members of a list of entity tags; commas inside quotes do not separate.
fn etags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let members = list.split(move |&byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    });
    members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    const MODIFIED: &str = "Sun, 22 Nov 2026 17:00:00 GMT";
    const BEFORE: &str = "Sun, 22 Nov 2026 16:59:59 GMT";

    fn entry(fields: &[(HeaderName, &'static str)]) -> Entry {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        Entry::of(&fields, "0123456789")
    }

    fn asking(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn conditions_are_evaluated_in_order() {
        let entry = entry(&[(header::ETAG, "\"a,b\""), (header::LAST_MODIFIED, MODIFIED), (header::DATE, MODIFIED)]);
        let holds = |fields: &[_]| is_not_modified(&entry, &asking(fields), None);
        assert!(!holds(&[]));
        assert!(holds(&[(header::IF_NONE_MATCH, "\"x\", W/\"a,b\"")]));
        assert!(holds(&[(header::IF_NONE_MATCH, "*")]));
        assert!(!holds(&[(header::IF_NONE_MATCH, "\"a\"")]));
        assert!(holds(&[(header::IF_MODIFIED_SINCE, MODIFIED)]));
        assert!(holds(&[(header::IF_MODIFIED_SINCE, "Sunday, 22-Nov-26 17:00:00 GMT")]));
        assert!(!holds(&[(header::IF_MODIFIED_SINCE, BEFORE)]));
        assert!(!holds(&[(header::IF_MODIFIED_SINCE, "yesterday")]));
        assert!(!holds(&[(header::IF_NONE_MATCH, "\"x\""), (header::IF_MODIFIED_SINCE, MODIFIED)]));
    }

    #[test]
    fn without_a_last_change_the_date_stands_for_it() {
        let entry = entry(&[(header::DATE, MODIFIED)]);
        assert!(is_not_modified(&entry, &asking(&[(header::IF_MODIFIED_SINCE, MODIFIED)]), None));
        assert!(!is_not_modified(&entry, &asking(&[(header::IF_MODIFIED_SINCE, BEFORE)]), None));
    }

    #[test]
    fn one_range_is_cut_out_and_anything_else_is_whole() {
        let entry = entry(&[]);
        let of = |text: &'static str| range(&entry, &asking(&[(header::RANGE, text)]));
        for (text, wanted) in [
            ("bytes=0-1", 0..2),
            ("bytes=1-", 1..10),
            ("bytes=-3", 7..10),
            ("bytes=-99", 0..10),
            ("bytes=8-99999999999999999999", 8..10),
            ("Bytes=9-9", 9..10),
        ] {
            assert_eq!(of(text), Some(Ok(wanted)), "{text}");
        }
        for text in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(of(text), Some(Err(Unsatisfiable)), "{text}");
        }
        for text in ["bytes=0-1,3-4", "bytes=3-1", "bytes=a-b", "bytes=-", "bytes", "lines=0-1", "bytes=+1-2"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_is_only_added_to_the_same_whole() {
        let strong = entry(&[(header::ETAG, "\"a\""), (header::LAST_MODIFIED, BEFORE), (header::DATE, MODIFIED)]);
        let weak = entry(&[(header::ETAG, "W/\"a\""), (header::LAST_MODIFIED, MODIFIED), (header::DATE, MODIFIED)]);
        let cut = |entry: &Entry, validator: &'static str| {
            range(entry, &asking(&[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, validator)])).is_some()
        };
        assert!(cut(&strong, "\"a\"") && cut(&strong, BEFORE));
        assert!(!cut(&strong, "\"b\"") && !cut(&strong, "W/\"a\"") && !cut(&strong, MODIFIED));
        assert!(!cut(&weak, "W/\"a\"") && !cut(&weak, "\"a\""));
        // It may have changed again within that second.
        assert!(!cut(&weak, MODIFIED));
    }
}
