//! CDN-Cache-Control, a Structured Field.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9213 §2.1",
        "it is a lifetime",
        "
        GET / > 200 {cdn-cache-control: max-age=60} => forwarded
        +59 GET / => hit
        +1 GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.2",
        "it goes before a shorter Cache-Control",
        "
        GET / > 200 {cache-control: max-age=1} {cdn-cache-control: max-age=60} => forwarded
        +59 GET / => hit",
    ),
    (
        "RFC 9213 §2.2",
        "it goes before a longer Cache-Control",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: max-age=5} => forwarded
        +5 GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.2",
        "it goes before no-store in Cache-Control",
        "
        GET / > 200 {cache-control: no-store} {cdn-cache-control: max-age=60} => forwarded
        GET / => hit {cache-control: no-store}",
    ),
    (
        "RFC 9213 §2.2",
        "it goes before Expires",
        "
        GET / > 200 {expires: Fri, 01 Jan 2038 00:00:00 GMT} {cdn-cache-control: max-age=0} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.2",
        "it says no lifetime and so there is none",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: foo} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.1",
        "no-store",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: no-store} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.1",
        "private",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: private, max-age=60} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.1",
        "no-cache",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: no-cache, max-age=60} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.1",
        "s-maxage goes before max-age in it",
        "
        GET / > 200 {cdn-cache-control: max-age=1, s-maxage=60} => forwarded
        +59 GET / => hit",
    ),
    (
        "RFC 9213 §2.1",
        "a window in it counts",
        r#"
        GET / > 200 {cdn-cache-control: max-age=5, stale-while-revalidate=10} "one" => forwarded
        +6 GET / > 200 => stale "one""#,
    ),
    (
        "RFC 9213 §2.1",
        "its parameters are passed over",
        "
        GET / > 200 {cdn-cache-control: max-age=60;a=1;b} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9213 §2.1",
        "its unknown directives are passed over",
        r#"
        GET / > 200 {cdn-cache-control: foo, bar="x", baz=1.5, qux=(a b);c, max-age=60} => forwarded
        GET / => hit"#,
    ),
    (
        "RFC 9213 §2.1",
        "its lines are one field",
        "
        GET / > 200 {cdn-cache-control: foo} {cdn-cache-control: max-age=60} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9213 §2.1",
        "a large number is a long time",
        "
        GET / > 200 {cdn-cache-control: max-age=99999999999} => forwarded
        +1000000 GET / => hit",
    ),
    (
        "RFC 9651 §4.2.2",
        "the last of two equal keys counts",
        "
        GET / > 200 {cdn-cache-control: max-age=60, max-age=5} => forwarded
        +5 GET / > 200 => forwarded",
    ),
    (
        "RFC 9651 §3.3.6",
        "a flag that is false is none",
        "
        GET / > 200 {cdn-cache-control: no-store=?0, max-age=60} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9213 §2.1",
        "a lifetime of another type is none",
        r#"
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: max-age="60"} => forwarded
        GET / > 200 => forwarded"#,
    ),
    (
        "RFC 9213 §2.1",
        "a fractional lifetime in it is none",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: max-age=60.5} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9213 §2.1",
        "an empty field is as none",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: } => forwarded
        GET / => hit",
    ),
    (
        "RFC 9651 §4.2",
        "a mistake in it makes it as none",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: no-store, &} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9651 §3.1.2",
        "a key in upper case is a mistake",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: No-Store} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9651 §4.2.2",
        "a comma at the end is a mistake",
        "
        GET / > 200 {cache-control: max-age=60} {cdn-cache-control: no-store,} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9651 §4.2.2",
        "a space around the sign of equality is a mistake",
        "
        GET / > 200 {cache-control: max-age=5} {cdn-cache-control: max-age= 60} => forwarded
        +5 GET / > 200 => forwarded",
    ),
];
