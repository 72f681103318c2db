//! Parts of a whole copy.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9110 §14.1.2",
        "a first and a last position",
        r#"
        GET / > 200 {cache-control: max-age=60} {x-a: 1} "0123456789" => forwarded
        GET / {range: bytes=2-4} => hit 206 {content-range: bytes 2-4/10} {content-length: 3} {x-a: 1} {age: 0} "234""#,
    ),
    (
        "RFC 9110 §14.1.2",
        "a first position alone",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=7-} => hit 206 {content-range: bytes 7-9/10} "789""#,
    ),
    (
        "RFC 9110 §14.1.2",
        "the last bytes",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=-3} => hit 206 {content-range: bytes 7-9/10} "789""#,
    ),
    (
        "RFC 9110 §14.1.2",
        "more last bytes than there are",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=-99} => hit 206 {content-range: bytes 0-9/10} "0123456789""#,
    ),
    (
        "RFC 9110 §14.1.2",
        "a last position beyond the end",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=8-99} => hit 206 {content-range: bytes 8-9/10} "89""#,
    ),
    (
        "RFC 9110 §15.5.17",
        "a first position beyond the end is a 416",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=10-} => hit 416 {content-range: bytes */10} {cache-control: no-store} """#,
    ),
    (
        "RFC 9110 §15.5.17",
        "no last bytes are a 416",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=-0} => hit 416"#,
    ),
    (
        "RFC 9110 §14.2",
        "several ranges are answered whole",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=0-1, 4-5} => hit 200 {content-range: -} "0123456789""#,
    ),
    (
        "RFC 9110 §14.2",
        "a range in another unit is ignored",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: lines=0-1} => hit 200 "0123456789""#,
    ),
    (
        "RFC 9110 §14.1.1",
        "a range that ends before it begins is ignored",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        GET / {range: bytes=4-2} => hit 200 "0123456789""#,
    ),
    (
        "RFC 9110 §14.2",
        "a range of HEAD is ignored",
        r#"
        GET / > 200 {cache-control: max-age=60} "0123456789" => forwarded
        HEAD / {range: bytes=2-4} => hit 200 {content-length: 10} {content-range: -}"#,
    ),
    (
        "RFC 9110 §14.2",
        "a range of a stored 404 is ignored",
        r#"
        GET / > 404 {cache-control: max-age=60} "0123456789" => forwarded 404
        GET / {range: bytes=2-4} => hit 404 "0123456789""#,
    ),
    (
        "RFC 9111 §3.4",
        "a range that is not stored yet fetches the whole",
        r#"
        GET / {range: bytes=2-4} > 200 {cache-control: max-age=60} "0123456789" => forwarded 206 "234" asked {range: -}
        GET / => hit "0123456789""#,
    ),
    (
        "RFC 9110 §13.1.5",
        "If-Range with the strong ETag",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} "0123456789" => forwarded
        GET / {range: bytes=2-4} {if-range: "1"} => hit 206 "234""#,
    ),
    (
        "RFC 9110 §13.1.5",
        "If-Range with another ETag is answered whole",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} "0123456789" => forwarded
        GET / {range: bytes=2-4} {if-range: "2"} => hit 200 "0123456789""#,
    ),
    (
        "RFC 9110 §13.1.5",
        "If-Range with a weak ETag is answered whole",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: W/"1"} "0123456789" => forwarded
        GET / {range: bytes=2-4} {if-range: W/"1"} => hit 200 "0123456789""#,
    ),
    (
        "RFC 9110 §13.1.5",
        "If-Range with the date",
        r#"
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} "0123456789" => forwarded
        GET / {range: bytes=2-4} {if-range: Wed, 01 Jan 2020 00:00:00 GMT} => hit 206 "234""#,
    ),
    (
        "RFC 9110 §13.1.5",
        "If-Range with a later date is answered whole",
        r#"
        GET / > 200 {cache-control: max-age=60} {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} "0123456789" => forwarded
        GET / {range: bytes=2-4} {if-range: Thu, 02 Jan 2020 00:00:00 GMT} => hit 200"#,
    ),
    (
        "RFC 9110 §13.2.2",
        "a 304 goes before a range",
        r#"
        GET / > 200 {cache-control: max-age=60} {etag: "1"} "0123456789" => forwarded
        GET / {range: bytes=2-4} {if-none-match: "1"} => hit 304"#,
    ),
];
