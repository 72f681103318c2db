//! Cache-Control, of answers and of requests.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9111 §5.2.2.5",
        "no-store is not stored",
        "
        GET / > 200 {cache-control: no-store, max-age=60} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2.2.5",
        "no-store counts in any case",
        "
        GET / > 200 {cache-control: max-age=60, No-StOrE} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2.2.5",
        "no-store inside a string is none",
        r#"
        GET / > 200 {cache-control: max-age=60, foo="no-store"} => forwarded
        GET / => hit"#,
    ),
    (
        "RFC 9111 §5.2.2.7",
        "private is not stored",
        "
        GET / > 200 {cache-control: private, max-age=60} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2.2.7",
        "private with fields keeps them out of the store",
        r#"
        GET / > 200 {cache-control: private="x-a, x-b", max-age=60} {x-a: 1} {x-b: 2} {x-c: 3} => forwarded {x-a: 1} {x-b: 2}
        GET / => hit {x-a: -} {x-b: -} {x-c: 3}"#,
    ),
    (
        "RFC 9111 §5.2.2.7",
        "private with no legal field is private",
        r#"
        GET / > 200 {cache-control: private="", max-age=60} => forwarded
        GET / > 200 => forwarded"#,
    ),
    (
        "RFC 9111 §5.2.2.4",
        "no-cache is revalidated on every use",
        r#"
        GET / > 200 {cache-control: no-cache, max-age=60} {etag: "1"} "one" => forwarded
        GET / > 304 {etag: "1"} => forwarded "one" asked {if-none-match: "1"}"#,
    ),
    (
        "RFC 9111 §5.2.2.4",
        "no-cache goes before Expires",
        "
        GET / > 200 {cache-control: no-cache} {expires: Fri, 01 Jan 2038 00:00:00 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2.2.4",
        "no-cache with fields withholds them alone",
        r#"
        GET / > 200 {cache-control: no-cache="x-a", max-age=60} {x-a: 1} {x-b: 2} => forwarded {x-a: 1}
        GET / => hit {x-a: -} {x-b: 2}"#,
    ),
    (
        "RFC 9111 §5.2.2.4",
        "fields may be named without quotes",
        "
        GET / > 200 {cache-control: no-cache=x-a, max-age=60} {x-a: 1} => forwarded {x-a: 1}
        GET / => hit {x-a: -}",
    ),
    (
        "RFC 9111 §5.2.2.4",
        "no-cache on another line takes all",
        r#"
        GET / > 200 {cache-control: no-cache="x-a", max-age=60} {cache-control: no-cache} => forwarded
        GET / > 200 => forwarded"#,
    ),
    (
        "RFC 9111 §5.2.2.4",
        "a 304 brings a withheld field back for its own request",
        r#"
        GET / > 200 {cache-control: no-cache="x-a", max-age=5} {etag: "1"} {x-a: 1} => forwarded {x-a: 1}
        +5 GET / > 304 {etag: "1"} {x-a: 2} => forwarded {x-a: 2}
        GET / => hit {x-a: -}"#,
    ),
    (
        "RFC 9111 §5.2.2.2",
        "must-revalidate is fresh until it is stale",
        "
        GET / > 200 {cache-control: max-age=60, must-revalidate} => forwarded
        +59 GET / => hit
        +1 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2.2.2",
        "must-revalidate is not shown stale when the origin is lost",
        "
        GET / > 200 {cache-control: max-age=5, must-revalidate, stale-if-error=60} => forwarded
        +5 GET / > drop => forwarded 502",
    ),
    (
        "RFC 9111 §5.2.2.8",
        "proxy-revalidate is not shown stale when the origin is lost",
        "
        GET / > 200 {cache-control: max-age=5, proxy-revalidate, stale-if-error=60} => forwarded
        +5 GET / > drop => forwarded 502",
    ),
    (
        "RFC 9111 §5.2.2.10",
        "s-maxage is not shown stale when the origin is lost",
        "
        GET / > 200 {cache-control: s-maxage=5, stale-if-error=60} => forwarded
        +5 GET / > drop => forwarded 502",
    ),
    (
        "RFC 9111 §5.2.2.3",
        "must-understand stores a status that is known",
        "
        GET / > 200 {cache-control: no-store, must-understand, max-age=60} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9111 §5.2.2.3",
        "must-understand does not store a status that is not",
        "
        GET / > 299 {cache-control: must-understand, max-age=60} => forwarded 299
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2.2.9",
        "public alone is no lifetime",
        "
        GET / > 200 {cache-control: public} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2.2.6",
        "no-transform leaves the answer as it is",
        r#"
        GET / {accept-encoding: gzip} > 200 {cache-control: max-age=60, no-transform} {content-type: text/html} "one" => forwarded "one"
        GET / {accept-encoding: gzip} => hit {content-encoding: -} "one""#,
    ),
    (
        "RFC 9111 §5.2.1.7",
        "only-if-cached is answered from the store",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        GET / {cache-control: only-if-cached} => hit",
    ),
    (
        "RFC 9111 §5.2.1.7",
        "only-if-cached without a copy is a 504",
        "
        GET / {cache-control: only-if-cached} => refused 504",
    ),
    (
        "RFC 9111 §5.2.1.7",
        "only-if-cached with a stale copy is a 504",
        "
        GET / > 200 {cache-control: max-age=5} => forwarded
        +5 GET / {cache-control: only-if-cached} => refused 504",
    ),
    (
        "RFC 9111 §5.2.1",
        "a request's no-cache does not force a miss",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        GET / {cache-control: no-cache} => hit",
    ),
    (
        "RFC 9111 §5.2.1",
        "a request's max-age does not force a miss",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        +9 GET / {cache-control: max-age=0} => hit",
    ),
    (
        "RFC 9111 §5.4",
        "Pragma does not force a miss",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        GET / {pragma: no-cache} => hit",
    ),
    (
        "RFC 9111 §5.4",
        "Pragma in an answer says nothing",
        "
        GET / > 200 {cache-control: max-age=60} {pragma: no-cache} => forwarded
        GET / => hit",
    ),
];
