//! An entry as bytes.

use std::{sync::Arc, time::Duration};

use bytes::{BufMut as _, BytesMut};
use common::{Seq, Tag};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::Stored;
use crate::{
    entry::Entry,
    exposed,
    policy::Lifetime,
    tags::{Cell, Tags},
};

/// Raised when the form changes: another version's entries are passed over, never misread.
const VERSION: u8 = 1;

/// Everything but the body. It stands in front, with its length in four bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    tags: Vec<Tag>,
    as_of: Seq,
    fresh_ms: u64,
    stale_while_revalidate_ms: u64,
    stale_if_error_ms: u64,
    may_be_stale: bool,
}

/// `None` if the entry cannot be kept outside: a variant (its key would not tell it apart),
/// a header that is not text, or nothing left to live.
pub fn encode(entry: &Entry, now: Duration) -> Option<Stored> {
    let left = entry.lifetime.total().checked_sub(entry.age(now)).filter(|left| left.as_millis() > 0)?;
    if !entry.vary.is_empty() {
        return None;
    }
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    let head = Head {
        status: entry.status.as_u16(),
        headers: entry.headers.iter().chain(&entry.inside).map(text).collect::<Option<_>>()?,
        tags: entry.tags.to_vec(),
        as_of: entry.as_of,
        fresh_ms: ms(entry.lifetime.fresh),
        stale_while_revalidate_ms: ms(entry.lifetime.stale_while_revalidate),
        stale_if_error_ms: ms(entry.lifetime.stale_if_error),
        may_be_stale: entry.lifetime.may_be_stale,
    };
    let head = serde_json::to_vec(&head).ok()?;
    let mut payload = BytesMut::with_capacity(5 + head.len() + entry.body.len());
    payload.put_u8(VERSION);
    payload.put_u32(u32::try_from(head.len()).ok()?);
    payload.put_slice(&head);
    payload.put_slice(&entry.body);
    Some(Stored { as_of: entry.as_of, payload: payload.freeze(), left })
}

/// The entry again, with this process's own cells. `None` if the bytes are not understood.
pub fn decode(stored: &Stored, now: Duration, tags: &Tags) -> Option<Entry> {
    let (version, rest) = stored.payload.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if *version != VERSION || rest.len() < length {
        return None;
    }
    let head: Head = serde_json::from_slice(&rest[..length]).ok()?;
    // The number outside is what Redis compared; if they differ, somebody else wrote this.
    if head.as_of != stored.as_of {
        return None;
    }
    let field = |(name, value): (String, String)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?));
    let mut headers = HeaderMap::new();
    for (name, value) in head.headers.into_iter().map(field).collect::<Option<Vec<_>>>()? {
        headers.append(name, value);
    }
    let inside = exposed::take_inside(&mut headers);
    let lifetime = Lifetime {
        fresh: Duration::from_millis(head.fresh_ms),
        stale_while_revalidate: Duration::from_millis(head.stale_while_revalidate_ms),
        stale_if_error: Duration::from_millis(head.stale_if_error_ms),
        may_be_stale: head.may_be_stale,
    };
    let cells: Box<[Arc<Cell>]> = tags.cells(&head.tags);
    Some(Entry {
        status: StatusCode::from_u16(head.status).ok()?,
        headers,
        inside,
        body: stored.payload.slice(5 + length..),
        as_of: head.as_of,
        tags: head.tags.into(),
        cells,
        lifetime,
        born: now.saturating_sub(lifetime.total().saturating_sub(stored.left)),
        vary: Box::new([]),

        wire: std::sync::OnceLock::new(),

        codings: crate::codings::Codings::default(),
    })
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::tags::testing::{seq, tag};

    fn entry(tags: &Tags) -> Entry {
        let names: Box<[Tag]> = Box::new([tag("a"), tag("b")]);
        Entry {
            status: StatusCode::OK,
            headers: HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from_static("\"x\""))]),
            inside: HeaderMap::new(),
            body: Bytes::from_static(b"body"),
            as_of: seq(7),
            cells: tags.cells(&names),
            tags: names,
            lifetime: Lifetime {
                fresh: Duration::from_secs(60),
                stale_while_revalidate: Duration::from_secs(10),
                stale_if_error: Duration::from_secs(100),
                may_be_stale: true,
            },
            born: Duration::from_secs(1000),
            vary: Box::new([]),

            wire: std::sync::OnceLock::new(),

            codings: crate::codings::Codings::default(),
        }
    }

    #[test]
    fn age_survives_without_comparing_clocks() {
        let tags = Tags::starting_at(seq(5), 16);
        let stored = encode(&entry(&tags), Duration::from_secs(1020)).unwrap();
        assert_eq!(stored.left, Duration::from_secs(140));
        // Another process, another clock; ten seconds have passed in Redis.
        let now = Duration::from_secs(5_000_000);
        let later = Stored { left: Duration::from_secs(130), ..stored };
        let back = decode(&later, now, &tags).unwrap();
        assert_eq!(back.age(now), Duration::from_secs(30));
        assert_eq!((back.body.as_ref(), back.as_of, back.tags.len()), (b"body".as_ref(), seq(7), 2));
        assert_eq!(back.headers["etag"], "\"x\"");
    }

    #[test]
    fn bytes_that_are_not_understood_are_no_entry() {
        let tags = Tags::starting_at(seq(5), 16);
        let stored = encode(&entry(&tags), Duration::from_secs(1020)).unwrap();
        for cut in 0..stored.payload.len() - 4 {
            let payload = stored.payload.slice(..cut);
            assert!(decode(&Stored { payload, ..stored.clone() }, Duration::ZERO, &tags).is_none(), "cut at {cut}");
        }
        assert!(decode(&Stored { as_of: seq(8), ..stored.clone() }, Duration::ZERO, &tags).is_none());
    }

    #[test]
    fn variants_and_the_dead_are_not_kept() {
        let tags = Tags::starting_at(seq(5), 16);
        assert!(encode(&entry(&tags), Duration::from_secs(1160)).is_none());
        let variant = Entry { vary: Box::new([(http::header::ACCEPT, None)]), ..entry(&tags) };
        assert!(encode(&variant, Duration::from_secs(1020)).is_none());
    }
}
