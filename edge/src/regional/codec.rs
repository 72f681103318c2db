//! An entry as bytes.

use std::time::Duration;

use bytes::{BufMut as _, BytesMut};
use common::{Seq, Tag};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use super::Stored;
use crate::{
    codings::{self, Codings},
    entry::{Entry, ReadMark},
    exposed,
    key::Key,
    message::Message,
    policy::Lifetime,
    tags::{Hand, Tags},
};

/// Raised when the form changes: another version's entries are passed over, never misread.
const VERSION: u8 = 3;

/// Everything but the body. It stands in front, with its length in four bytes.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    tags: Vec<Tag>,
    as_of: Seq,
    fresh_s: u32,
    stale_while_revalidate_s: u32,
    stale_if_error_s: u32,
    may_be_stale: bool,
    /// The process that stored it, and its last purge by hand before it asked: the number
    /// means nothing to another process.
    process: u64,
    by_hand: u64,
}

/// `None` if the entry cannot be kept outside: a variant (its key would not tell it apart),
/// a header that is not text, or nothing left to live.
pub fn encode(entry: &Entry, now: Duration, tags: &Tags) -> Option<Stored> {
    let left = entry.lifetime.total().checked_sub(entry.age(now)).filter(|left| left.as_millis() > 0)?;
    if !entry.vary.is_empty() {
        return None;
    }
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()));
    let head = Head {
        status: entry.status.as_u16(),
        headers: entry.message.to_map().iter().chain(&entry.message.inside()).map(text).collect::<Option<_>>()?,
        tags: entry.tags.to_vec(),
        as_of: entry.as_of,
        fresh_s: entry.lifetime.fresh_s,
        stale_while_revalidate_s: entry.lifetime.stale_while_revalidate_s,
        stale_if_error_s: entry.lifetime.stale_if_error_s,
        may_be_stale: entry.lifetime.may_be_stale,
        process: tags.by_hand().process(),
        by_hand: entry.hand.sent.get(),
    };
    let head = serde_json::to_vec(&head).ok()?;
    let mut payload = BytesMut::with_capacity(5 + head.len() + entry.message.body().len());
    payload.put_u8(VERSION);
    payload.put_u32(u32::try_from(head.len()).ok()?);
    payload.put_slice(&head);
    payload.put_slice(entry.message.body());
    Some(Stored { as_of: entry.as_of, payload: payload.freeze(), left })
}

/// The entry of `key` again, with this process's own cells. `None` if the bytes are not
/// understood.
pub fn decode(stored: &Stored, key: &Key, now: Duration, tags: &Tags) -> Option<Entry> {
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
    let inside = exposed::take_inside(&mut headers, true);
    let status = StatusCode::from_u16(head.status).ok()?;
    let body = &rest[length..];
    let codable = codings::is_codable(status, &headers, body.len());
    if codable {
        codings::announce(&mut headers);
    }
    let lifetime = Lifetime {
        fresh_s: head.fresh_s,
        stale_while_revalidate_s: head.stale_while_revalidate_s,
        stale_if_error_s: head.stale_if_error_s,
        may_be_stale: head.may_be_stale,
    };
    let (held, cells) = tags.hold(head.tags);
    // What another process has stored counts as older than every purge by hand here.
    let own = head.process == tags.by_hand().process();
    let sent = if own { Hand::new(head.by_hand).min(tags.by_hand().applied()) } else { Hand::ZERO };
    Some(Entry {
        status,
        message: Message::new(&headers, &inside, body),
        as_of: head.as_of,
        tags: held,
        cells,
        lifetime,
        born: now.saturating_sub(lifetime.total().saturating_sub(stored.left)),
        vary: Box::new([]),
        hand: tags.hand_mark(key, sent),
        codable,
        codings: Codings::default(),
        read: ReadMark::default(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tags::{
        ByHand, HandMark, Purge, Strength,
        testing::{seq, tag},
    };

    fn key() -> Key {
        "h/a".into()
    }

    fn entry(tags: &Tags) -> Entry {
        let names: Box<[Tag]> = Box::new([tag("a"), tag("b")]);
        Entry {
            as_of: seq(7),
            cells: tags.cells(&names),
            tags: names,
            lifetime: Lifetime { fresh_s: 60, stale_while_revalidate_s: 10, stale_if_error_s: 100, may_be_stale: true },
            born: Duration::from_secs(1000),
            ..Entry::of(&[("etag", "\"x\"")], "body")
        }
    }

    #[test]
    fn age_survives_without_comparing_clocks() {
        let tags = Tags::starting_at(seq(5), 16);
        let stored = encode(&entry(&tags), Duration::from_secs(1020), &tags).unwrap();
        assert_eq!(stored.left, Duration::from_secs(140));
        // Another process, another clock; ten seconds have passed in Redis.
        let now = Duration::from_secs(5_000_000);
        let later = Stored { left: Duration::from_secs(130), ..stored };
        let back = decode(&later, &key(), now, &tags).unwrap();
        assert_eq!(back.age(now), Duration::from_secs(30));
        assert_eq!((back.message.body(), back.as_of, back.tags.len()), (b"body".as_ref(), seq(7), 2));
        assert_eq!(back.message.etag(), Some(b"\"x\"".as_slice()));
    }

    #[test]
    fn bytes_that_are_not_understood_are_no_entry() {
        let tags = Tags::starting_at(seq(5), 16);
        let stored = encode(&entry(&tags), Duration::from_secs(1020), &tags).unwrap();
        for cut in 0..stored.payload.len() - 4 {
            let payload = stored.payload.slice(..cut);
            assert!(decode(&Stored { payload, ..stored.clone() }, &key(), Duration::ZERO, &tags).is_none(), "cut at {cut}");
        }
        assert!(decode(&Stored { as_of: seq(8), ..stored.clone() }, &key(), Duration::ZERO, &tags).is_none());
    }

    #[test]
    fn variants_and_the_dead_are_not_kept() {
        let tags = Tags::starting_at(seq(5), 16);
        assert!(encode(&entry(&tags), Duration::from_secs(1160), &tags).is_none());
        let variant = Entry { vary: Box::new([(http::header::ACCEPT, None)]), ..entry(&tags) };
        assert!(encode(&variant, Duration::from_secs(1020), &tags).is_none());
    }

    /// A copy from Redis is as old as it says only to the process that stored it.
    #[test]
    fn purges_by_hand_are_counted_by_each_process_for_itself() {
        let own = Tags::after(Arc::new(ByHand::of_process(1)), seq(5), 16);
        own.by_hand().begin(Strength::Hard, &[tag("a")], &[], Duration::ZERO).end();
        let before = encode(&entry(&own), Duration::from_secs(1020), &own).unwrap();
        let refreshed = Entry { hand: HandMark::sent_at(own.by_hand().applied()), ..entry(&own) };
        let after = encode(&refreshed, Duration::from_secs(1020), &own).unwrap();
        let purge = |stored, tags| decode(stored, &key(), Duration::ZERO, tags).unwrap().purge();
        assert_eq!(purge(&before, &own), Some(Purge::Hard));
        assert_eq!(purge(&after, &own), None);
        let other = Tags::after(Arc::new(ByHand::of_process(2)), seq(5), 16);
        assert_eq!(purge(&after, &other), None);
        other.by_hand().begin(Strength::Hard, &[], &[key()], Duration::ZERO).end();
        assert_eq!(purge(&after, &other), Some(Purge::Hard));
    }
}
