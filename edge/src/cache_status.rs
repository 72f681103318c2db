//! What happened to a request, in one type that feeds `Cache-Status` (RFC 9211), the metrics
//! and the log alike.

use std::{fmt::Write as _, time::Duration};

use http::{HeaderValue, StatusCode};

use crate::{
    fill::{Failure, Source},
    policy::NotStored,
};

/// A longer key is not told.
const TOLD_KEY_BYTES_MAX: usize = 256;

/// Why the request went on towards the origin (RFC 9211 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// No entry.
    Miss,
    /// An entry that could not be used without asking.
    Stale,
    /// The method is not for caches.
    Method,
    /// There are entries, for other values of what they vary by.
    VaryMiss,
    /// The cache was not asked: the request is authenticated, or its number is not applied
    /// here yet.
    Bypass,
}

/// Why a copy is shown that should not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// Purged hard, and the origin cannot be reached.
    Purged,
    /// The edge cannot tell whether it is current.
    Unconfirmed,
    /// Stale, and the origin failed.
    StaleIfError,
}

impl Marked {
    pub const fn as_str(self) -> &'static str {
        match self {
            Marked::Purged => "purged",
            Marked::Unconfirmed => "unconfirmed",
            Marked::StaleIfError => "stale-if-error",
        }
    }
}

/// What the edge did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// From memory, fresh.
    Hit { left: Duration },
    /// From memory, stale and inside its window; refreshed behind.
    StaleHit { for_: Duration },
    /// From memory or Redis, though it should not be. `ttl_s` is what is left of its freshness,
    /// negative once it is stale.
    Marked { why: Marked, failure: Option<Failure>, ttl_s: i64 },
    /// From the regional level.
    Regional { ttl_s: i64 },
    /// From the origin. `ttl_s` is the freshness of what was stored.
    Forwarded { why: Forward, source: Option<Source>, stored: Option<Result<(), NotStored>>, collapsed: bool, ttl_s: Option<i64> },
    /// There is no copy to use, and the reader wanted nothing else.
    OnlyIfCached,
    /// No answer to give.
    Failed { why: Forward, failure: Failure },
    /// Answered by the edge itself: a problem, or a preflight.
    Local,
}

impl Disposition {
    /// A copy that a cache further down must not keep (R14).
    pub const fn is_doubtful(&self) -> bool {
        match self {
            Disposition::StaleHit { .. }
            | Disposition::Marked { .. }
            | Disposition::Forwarded { stored: Some(Err(NotStored::Purged)), .. } => true,
            Disposition::Hit { .. }
            | Disposition::Regional { .. }
            | Disposition::Forwarded { .. }
            | Disposition::OnlyIfCached
            | Disposition::Failed { .. }
            | Disposition::Local => false,
        }
    }

    /// Whether the request went on towards the origin.
    pub const fn is_forwarded(&self) -> bool {
        matches!(self, Disposition::Forwarded { .. } | Disposition::Failed { .. })
    }

    /// The label of the metric.
    pub const fn label(&self) -> &'static str {
        match self {
            Disposition::Hit { .. } => "hit",
            Disposition::StaleHit { .. } => "stale",
            Disposition::Marked { why, .. } => why.as_str(),
            Disposition::Regional { .. } => "regional",
            Disposition::Forwarded { collapsed: true, .. } => "collapsed",
            Disposition::Forwarded { why, .. } => why.as_str(),
            // Its own client's doing: no reason to wake anybody.
            Disposition::Failed { failure: Failure::ClientMisses | Failure::ClientRate, .. } => "refused",
            Disposition::Failed { .. } => "failed",
            Disposition::OnlyIfCached => "only-if-cached",
            Disposition::Local => "local",
        }
    }

    /// The member of `Cache-Status` that this cache adds; `name` is the cache's own, `key` what
    /// the request was looked up by, where that is told.
    pub fn header_value(&self, name: &str, key: Option<&str>) -> Option<HeaderValue> {
        let mut text = String::with_capacity(name.len() + 48);
        text.push_str(name);
        // Writing to a `String` cannot fail.
        let written = match self {
            Disposition::Hit { left } => write!(text, "; hit; ttl={}", left.as_secs()),
            Disposition::StaleHit { for_ } => write!(text, "; hit; ttl=-{}; detail=stale", for_.as_secs()),
            Disposition::Marked { why, ttl_s, .. } => write!(text, "; hit; detail={}; ttl={ttl_s}", why.as_str()),
            Disposition::Regional { ttl_s } => write!(text, "; hit; detail=regional; ttl={ttl_s}"),
            Disposition::Forwarded { why, source, stored, collapsed, ttl_s } => {
                forwarded(&mut text, *why, *source, *stored, *collapsed, *ttl_s)
            }
            Disposition::OnlyIfCached => write!(text, "; detail=only-if-cached"),
            Disposition::Failed { why, failure } => write!(text, "; fwd={}; detail={}", why.as_str(), failure.as_str()),
            Disposition::Local => write!(text, "; detail=local"),
        };
        if let Some(key) = key.filter(|key| key.len() <= TOLD_KEY_BYTES_MAX) {
            string_parameter(&mut text, "key", key);
        }
        written.ok().and_then(|()| HeaderValue::from_str(&text).ok())
    }
}

fn forwarded(
    text: &mut String,
    why: Forward,
    source: Option<Source>,
    stored: Option<Result<(), NotStored>>,
    collapsed: bool,
    ttl_s: Option<i64>,
) -> std::fmt::Result {
    write!(text, "; fwd={}", why.as_str())?;
    match source {
        Some(Source::Origin { status }) => write!(text, "; fwd-status={}", status.as_u16())?,
        Some(Source::Revalidated) => write!(text, "; fwd-status={}", StatusCode::NOT_MODIFIED.as_u16())?,
        Some(Source::Memory | Source::Regional) | None => {}
    }
    if collapsed {
        text.push_str("; collapsed");
    }
    match stored {
        Some(Ok(())) => {
            text.push_str("; stored");
            if let Some(ttl_s) = ttl_s {
                write!(text, "; ttl={ttl_s}")?;
            }
        }
        Some(Err(reason)) => write!(text, "; detail={}", reason.as_str())?,
        None => {}
    }
    Ok(())
}

/// A parameter whose value is a Structured Field string (RFC 9651 §3.3.3); keys are ASCII.
fn string_parameter(text: &mut String, name: &str, value: &str) {
    text.push_str("; ");
    text.push_str(name);
    text.push_str("=\"");
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
}

impl Forward {
    pub const fn as_str(self) -> &'static str {
        match self {
            Forward::Miss => "uri-miss",
            Forward::Stale => "stale",
            Forward::Method => "method",
            Forward::VaryMiss => "vary-miss",
            Forward::Bypass => "bypass",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_happened() {
        let said = |disposition: Disposition| disposition.header_value("rcr-na", None).unwrap().to_str().unwrap().to_owned();
        let origin = Some(Source::Origin { status: StatusCode::OK });
        assert_eq!(said(Disposition::Hit { left: Duration::from_millis(42_900) }), "rcr-na; hit; ttl=42");
        assert_eq!(
            said(Disposition::Forwarded {
                why: Forward::Miss,
                source: origin,
                stored: Some(Ok(())),
                collapsed: true,
                ttl_s: Some(60)
            }),
            "rcr-na; fwd=uri-miss; fwd-status=200; collapsed; stored; ttl=60"
        );
        assert_eq!(
            said(Disposition::Forwarded {
                why: Forward::Stale,
                source: Some(Source::Revalidated),
                stored: Some(Err(NotStored::Purged)),
                collapsed: false,
                ttl_s: Some(60)
            }),
            "rcr-na; fwd=stale; fwd-status=304; detail=purged"
        );
        assert_eq!(
            said(Disposition::Marked { why: Marked::Unconfirmed, failure: None, ttl_s: -3 }),
            "rcr-na; hit; detail=unconfirmed; ttl=-3"
        );
    }

    #[test]
    fn a_client_that_asks_for_too_much_is_not_counted_as_a_failure() {
        let label = |failure| Disposition::Failed { why: Forward::Miss, failure }.label();
        assert_eq!([Failure::ClientMisses, Failure::ClientRate].map(label), ["refused", "refused"]);
        // These are everybody's limits: readers who did nothing wrong get no answer.
        let everybodys = [Failure::TooManyFills, Failure::TooManyWaiters, Failure::TooManyPasses];
        assert_eq!(everybodys.map(label), ["failed"; 3]);
        assert_eq!(label(Failure::TimedOut), "failed");
    }

    #[test]
    fn a_key_is_told_as_a_string_of_bounded_length() {
        let failed = Disposition::Failed { why: Forward::Miss, failure: Failure::TimedOut };
        let told = |key: &str| failed.header_value("rcr-na", Some(key)).unwrap().to_str().unwrap().to_owned();
        assert_eq!(told("h/a?b=\"c\\"), "rcr-na; fwd=uri-miss; detail=timed-out; key=\"h/a?b=\\\"c\\\\\"");
        assert!(!told(&"x".repeat(TOLD_KEY_BYTES_MAX + 1)).contains("key"));
    }
}
