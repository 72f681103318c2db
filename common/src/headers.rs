//! Header names that HTTP's own registry does not have, or that the `http` crate lacks.

use http::HeaderName;

/// The number of the snapshot that a response was made from.
pub const RCR_AS_OF: HeaderName = HeaderName::from_static("rcr-as-of");
/// The log that `Rcr-As-Of` counts in.
pub const RCR_LOG: HeaderName = HeaderName::from_static("rcr-log");
/// A reader's wish: answer with at least this number.
pub const RCR_MIN_SEQ: HeaderName = HeaderName::from_static("rcr-min-seq");
/// The number of the write just made.
pub const RCR_SEQ: HeaderName = HeaderName::from_static("rcr-seq");

/// Tags, separated by spaces.
pub const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");
/// Tags, separated by commas.
pub const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
/// RFC 9875: groups of responses, a list of strings.
pub const CACHE_GROUPS: HeaderName = HeaderName::from_static("cache-groups");
/// RFC 9875: the groups that an unsafe request has changed.
pub const CACHE_GROUP_INVALIDATION: HeaderName = HeaderName::from_static("cache-group-invalidation");
/// RFC 9213: `Cache-Control` for shared caches of our own.
pub const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");
/// RFC 9211: what each cache on the way did.
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");
/// draft-ietf-httpbis-no-vary-search: which query parameters matter.
pub const NO_VARY_SEARCH: HeaderName = HeaderName::from_static("no-vary-search");
/// W3C Trace Context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The IETF's idempotency key for POST.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The server-sent events resume point.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub const PROBLEM_JSON: &str = "application/problem+json";
