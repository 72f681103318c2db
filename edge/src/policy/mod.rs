//! RFC 9111 for a shared cache: may it be stored, how long is it fresh, how stale may it be.

mod date;
mod directives;
pub mod no_vary_search;
pub mod structured;
mod vary;

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};

pub use self::{
    date::{http_date, to_http_date},
    directives::{Directives, only_if_cached, withheld_fields},
    vary::{Selecting, selecting_values, selects},
};

/// Why a response is not stored. A type, so that logs, metrics and `Cache-Status` agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStored {
    Status,
    NoStore,
    Private,
    SetCookie,
    VaryAll,
    /// Neither a lifetime nor a validator: there would be nothing to do with it.
    NoFreshness,
    TooLarge,
    /// R10: no valid as-of number, log or tags, though the feed is on.
    NoAsOf,
    /// R8: more tags, or longer ones, than the limit.
    TooManyTags,
    /// Purged before it arrived.
    Purged,
    /// Storing is off until the first head.
    NoEpoch,
    /// An unsafe request, or a purge of its URL by hand, overtook the fill.
    Overtaken,
}

impl NotStored {
    pub const fn as_str(self) -> &'static str {
        match self {
            NotStored::Status => "status",
            NotStored::NoStore => "no-store",
            NotStored::Private => "private",
            NotStored::SetCookie => "set-cookie",
            NotStored::VaryAll => "vary-all",
            NotStored::NoFreshness => "no-freshness",
            NotStored::TooLarge => "too-large",
            NotStored::NoAsOf => "no-as-of",
            NotStored::TooManyTags => "too-many-tags",
            NotStored::Purged => "purged",
            NotStored::NoEpoch => "no-epoch",
            NotStored::Overtaken => "overtaken",
        }
    }

    /// Whether the response may still answer others who asked for the same at the same time.
    /// What is forbidden to shared caches answers only its own request (R12).
    pub const fn shareable(self) -> bool {
        match self {
            NotStored::NoStore | NotStored::Private | NotStored::SetCookie | NotStored::VaryAll | NotStored::TooLarge => false,
            NotStored::Status
            | NotStored::NoFreshness
            | NotStored::NoAsOf
            | NotStored::TooManyTags
            | NotStored::Purged
            | NotStored::NoEpoch
            | NotStored::Overtaken => true,
        }
    }
}

/// How long a stored response may be used, in seconds as fields state it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lifetime {
    pub fresh_s: u32,
    /// Past `fresh`: may be served while it is refreshed (RFC 5861).
    pub stale_while_revalidate_s: u32,
    /// Past `fresh`: may be served when the origin cannot be reached (RFC 5861).
    pub stale_if_error_s: u32,
    /// Whether it may be served stale at all.
    pub may_be_stale: bool,
}

impl Lifetime {
    pub fn fresh(&self) -> Duration {
        Duration::from_secs(self.fresh_s.into())
    }

    pub fn stale_while_revalidate(&self) -> Duration {
        Duration::from_secs(self.stale_while_revalidate_s.into())
    }

    pub fn stale_if_error(&self) -> Duration {
        Duration::from_secs(self.stale_if_error_s.into())
    }

    /// How long the entry is of any use, even as a validator.
    pub fn total(&self) -> Duration {
        self.fresh() + self.stale_while_revalidate().max(self.stale_if_error())
    }
}

/// Decides over a response to a request without `Authorization`, received at `received`, in
/// seconds since 1970.
///
/// # Errors
/// With the reason why it is not to be stored.
pub fn lifetime(status: StatusCode, headers: &HeaderMap, received: i64) -> Result<Lifetime, NotStored> {
    // 206 needs its range, 304 its entry; a failing origin's words are not kept.
    if status.is_informational() || status.is_server_error() || matches!(status.as_u16(), 206 | 304) {
        return Err(NotStored::Status);
    }
    let targeted = Directives::cdn_cache_control(headers);
    let directives = targeted.unwrap_or_else(|| Directives::cache_control(headers));
    // RFC 9111 §5.2.2.3: `no-store` is for the caches that do not know the status.
    if directives.must_understand && !is_understood(status) {
        return Err(NotStored::Status);
    }
    if directives.no_store && !directives.must_understand {
        return Err(NotStored::NoStore);
    }
    if directives.private {
        return Err(NotStored::Private);
    }
    if headers.contains_key(header::SET_COOKIE) {
        return Err(NotStored::SetCookie);
    }
    if vary::varies_by_everything(headers) {
        return Err(NotStored::VaryAll);
    }

    // RFC 9213 §2.2: a targeted field replaces both `Cache-Control` and `Expires`.
    let explicit = match directives.s_maxage.or(directives.max_age) {
        _ if directives.broken_lifetime => Some(0),
        Some(seconds) => Some(seconds),
        None if targeted.is_some() => None,
        None => expires_in(headers, received),
    };
    // No heuristic freshness: a lifetime nobody stated is nobody's promise.
    let validator = headers.contains_key(header::ETAG) || headers.contains_key(header::LAST_MODIFIED);
    if explicit.is_none() && !validator {
        return Err(NotStored::NoFreshness);
    }
    let fresh = if directives.no_cache { 0 } else { explicit.unwrap_or(0) };
    let strict =
        directives.no_cache || directives.must_revalidate || directives.proxy_revalidate || directives.s_maxage.is_some();
    let window = |seconds: Option<u32>| if strict { 0 } else { seconds.unwrap_or(0) };
    if fresh == 0 && !validator && window(directives.stale_while_revalidate.max(directives.stale_if_error)) == 0 {
        return Err(NotStored::NoFreshness);
    }
    Ok(Lifetime {
        fresh_s: fresh,
        stale_while_revalidate_s: window(directives.stale_while_revalidate),
        stale_if_error_s: window(directives.stale_if_error),
        may_be_stale: !strict,
    })
}

/// The statuses whose meaning for a cache is known here (RFC 9110 §15 and its registry).
const fn is_understood(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200..=205 | 300..=303 | 307 | 308 | 400..=417 | 421..=426 | 428 | 429 | 431 | 451)
}

/// `Expires` less `Date`, both by the origin's clock; without a `Date`, less the time it was
/// received. 0 if it is past, unreadable or there twice.
fn expires_in(headers: &HeaderMap, received: i64) -> Option<u32> {
    let mut lines = headers.get_all(header::EXPIRES).iter();
    let (expires, others) = (lines.next()?, lines.next().is_some());
    let date = headers.get(header::DATE).and_then(|date| http_date(date, received)).unwrap_or(received);
    let seconds = http_date(expires, received).filter(|_| !others).map_or(0, |expires| expires.saturating_sub(date).max(0));
    Some(u32::try_from(seconds).unwrap_or(u32::MAX))
}

/// Gives a response without a readable `Date` the time it was received, in seconds since 1970
/// (RFC 9110 §6.6.1), and one in an obsolete form the present form.
pub fn ensure_date(headers: &mut HeaderMap, received: i64) {
    let told = headers.get(header::DATE);
    let date = told.and_then(|date| http_date(date, received)).and_then(to_http_date).or_else(|| to_http_date(received));
    if let Some(date) = date.filter(|date| Some(date) != told) {
        headers.insert(header::DATE, date);
    }
}

/// An ETag without its mark of weakness: what a weak comparison compares.
pub fn opaque(etag: &[u8]) -> &[u8] {
    etag.strip_prefix(b"W/").unwrap_or(etag)
}

/// How old the response says it is already: its `Age`, 0 if there is none or a broken one.
pub fn age(headers: &HeaderMap) -> Duration {
    let first = headers.get(header::AGE).and_then(|value| value.to_str().ok()).and_then(|text| text.split(',').next());
    let seconds = first.and_then(|text| directives::delta_seconds(text.trim())).unwrap_or(0);
    Duration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    /// Sun, 22 Nov 2026 17:00:30 GMT.
    const RECEIVED: i64 = 1_795_366_830;

    fn decide(status: u16, fields: &[(&str, &str)]) -> Result<Lifetime, NotStored> {
        let field = |(name, value): &(&str, &str)| (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        lifetime(StatusCode::from_u16(status).unwrap(), &fields.iter().map(field).collect(), RECEIVED)
    }

    fn fresh_s(fields: &[(&str, &str)]) -> Option<u32> {
        decide(200, fields).ok().map(|lifetime| lifetime.fresh_s)
    }

    const DATE: (&str, &str) = ("date", "Sun, 22 Nov 2026 17:00:00 GMT");

    #[test]
    fn a_shared_cache_stores_only_what_it_may() {
        type Case<'a> = (u16, &'a [(&'a str, &'a str)], NotStored);
        let table: &[Case] = &[
            (200, &[("cache-control", "no-store, max-age=60")], NotStored::NoStore),
            (200, &[("cache-control", "private, max-age=60")], NotStored::Private),
            (200, &[("cache-control", "max-age=60"), ("set-cookie", "a=b")], NotStored::SetCookie),
            (200, &[("cache-control", "max-age=60"), ("vary", "accept, *")], NotStored::VaryAll),
            (200, &[], NotStored::NoFreshness),
            (200, &[("cache-control", "max-age=0")], NotStored::NoFreshness),
            (206, &[("cache-control", "max-age=60")], NotStored::Status),
            (503, &[("cache-control", "max-age=60")], NotStored::Status),
        ];
        for (status, fields, reason) in table {
            assert_eq!(decide(*status, fields), Err(*reason), "{status} {fields:?}");
        }
        assert!(decide(404, &[("cache-control", "max-age=60")]).is_ok());
        assert!(decide(200, &[("etag", "\"a\"")]).is_ok());
        let must_understand = [("cache-control", "no-store, must-understand, max-age=60")];
        assert!(decide(200, &must_understand).is_ok());
        assert_eq!(decide(299, &must_understand), Err(NotStored::Status));
    }

    #[test]
    fn the_most_specific_lifetime_wins() {
        assert_eq!(fresh_s(&[("cache-control", "max-age=1, s-maxage=2")]), Some(2));
        assert_eq!(fresh_s(&[("cache-control", "max-age=1"), ("cdn-cache-control", "max-age=3")]), Some(3));
        assert_eq!(fresh_s(&[("cache-control", "no-store"), ("cdn-cache-control", "max-age=3")]), Some(3));
        assert_eq!(fresh_s(&[DATE, ("expires", "Sun, 22 Nov 2026 17:01:00 GMT")]), Some(60));
        assert_eq!(fresh_s(&[DATE, ("expires", "Sunday, 22-Nov-26 17:01:00 GMT"), ("cache-control", "max-age=5")]), Some(5));
        assert_eq!(fresh_s(&[DATE, ("expires", "0"), ("etag", "\"a\"")]), Some(0));
        assert_eq!(fresh_s(&[("expires", "Sun, 22 Nov 2026 17:01:00 GMT")]), Some(30));
        assert_eq!(fresh_s(&[("date", "today"), ("expires", "Sun, 22 Nov 2026 17:01:00 GMT")]), Some(30));
        assert_eq!(fresh_s(&[("cache-control", "no-cache, max-age=60"), ("etag", "\"a\"")]), Some(0));
    }

    #[test]
    fn windows_are_refused_where_staleness_is() {
        for strict in ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=1"] {
            let value = format!("max-age=1, stale-while-revalidate=9, stale-if-error=9, {strict}");
            let lifetime = decide(200, &[("cache-control", &value), ("etag", "\"a\"")]).unwrap();
            assert_eq!(lifetime.stale_while_revalidate_s, 0, "{strict}");
            assert!(!lifetime.may_be_stale, "{strict}");
        }
        let lifetime = decide(200, &[("cache-control", "max-age=1, stale-while-revalidate=9, stale-if-error=99")]).unwrap();
        assert_eq!((lifetime.stale_while_revalidate_s, lifetime.stale_if_error_s), (9, 99));
        assert!(lifetime.may_be_stale);
    }
}
