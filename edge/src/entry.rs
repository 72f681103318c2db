//! A stored response.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::{
    Seq, Tag,
    headers::{CACHE_STATUS, RCR_AS_OF, RCR_LOG, SURROGATE_KEY},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{
    policy::Lifetime,
    tags::{Cell, HandMark, Purge, strongest_purge},
};

/// What an entry weighs beyond its bytes: the structures around it. An estimate, not yet
/// measured.
const OVERHEAD_BYTES: usize = 400;

/// One stored response, immutable. A newer answer makes a new entry.
#[derive(Debug)]
pub struct Entry {
    pub status: StatusCode,
    /// End-to-end headers as the origin sent them, without `Age` and `Cache-Status`.
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The number of the snapshot it was made from; zero when the feed is off.
    pub as_of: Seq,
    pub tags: Box<[Tag]>,
    /// The cells of `tags`, which this holds in the map, and that of everything.
    pub cells: Box<[Arc<Cell>]>,
    pub lifetime: Lifetime,
    /// When it was of age zero, on the local clock: the request's start less the `Age` it
    /// came with, so the time on the way counts as age.
    pub born: Duration,
    /// The request header fields that select it, with the values it was made for.
    pub vary: Box<[(HeaderName, Option<HeaderValue>)]>,
    /// How it stands towards purges by hand.
    pub hand: HandMark,
}

impl Entry {
    /// The strongest purge that it must hold against itself; `None` if it is current.
    pub fn purge(&self) -> Option<Purge> {
        let cells = self.cells.iter().map(|cell| &**cell).chain(self.hand.url_cell());
        strongest_purge(cells, self.as_of, self.hand.sent)
    }

    pub fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.born)
    }

    /// What is left of its freshness; `None` once it is stale.
    pub fn fresh_for(&self, now: Duration) -> Option<Duration> {
        self.lifetime.fresh.checked_sub(self.age(now)).filter(|left| !left.is_zero())
    }

    /// How long it has been stale.
    pub fn stale_for(&self, now: Duration) -> Duration {
        self.age(now).saturating_sub(self.lifetime.fresh)
    }

    /// Whether it may be shown though stale because the origin fails.
    pub fn usable_on_error(&self, now: Duration) -> bool {
        let stale_for = self.stale_for(now);
        stale_for.is_zero() || (self.lifetime.may_be_stale && stale_for < self.lifetime.stale_if_error)
    }

    /// The validator that may be sent to the origin: strong only (R13).
    pub fn strong_etag(&self) -> Option<&HeaderValue> {
        self.headers.get(header::ETAG).filter(|etag| etag.as_bytes().starts_with(b"\""))
    }

    /// Whether a request with these headers selects it (RFC 9111 §4.1).
    pub fn selected_by(&self, request: &HeaderMap) -> bool {
        self.vary.iter().all(|(name, value)| combined(request, name) == *value)
    }

    /// Whether it varies by the same request fields, whatever their values.
    pub fn varies_like(&self, other: &Entry) -> bool {
        self.vary.iter().map(|(name, _)| name).eq(other.vary.iter().map(|(name, _)| name))
    }

    /// Bytes it takes in memory.
    pub fn weight(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 48).sum();
        let tags: usize = self.tags.iter().map(|tag| tag.as_str().len() + 24).sum();
        self.body.len() + headers + tags + size_of_val(&*self.cells) + OVERHEAD_BYTES
    }
}

/// The request's values that `vary` names.
pub fn selecting_values(vary: &HeaderMap, request: &HeaderMap) -> Box<[(HeaderName, Option<HeaderValue>)]> {
    let mut names: Vec<HeaderName> = Vec::new();
    for value in vary.get_all(header::VARY) {
        for name in value.as_bytes().split(|&byte| byte == b',') {
            if let Ok(name) = HeaderName::from_bytes(name.trim_ascii())
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
    }
    names.into_iter().map(|name| (name.clone(), combined(request, &name))).collect()
}

/// All lines of a field as one value, white space around the members removed.
fn combined(headers: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    let mut text = normalised_list(first.as_bytes());
    for line in lines {
        text.push(b',');
        text.extend_from_slice(&normalised_list(line.as_bytes()));
    }
    HeaderValue::from_bytes(&text).ok()
}

fn normalised_list(value: &[u8]) -> Vec<u8> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).collect::<Vec<_>>().join(&b',')
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
    const HOP_BY_HOP: [HeaderName; 7] = [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        header::PROXY_AUTHENTICATE,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers.remove("proxy-connection");
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
    fn variants_are_selected_by_normalised_values() {
        let selecting =
            selecting_values(&headers(&[("vary", "Accept, x-a,accept")]), &headers(&[("accept", "a,  b"), ("accept", "c")]));
        assert_eq!(selecting.len(), 2);
        assert_eq!(selecting[0].1.as_ref().unwrap(), "a,b,c");
        assert_eq!(selecting[1].1, None);
    }

    #[test]
    fn what_belongs_to_one_connection_is_removed() {
        let mut map = headers(&[("connection", "close, x-mine"), ("x-mine", "1"), ("te", "trailers"), ("etag", "\"a\"")]);
        end_to_end(&mut map);
        assert_eq!(map, headers(&[("etag", "\"a\"")]));
    }
}
