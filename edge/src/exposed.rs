//! Which fields of the protocol between origin and edges cross the line to readers, either
//! way. One table decides; whatever of these families it does not name stays inside.

use common::headers::{CDN_CACHE_CONTROL, RCR_AS_OF, RCR_LOG, RCR_MIN_SEQ, RCR_SEQ, SURROGATE_KEY};
use http::{HeaderMap, HeaderName};

/// What becomes of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    pub name: HeaderName,
    /// Whether readers get it with an answer.
    pub leaves: Leaves,
    /// Whether it is taken from a reader's request.
    pub enters: bool,
}

/// When a field of an answer reaches readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    Always,
    /// With the feed off this is one shared cache among others, and those behind it may mind
    /// the field too.
    WithoutFeed,
    Never,
}

impl Leaves {
    pub const fn now(self, feed: bool) -> bool {
        match self {
            Leaves::Always => true,
            Leaves::WithoutFeed => !feed,
            Leaves::Never => false,
        }
    }
}

const fn field(name: HeaderName, leaves: Leaves, enters: bool) -> Exposure {
    Exposure { name, leaves, enters }
}

/// The table, with the reasons.
pub const TABLE: [Exposure; 11] = [
    // An auditor compares copies by their number, and scripts of other sites may read it.
    field(RCR_AS_OF, Leaves::Always, false),
    // A number means something in its log only: a reader sends it back beside Rcr-Min-Seq.
    field(RCR_LOG, Leaves::Always, true),
    // The number of a write: what its editor asks for from now on.
    field(RCR_SEQ, Leaves::Always, false),
    field(RCR_MIN_SEQ, Leaves::Never, true),
    // CloudFront reads its tags here; it stands between this edge and readers.
    field(HeaderName::from_static("cache-tag"), Leaves::Always, false),
    // RFC 9875: for every cache on the way, browsers' too.
    field(HeaderName::from_static("cache-groups"), Leaves::Always, false),
    field(HeaderName::from_static("cache-group-invalidation"), Leaves::Always, false),
    // The same tags in full, for purging here. Nobody further down is told of a purge.
    field(SURROGATE_KEY, Leaves::Never, false),
    // Long lifetimes, promised to caches that hear of every purge: this one, and no other.
    field(CDN_CACHE_CONTROL, Leaves::WithoutFeed, false),
    field(HeaderName::from_static("surrogate-control"), Leaves::Never, false),
    field(HeaderName::from_static("surrogate-capability"), Leaves::Never, false),
];

/// The beginnings of the names that are the protocol's own.
const FAMILIES: [&str; 2] = ["rcr-", "surrogate-"];

/// Takes what stays inside out of an answer's headers, and returns it. Done once when an entry
/// is made, and for each answer that is passed on.
pub fn take_inside(headers: &mut HeaderMap, feed: bool) -> HeaderMap {
    let mut inside = HeaderMap::new();
    for name in held_back(headers, |exposure| exposure.leaves.now(feed)) {
        if let http::header::Entry::Occupied(values) = headers.entry(&name) {
            let (name, values) = values.remove_entry_mult();
            inside.extend(values.map(|value| (name.clone(), value)));
        }
    }
    inside
}

/// Removes from a reader's request what no reader may say.
pub fn without_forbidden(headers: &mut HeaderMap) {
    for name in held_back(headers, |exposure| exposure.enters) {
        headers.remove(name);
    }
}

fn held_back(headers: &HeaderMap, passes: impl Fn(&Exposure) -> bool) -> Vec<HeaderName> {
    let is_held_back = |name: &HeaderName| match TABLE.iter().find(|exposure| exposure.name == *name) {
        Some(exposure) => !passes(exposure),
        None => FAMILIES.iter().any(|family| name.as_str().starts_with(family)),
    };
    headers.keys().filter(|name| is_held_back(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_stays_inside_is_kept_whole() {
        let lines = [("surrogate-key", "a b"), ("surrogate-key", "c"), ("rcr-as-of", "1"), ("rcr-new", "1"), ("etag", "\"x\"")];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let inside = take_inside(&mut headers, true);
        assert_eq!(headers.len(), 2);
        assert!(headers.contains_key("rcr-as-of") && headers.contains_key("etag"));
        assert_eq!(inside.get_all("surrogate-key").iter().collect::<Vec<_>>(), ["a b", "c"]);
        assert_eq!(inside.len(), 3, "unknown members of the family stay inside, too");
    }
}
