//! A reader's conditions.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9110 §13.1.2",
        "the same ETag is a 304",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} {content-type: text/x} {vary: x-a} "one" => forwarded
        GET / {if-none-match: "1"} => hit 304 {etag: "1"} {cache-control: max-age=60} {vary: x-a} {date: *} {content-type: -} """#,
    ),
    (
        "RFC 9110 §13.1.2",
        "another ETag is a 200",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} "one" => forwarded
        GET / {if-none-match: "2"} => hit "one""#,
    ),
    (
        "RFC 9110 §13.1.2",
        "one of several ETags is enough",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "2"} => forwarded
        GET / {if-none-match: "1", "2"} => hit 304
        GET / {if-none-match: "1"} {if-none-match: "2"} => hit 304"#,
    ),
    (
        "RFC 9110 §13.1.2",
        "ETags are compared weakly",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: W/"1"} => forwarded
        GET / {if-none-match: "1"} => hit 304
        GET / {if-none-match: W/"1"} => hit 304"#,
    ),
    (
        "RFC 9110 §13.1.2",
        "a comma inside an ETag does not separate",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "a,b"} => forwarded
        GET / {if-none-match: "a,b"} => hit 304
        GET / {if-none-match: "a"} => hit 200"#,
    ),
    (
        "RFC 9110 §13.1.2",
        "a star is any copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        GET / {if-none-match: *} => hit 304",
    ),
    (
        "RFC 9110 §13.1.2",
        "an answer that has just come is tested too",
        r#"
        GET / {if-none-match: "1"} > 200 {cache-control: max-age=60} {etag: "1"} => forwarded 304"#,
    ),
    (
        "RFC 9110 §13.1.2",
        "HEAD is a 304 too",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} => forwarded
        HEAD / {if-none-match: "1"} => hit 304"#,
    ),
    (
        "RFC 9110 §13.1.3",
        "not modified since its own date",
        "
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / {if-modified-since: Wed, 01 Jan 2020 00:00:00 GMT} => hit 304",
    ),
    (
        "RFC 9110 §13.1.3",
        "not modified since a later date",
        "
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / {if-modified-since: Thu, 02 Jan 2020 00:00:00 GMT} => hit 304",
    ),
    (
        "RFC 9110 §13.1.3",
        "modified since an earlier date",
        "
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / {if-modified-since: Tue, 31 Dec 2019 23:59:59 GMT} => hit 200",
    ),
    (
        "RFC 9110 §13.1.3",
        "a date in an obsolete form is a date",
        "
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / {if-modified-since: Wednesday, 01-Jan-20 00:00:00 GMT} => hit 304",
    ),
    (
        "RFC 9110 §13.1.3",
        "what is no date is no condition",
        "
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / {if-modified-since: yesterday} => hit 200",
    ),
    (
        "RFC 9111 §4.3.2",
        "without a Last-Modified the Date stands for it",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        GET / {if-modified-since: Thu, 01 Jan 2026 00:16:40 GMT} => hit 304
        GET / {if-modified-since: Thu, 01 Jan 2026 00:16:39 GMT} => hit 200",
    ),
    (
        "RFC 9110 §13.2.2",
        "an ETag goes before a date",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / {if-none-match: "2"} {if-modified-since: Wed, 01 Jan 2020 00:00:00 GMT} => hit 200"#,
    ),
    (
        "RFC 9110 §13.2.1",
        "a stored 404 is not subject to conditions",
        r#"
        GET / > 404 {cache-control: max-age=60} {etag: "1"} => forwarded 404
        GET / {if-none-match: "1"} => hit 404"#,
    ),
    (
        "RFC 9111 §4.3.2",
        "If-Match is not for a cache",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} => forwarded
        GET / {if-match: "2"} => hit 200"#,
    ),
    (
        "RFC 9111 §4.3.2",
        "If-Unmodified-Since is not for a cache",
        "
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / {if-unmodified-since: Tue, 31 Dec 2019 23:59:59 GMT} => hit 200",
    ),
    (
        "RFC 9110 §13.1.1",
        "the condition of a write reaches the origin",
        r#"
        PUT / {if-match: "2"} > 412 => forwarded 412 asked {if-match: "2"}"#,
    ),
];
