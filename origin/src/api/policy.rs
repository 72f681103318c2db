//! The cache contract: who keeps an answer, for how long, and what ends it.
//!
//! This enum is all of it. A public route names one value beside its handler; the middleware
//! in `cache.rs` renders it, and nothing else sets these headers. A route without a policy
//! is `no-store`.

/// `Cache-Control` of an answer with more tags than a CDN takes: no single write's tags end
/// its copies there, so they end by themselves at once. Edges take all tags and keep it as long
/// as any.
pub const TOO_MANY_TAGS: &str = "public, max-age=0, s-maxage=5, must-revalidate";

/// How long the answers of a route may be kept. Everywhere the purge precedes the age: the
/// ages only bound what happens when purges cannot arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// One review, camera or editor. Edges keep it until an edit purges it hard; browsers,
    /// which nobody can purge, ask again each time and mostly get a 304.
    Page,
    /// Lists and searches. Purged softly, so the window while one is refreshed is short.
    List,
    /// What is not there. Kept briefly: made-up addresses must not fill a cache, and the
    /// write that creates the thing purges its tag.
    Absent,
    /// A photograph under its own digest: the bytes can never change. Only `gone` ends it.
    Immutable,
    /// The way to a shop. A copy is worth having for days while the origin is down.
    Redirect,
    /// A document that changes with a release of this program: purged by nothing but `all`.
    Document,
}

impl Policy {
    pub const ALL: [Policy; 6] =
        [Policy::Page, Policy::List, Policy::Absent, Policy::Immutable, Policy::Redirect, Policy::Document];

    /// `Cache-Control`: for browsers, and (`s-maxage`) for a CDN in front that reads nothing
    /// else. `public`, because the answer is the same with credentials and without.
    pub const fn browser(self) -> &'static str {
        match self {
            Policy::Page | Policy::List => "public, max-age=0, s-maxage=60, must-revalidate",
            Policy::Absent | Policy::Redirect => "public, max-age=0, s-maxage=30, must-revalidate",
            // The bytes never change, but a photograph can be withdrawn: a CDN that misses the
            // invalidation keeps it no longer than the worker would try to send it.
            Policy::Immutable => "public, max-age=31536000, s-maxage=3600, immutable",
            Policy::Document => "public, max-age=300, s-maxage=300",
        }
    }

    /// `CDN-Cache-Control`: for our edges, which can be purged.
    pub const fn edge(self) -> &'static str {
        match self {
            Policy::Page => "max-age=3600, stale-while-revalidate=60, stale-if-error=604800",
            Policy::List => "max-age=600, stale-while-revalidate=30, stale-if-error=604800",
            Policy::Absent => "max-age=60, stale-while-revalidate=10, stale-if-error=3600",
            Policy::Immutable => "max-age=31536000, stale-while-revalidate=86400, stale-if-error=31536000",
            Policy::Redirect => "max-age=3600, stale-while-revalidate=300, stale-if-error=604800",
            Policy::Document => "max-age=300, stale-while-revalidate=300, stale-if-error=604800",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(directives: &str, name: &str) -> Option<u64> {
        directives.split(", ").find_map(|directive| directive.strip_prefix(name)?.strip_prefix('='))?.parse().ok()
    }

    /// The worker gives an invalidation up after so long, because CloudFront holds no copy
    /// longer: that must be true.
    #[test]
    fn no_shared_cache_keeps_a_copy_longer_than_its_invalidation_is_tried() {
        for directives in Policy::ALL.map(Policy::browser).into_iter().chain([TOO_MANY_TAGS]) {
            let shared = seconds(directives, "s-maxage").unwrap_or_else(|| panic!("no s-maxage: {directives}"));
            assert!(shared <= crate::cdn::EXPIRES_AFTER.as_secs(), "{directives}");
        }
        assert!(seconds(TOO_MANY_TAGS, "s-maxage") < seconds(Policy::List.browser(), "s-maxage"));
    }

    #[test]
    fn every_policy_bounds_age_and_both_stale_windows_at_the_edge() {
        for policy in Policy::ALL {
            for directive in ["max-age=", "stale-while-revalidate=", "stale-if-error="] {
                assert!(policy.edge().contains(directive), "{policy:?} lacks {directive}");
            }
            assert!(policy.browser().starts_with("public, max-age="), "{policy:?}");
        }
    }
}
