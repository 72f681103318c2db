//! A stored response.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use common::{
    Seq, Tag,
    headers::{CACHE_STATUS, RCR_AS_OF, RCR_LOG, SURROGATE_KEY},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{
    codings::Codings,
    message::Message,
    policy::{Lifetime, Selecting, selects},
    tags::{Cells, HandMark, Purge, strongest_purge},
};

/// What an entry weighs beyond its bytes: the structures around it, here and in the store. What
/// `cargo stack bench memory` found, less its tag and cells.
const OVERHEAD_BYTES: usize = 800;

/// One stored response, immutable. A newer answer makes a new entry.
#[derive(Debug)]
pub struct Entry {
    pub status: StatusCode,
    /// Its content behind the end-to-end fields, without `Age` and `Cache-Status`; those that are said to edges only
    /// (see [`crate::exposed`]) apart, for when a 304 renews the entry.
    pub message: Message,
    /// The number of the snapshot it was made from; zero when the feed is off.
    pub as_of: Seq,
    pub tags: Box<[Tag]>,
    /// The cells of `tags`, which this holds in the map, and that of everything.
    pub cells: Cells,
    pub lifetime: Lifetime,
    /// When it was of age zero, on the local clock: the request's start less the `Age` it
    /// came with, so the time on the way counts as age.
    pub born: Duration,
    /// The request header fields that select it, with the values it was made for.
    pub vary: Box<[Selecting]>,
    /// How it stands towards purges by hand.
    pub hand: HandMark,
    /// Whether it may be sent coded; its `Vary` says so then.
    pub codable: bool,
    pub codings: Codings,
    /// See [`Entry::note_read`].
    pub read: ReadMark,
}

/// Whether a reader has had an entry since it was made.
#[derive(Debug, Default)]
pub struct ReadMark(AtomicBool);

impl Entry {
    /// The strongest purge that it must hold against itself; `None` if it is current.
    pub fn purge(&self) -> Option<Purge> {
        let cells = self.cells.iter().map(|cell| &**cell).chain(self.hand.url_cell());
        strongest_purge(cells, self.as_of, self.hand.sent)
    }

    /// A reader has had it.
    pub fn note_read(&self) {
        // Written once: written by every hit it would wander between the processor's cores.
        if !self.is_read() {
            self.read.0.store(true, Ordering::Relaxed);
        }
    }

    fn is_read(&self) -> bool {
        self.read.0.load(Ordering::Relaxed)
    }

    /// Whether one has, and nobody was told of it yet.
    pub fn take_read(&self) -> bool {
        self.is_read() && self.read.0.swap(false, Ordering::Relaxed)
    }

    pub fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.born)
    }

    /// What is left of its freshness; `None` once it is stale.
    pub fn fresh_for(&self, now: Duration) -> Option<Duration> {
        self.lifetime.fresh().checked_sub(self.age(now)).filter(|left| !left.is_zero())
    }

    /// How long it has been stale.
    pub fn stale_for(&self, now: Duration) -> Duration {
        self.age(now).saturating_sub(self.lifetime.fresh())
    }

    /// Whether it may be shown though stale because the origin fails.
    pub fn usable_on_error(&self, now: Duration) -> bool {
        // At the very end of its lifetime it has been stale for no time, and is stale.
        let inside_window = self.lifetime.may_be_stale && self.stale_for(now) < self.lifetime.stale_if_error();
        self.fresh_for(now).is_some() || inside_window
    }

    /// The validator that may be sent to an origin with a feed: strong only (R13).
    pub fn strong_etag(&self) -> Option<HeaderValue> {
        self.field(&header::ETAG).filter(|etag| etag.as_bytes().starts_with(b"\""))
    }

    /// The first value of a field for readers.
    pub fn field(&self, name: &HeaderName) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.message.get(name)?).ok()
    }

    /// The fields by which an origin may be asked whether it is still the same: with a feed
    /// the strong ETag alone (R13), without one all it has (RFC 9111 §4.3.1).
    pub fn validators(&self, feed: bool) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let etag = if feed { self.strong_etag() } else { self.field(&header::ETAG) };
        let modified = self.field(&header::LAST_MODIFIED).filter(|_| !feed);
        let etag = etag.map(|etag| (header::IF_NONE_MATCH, etag));
        etag.into_iter().chain(modified.map(|modified| (header::IF_MODIFIED_SINCE, modified)))
    }

    /// What is left of its freshness in whole seconds; negative once it is stale.
    pub fn ttl_s(&self, now: Duration) -> i64 {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        self.fresh_for(now).map_or_else(|| -seconds(self.stale_for(now)), seconds)
    }

    /// The entry as it may be kept: without the fields that are for one request only.
    pub fn without_fields(&self, names: &[HeaderName], hand: HandMark) -> Entry {
        let mut readers = self.message.to_map();
        for name in names {
            readers.remove(name);
        }
        Entry {
            status: self.status,
            message: self.message.under(&readers, &self.message.inside()),
            as_of: self.as_of,
            tags: self.tags.clone(),
            cells: self.cells.clone(),
            lifetime: self.lifetime,
            born: self.born,
            vary: self.vary.clone(),
            hand,
            codable: self.codable,
            codings: self.codings.clone(),
            read: ReadMark::default(),
        }
    }

    /// Whether a request with these headers selects it (RFC 9111 §4.1).
    pub fn selected_by(&self, request: &HeaderMap) -> bool {
        selects(&self.vary, request)
    }

    /// Whether it varies by the same request fields, whatever their values.
    pub fn varies_like(&self, other: &Entry) -> bool {
        self.vary.iter().map(|(name, _)| name).eq(other.vary.iter().map(|(name, _)| name))
    }

    /// Bytes it takes in memory.
    pub fn weight(&self) -> usize {
        let tags: usize = self.tags.iter().map(|tag| tag.as_str().len() + 24).sum();
        self.message.len() + self.codings.weight() + tags + size_of_val(&*self.cells) + OVERHEAD_BYTES
    }
}

#[cfg(test)]
impl Entry {
    /// One that was never fresh, of nothing but fields and a body.
    pub fn of(fields: &[(&str, &str)], body: &str) -> Entry {
        let field = |(name, value): &(&str, &str)| (HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        Entry {
            status: StatusCode::OK,
            message: Message::new(&fields.iter().map(field).collect(), &HeaderMap::new(), body.as_bytes()),
            as_of: Seq::ZERO,
            tags: Box::default(),
            cells: Cells::new(),
            lifetime: Lifetime::default(),
            born: Duration::ZERO,
            vary: Box::default(),
            hand: HandMark::default(),
            codable: false,
            codings: Codings::default(),
            read: ReadMark::default(),
        }
    }
}

/// Removes what belongs to one connection (RFC 9110 §7.6.1), and what this cache says itself.
pub fn end_to_end(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    // With those that RFC 9111 §3.1 keeps out of every cache.
    const HOP_BY_HOP: [HeaderName; 10] = [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        header::PROXY_AUTHENTICATE,
        HeaderName::from_static("proxy-authentication-info"),
        header::PROXY_AUTHORIZATION,
        HeaderName::from_static("proxy-connection"),
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Removes what is told anew with every answer.
pub fn forget_per_answer(headers: &mut HeaderMap) {
    headers.remove(header::AGE);
    headers.remove(CACHE_STATUS);
    headers.remove(header::CONTENT_LENGTH);
}

/// What a response says of its snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    pub as_of: Seq,
    pub log: common::LogId,
    pub tags: Vec<Tag>,
}

/// Tags of one response; more are not stored, never truncated (R8).
pub const TAGS_MAX: usize = 512;

/// Why a response has no usable provenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoProvenance {
    /// Not exactly one valid number and log, or no tag.
    Missing,
    /// More or longer tags than the limits.
    Tags,
}

/// R10: exactly one valid as-of, its log, and at least one tag.
///
/// # Errors
/// With what is wrong with it.
pub fn provenance(headers: &HeaderMap) -> Result<Provenance, NoProvenance> {
    let one = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())
    };
    let as_of = one(&RCR_AS_OF).and_then(|value| Seq::parse(value.as_bytes()).ok()).ok_or(NoProvenance::Missing)?;
    let log = one(&RCR_LOG).and_then(|value| value.to_str().ok()?.parse().ok()).ok_or(NoProvenance::Missing)?;
    let mut tags = Vec::new();
    for value in headers.get_all(SURROGATE_KEY) {
        let text = value.to_str().map_err(|_| NoProvenance::Tags)?;
        for word in text.split_ascii_whitespace() {
            if tags.len() == TAGS_MAX {
                return Err(NoProvenance::Tags);
            }
            tags.push(Tag::parse(word).map_err(|_| NoProvenance::Tags)?);
        }
    }
    if tags.is_empty() { Err(NoProvenance::Missing) } else { Ok(Provenance { as_of, log, tags }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    const LOG: (&str, &str) = ("rcr-log", "01ARZ3NDEKTSV4RRFFQ69G5FAV");

    #[test]
    fn a_snapshot_is_named_exactly_once() {
        let good = headers(&[("rcr-as-of", "7"), LOG, ("surrogate-key", "a b"), ("surrogate-key", "c")]);
        assert_eq!(provenance(&good).unwrap().tags.len(), 3);
        for (bad, reason) in [
            (vec![LOG, ("surrogate-key", "a")], NoProvenance::Missing),
            (vec![("rcr-as-of", "7"), ("rcr-as-of", "8"), LOG, ("surrogate-key", "a")], NoProvenance::Missing),
            (vec![("rcr-as-of", "-7"), LOG, ("surrogate-key", "a")], NoProvenance::Missing),
            (vec![("rcr-as-of", "7"), ("surrogate-key", "a")], NoProvenance::Missing),
            (vec![("rcr-as-of", "7"), LOG], NoProvenance::Missing),
            (vec![("rcr-as-of", "7"), LOG, ("surrogate-key", "a,b")], NoProvenance::Tags),
        ] {
            assert_eq!(provenance(&headers(&bad)), Err(reason), "{bad:?}");
        }
        let many = (0..=TAGS_MAX).map(|n| format!("t{n}")).collect::<Vec<_>>().join(" ");
        assert_eq!(provenance(&headers(&[("rcr-as-of", "7"), LOG, ("surrogate-key", &many)])), Err(NoProvenance::Tags));
    }

    #[test]
    fn what_belongs_to_one_connection_is_removed() {
        let mut map = headers(&[("connection", "close, x-mine"), ("x-mine", "1"), ("te", "trailers"), ("etag", "\"a\"")]);
        end_to_end(&mut map);
        assert_eq!(map, headers(&[("etag", "\"a\"")]));
    }
}
