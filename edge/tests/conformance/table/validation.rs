//! Validation, and what a 304 changes.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9111 §4.3.1",
        "a strong ETag is sent",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 304 {etag: "1"} => forwarded "one" asked {if-none-match: "1"}"#,
    ),
    (
        "RFC 9111 §4.3.1",
        "a weak ETag is sent",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: W/"1"} "one" => forwarded
        +5 GET / > 304 {etag: W/"1"} => forwarded "one" asked {if-none-match: W/"1"}
        GET / => hit "one""#,
    ),
    (
        "RFC 9111 §4.3.1",
        "a Last-Modified alone is sent",
        r#"
        GET / > 200 {cache-control: max-age=5} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} "one" => forwarded
        +5 GET / > 304 => forwarded "one" asked {if-modified-since: Wed, 01 Jan 2020 00:00:00 GMT} {if-none-match: -}
        GET / => hit "one""#,
    ),
    (
        "RFC 9111 §4.3.1",
        "both validators are sent",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        +5 GET / > 304 {etag: "1"} => forwarded asked {if-none-match: "1"} {if-modified-since: Wed, 01 Jan 2020 00:00:00 GMT}"#,
    ),
    (
        "RFC 9111 §4.3.1",
        "without a validator the whole is asked for",
        r#"
        GET / > 200 {cache-control: max-age=5} => forwarded
        +5 GET / > 200 "two" => forwarded "two" asked {if-none-match: -} {if-modified-since: -}"#,
    ),
    (
        "RFC 9111 §4.3.1",
        "a reader's condition does not reach the origin",
        r#"
        GET / {if-none-match: "x"} > 200 {cache-control: max-age=60} {etag: "1"} "one" => forwarded "one" asked {if-none-match: -}"#,
    ),
    (
        "RFC 9111 §4.3.3",
        "a 200 replaces what was stored",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} {x-a: 1} "one" => forwarded
        +5 GET / > 200 {cache-control: max-age=60} {etag: "2"} "two" => forwarded "two"
        GET / => hit {x-a: -} {etag: "2"} "two""#,
    ),
    (
        "RFC 9111 §4.3.3",
        "a 404 replaces what was stored",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} => forwarded
        +5 GET / > 404 {cache-control: max-age=60} => forwarded 404
        GET / => hit 404"#,
    ),
    (
        "RFC 9111 §4.3.3",
        "an answer that may not be stored ends what was",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 200 {cache-control: no-store} "two" => forwarded "two"
        GET / > 200 "three" => forwarded "three" asked {if-none-match: -}"#,
    ),
    (
        "RFC 9111 §4.3.3",
        "a 503 is shown and the copy stays to be validated",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 503 => forwarded 503
        GET / > 304 {etag: "1"} => forwarded "one""#,
    ),
    (
        "RFC 9111 §4.3.4",
        "a 304 makes the copy fresh again",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 304 {etag: "1"} {cache-control: max-age=60} => forwarded {age: -}
        +59 GET / => hit "one""#,
    ),
    (
        "RFC 9111 §4.3.4",
        "a 304 about another ETag is not used",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 304 {etag: "2"} > 200 {etag: "2"} "two" => forwarded "two" asked {if-none-match: -}"#,
    ),
    (
        "RFC 9111 §4.3.4",
        "a 304 about another date is not used",
        r#"
        GET / > 200 {cache-control: max-age=5} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} "one" => forwarded
        +5 GET / > 304 {last-modified: Thu, 02 Jan 2020 00:00:00 GMT} > 200 "two" => forwarded "two""#,
    ),
    (
        "RFC 9111 §4.3.4",
        "a weak ETag is compared weakly",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 304 {etag: W/"1"} => forwarded "one""#,
    ),
    (
        "RFC 9111 §4.3.4",
        "a 304 to a question that nobody asked is not used",
        r#"
        GET / > 304 > 200 "one" => forwarded 502"#,
    ),
    (
        "RFC 9111 §3.2",
        "a 304 updates the fields it has",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} {x-a: 1} {x-b: 1} => forwarded
        +5 GET / > 304 {etag: "1"} {x-a: 2} {content-type: text/x} => forwarded {x-a: 2} {x-b: 1} {content-type: text/x}
        GET / => hit {x-a: 2} {x-b: 1}"#,
    ),
    (
        "RFC 9111 §3.2",
        "a 304 replaces all lines of a field",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} {x-a: 1} {x-a: 2} => forwarded {x-a: 1, 2}
        +5 GET / > 304 {etag: "1"} {x-a: 3} => forwarded {x-a: 3}"#,
    ),
    (
        "RFC 9111 §3.2",
        "a 304 does not change what describes the body",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} {content-encoding: x} {content-md5: a} {content-digest: b} "one" => forwarded
        +5 GET / > 304 {etag: "1"} {content-encoding: y} {content-md5: c} {content-digest: d} {content-range: e} => forwarded "one"
        GET / => hit {content-encoding: x} {content-md5: a} {content-digest: b} {content-range: -} {content-length: 3}"#,
    ),
    (
        "RFC 9111 §3.2",
        "a 304 with a Content-Length does not change the length",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 304 {etag: "1"} {content-length: 99} => forwarded "one"
        GET / => hit {content-length: 3} "one""#,
    ),
    (
        "RFC 9111 §3.2",
        "a 304 updates the Date",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} => forwarded {date: Thu, 01 Jan 2026 00:16:40 GMT}
        +5 GET / > 304 {etag: "1"} => forwarded {date: Thu, 01 Jan 2026 00:16:45 GMT}"#,
    ),
    (
        "RFC 9111 §3.2",
        "fields that Connection names in a 304 are not stored",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} {x-a: 1} => forwarded
        +5 GET / > 304 {etag: "1"} {connection: x-a} {x-a: 2} => forwarded {x-a: 1}"#,
    ),
    (
        "RFC 9111 §4.3.4",
        "a 304 that forbids storing is asked again without a condition",
        r#"
        GET / > 200 {cache-control: max-age=5} {etag: "1"} "one" => forwarded
        +5 GET / > 304 {etag: "1"} {cache-control: no-store} > 200 {cache-control: no-store} "two" => forwarded "two"
        GET / > 200 "three" => forwarded "three""#,
    ),
    (
        "RFC 9111 §4.3.5",
        "HEAD is answered from a stored GET",
        r#"
        GET / > 200 {cache-control: max-age=60} {x-a: 1} "one" => forwarded
        HEAD / => hit {x-a: 1} {content-length: 3} """#,
    ),
    (
        "RFC 9111 §4.3.5",
        "HEAD fetches what answers a GET",
        r#"
        HEAD / > 200 {cache-control: max-age=60} "one" => forwarded {content-length: 3} "" asked {:method: GET}
        GET / => hit "one""#,
    ),
];
