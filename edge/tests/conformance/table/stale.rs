//! Stale answers.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9111 §4.2.4",
        "without a window nothing stale is shown when the origin is lost",
        "
        GET / > 200 {cache-control: max-age=5} => forwarded
        +5 GET / > drop => forwarded 502",
    ),
    (
        "RFC 9111 §4.2.4",
        "without a window nothing stale is shown when the origin fails",
        "
        GET / > 200 {cache-control: max-age=5} => forwarded
        +5 GET / > 503 => forwarded 503",
    ),
    (
        "RFC 5861 §3",
        "stale-while-revalidate shows the copy and refreshes it behind",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10} "one" => forwarded
        +14 GET / > 200 {cache-control: max-age=5} "two" => stale {age: 14} {cache-status: ~ttl=-9} "one"
        GET / => hit "two""#,
    ),
    (
        "RFC 5861 §3",
        "the window opens with the end of the lifetime",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10} "one" => forwarded
        +5 GET / > 200 "two" => stale "one""#,
    ),
    (
        "RFC 5861 §3",
        "the window closes to the second",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10} "one" => forwarded
        +15 GET / > 200 "two" => forwarded "two""#,
    ),
    (
        "RFC 5861 §3",
        "a refresh behind is conditional",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10} {etag: "1"} "one" => forwarded
        +6 GET / > 304 {etag: "1"} => stale "one" asked {if-none-match: "1"}
        GET / => hit {age: 0} "one""#,
    ),
    (
        "RFC 5861 §3",
        "a stale answer is not for caches further down",
        "
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10} => forwarded
        +6 GET / > 200 => stale {cache-control: no-store}",
    ),
    (
        "RFC 5861 §3",
        "a window that cannot be read is none",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=ten} => forwarded
        +6 GET / > 200 => forwarded"#,
    ),
    (
        "RFC 5861 §3",
        "the age it came with moves the window",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10} {age: 10} "one" => forwarded
        +4 GET / > 200 "two" => stale "one""#,
    ),
    (
        "RFC 5861 §3",
        "must-revalidate closes the window",
        "
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10, must-revalidate} => forwarded
        +6 GET / > 200 => forwarded",
    ),
    (
        "RFC 5861 §3",
        "proxy-revalidate closes the window",
        "
        GET / > 200 {cache-control: max-age=5, stale-while-revalidate=10, proxy-revalidate} => forwarded
        +6 GET / > 200 => forwarded",
    ),
    (
        "RFC 5861 §3",
        "s-maxage closes the window",
        "
        GET / > 200 {cache-control: s-maxage=5, stale-while-revalidate=10} => forwarded
        +6 GET / > 200 => forwarded",
    ),
    (
        "RFC 5861 §3",
        "no-cache closes the window",
        r#"
        GET / > 200 {cache-control: no-cache, stale-while-revalidate=10} {etag: "1"} => forwarded
        GET / > 200 => forwarded"#,
    ),
    (
        "RFC 5861 §4",
        "stale-if-error shows the copy when the origin is lost",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-if-error=10} "one" => forwarded
        +14 GET / > drop => forwarded 200 {cache-status: ~detail=stale-if-error} {cache-control: no-store} "one""#,
    ),
    (
        "RFC 5861 §4",
        "stale-if-error shows the copy when the origin fails",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-if-error=10} "one" => forwarded
        +6 GET / > 500 => forwarded 200 "one"
        GET / > 502 => forwarded 200 "one"
        GET / > 503 => forwarded 200 "one"
        GET / > 504 => forwarded 200 "one""#,
    ),
    (
        "RFC 5861 §4",
        "a 404 is no failure",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-if-error=10} "one" => forwarded
        +6 GET / > 404 => forwarded 404"#,
    ),
    (
        "RFC 5861 §4",
        "the window of errors closes to the second",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-if-error=10} "one" => forwarded
        +15 GET / > drop => forwarded 502"#,
    ),
    (
        "RFC 5861 §4",
        "an origin that answers is asked although the window is open",
        r#"
        GET / > 200 {cache-control: max-age=5, stale-if-error=10} "one" => forwarded
        +6 GET / > 200 "two" => forwarded "two""#,
    ),
];
