//! Cache-Status.

use crate::script::Case;

pub const CASES: &[Case] = &[
    ("RFC 9211 §2.1", "a hit says what is left and no key", "
        GET / > 200 {cache-control: max-age=60} => forwarded
        +10 GET / => hit {cache-status: rcr-test; hit; ttl=50}"),
    ("RFC 9211 §2.2", "a miss says so, with the status, what was stored and the key", "
        GET /a?b > 200 {cache-control: max-age=60} => forwarded {cache-status: rcr-test; fwd=uri-miss; fwd-status=200; stored; ttl=60; key=\"edge.test/a?b\"}"),
    ("RFC 9211 §2.2", "a stale copy says so, with the 304 that renewed it", r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} => forwarded
        +60 GET / > 304 {etag: "1"} => forwarded {cache-status: ~; fwd=stale; fwd-status=304; stored; ttl=60}"#),
    ("RFC 9211 §2.2", "another variant is a miss by Vary", "
        GET / {x-a: 1} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded {cache-status: ~fwd=uri-miss}
        GET / {x-a: 2} > 200 => forwarded {cache-status: ~fwd=vary-miss}"),
    ("RFC 9211 §2.2", "a method that is not for caches", "
        POST / > 201 => forwarded 201 {cache-status: rcr-test; fwd=method; fwd-status=201}"),
    ("RFC 9211 §2.2", "a request with credentials is no request for the cache", "
        GET / {authorization: Basic YTpi} > 200 => forwarded {cache-status: ~fwd=bypass}"),
    ("RFC 9211 §2.5", "what is not stored is not said to be", "
        GET / > 200 {cache-control: no-store} => forwarded {cache-status: rcr-test; fwd=uri-miss; fwd-status=200; detail=no-store; key=\"edge.test/\"}"),
    ("RFC 9211 §2.4", "a stale copy has a negative ttl", "
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10} => forwarded
        +8 GET / > 200 => stale {cache-status: rcr-test; hit; ttl=-3; detail=stale}"),
    ("RFC 9211 §2.4", "so has one that is shown because of an error", "
        GET / > 200 {cache-control: max-age=5, stale-if-error=10} => forwarded
        +8 GET / > drop => forwarded {cache-status: rcr-test; hit; detail=stale-if-error; ttl=-3}"),
    ("RFC 9211 §2", "the member is appended to those of other caches", "
        POST / > 200 {cache-status: inner; fwd=method} => forwarded {cache-status: inner; fwd=method, rcr-test; fwd=method; fwd-status=200}"),
    ("RFC 9211 §2", "a stored answer does not repeat what other caches said of another request", "
        GET / > 200 {cache-control: max-age=60} {cache-status: inner; hit} => forwarded
        GET / => hit {cache-status: rcr-test; hit; ttl=60}"),
    ("RFC 9211 §2.8", "a reader who wanted a copy only is told why there is none", "
        GET / {cache-control: only-if-cached} => refused 504 {cache-status: rcr-test; detail=only-if-cached}"),
];
