//! No-Vary-Search.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "draft no-vary-search-10 §7",
        "without the field every query is its own",
        "
        GET /?a=1 > 200 {cache-control: max-age=60} => forwarded
        GET /?a=1&b=2 > 200 => forwarded",
    ),
    (
        "draft no-vary-search-10 §6",
        "a parameter that does not matter is not asked for again",
        r#"
        GET /?id=1&utm=1 > 200 {cache-control: max-age=60} {no-vary-search: params=("utm")} "one" => forwarded asked {:target: /?id=1&utm=1}
        GET /?id=1&utm=2 => hit "one"
        GET /?utm=3&id=1 => hit "one"
        GET /?id=1 => hit "one""#,
    ),
    (
        "draft no-vary-search-10 §6",
        "a parameter that matters is",
        r#"
        GET /?id=1&utm=1 > 200 {cache-control: max-age=60} {no-vary-search: params=("utm")} => forwarded
        GET /?id=2&utm=1 > 200 => forwarded"#,
    ),
    (
        "draft no-vary-search-10 §6",
        "no parameter matters",
        "
        GET /?a=1 > 200 {cache-control: max-age=60} {no-vary-search: params} => forwarded
        GET /?b=2 => hit
        GET / => hit",
    ),
    (
        "draft no-vary-search-10 §6",
        "the path itself says it for its queries",
        "
        GET / > 200 {cache-control: max-age=60} {no-vary-search: params} => forwarded
        GET /?b=2 => hit",
    ),
    (
        "draft no-vary-search-10 §6",
        "only some parameters matter",
        r#"
        GET /?id=1 > 200 {cache-control: max-age=60} {no-vary-search: params, except=("id")} => forwarded
        GET /?x=9&id=1 => hit
        GET /?id=2 > 200 => forwarded"#,
    ),
    (
        "draft no-vary-search-10 §6",
        "the order of keys does not matter",
        "
        GET /?a=1&b=2 > 200 {cache-control: max-age=60} {no-vary-search: key-order} => forwarded
        GET /?b=2&a=1 => hit",
    ),
    (
        "draft no-vary-search-10 §6",
        "the order of one key's values does",
        "
        GET /?a=1&a=2 > 200 {cache-control: max-age=60} {no-vary-search: key-order} => forwarded
        GET /?a=2&a=1 > 200 => forwarded",
    ),
    (
        "draft no-vary-search-10 §6",
        "the order of keys matters if nothing else is said",
        r#"
        GET /?a=1&b=2 > 200 {cache-control: max-age=60} {no-vary-search: params=("x")} => forwarded
        GET /?b=2&a=1 > 200 => forwarded"#,
    ),
    (
        "draft no-vary-search-10 §6",
        "queries are compared as forms",
        "
        GET /?a=b+c&d > 200 {cache-control: max-age=60} {no-vary-search: key-order} => forwarded
        GET /?%61=b%20c&&d= => hit",
    ),
    (
        "draft no-vary-search-10 §5.3",
        "names in the field are decoded",
        r#"
        GET /?a=1&%C3%A9+x=2 > 200 {cache-control: max-age=60} {no-vary-search: params=("%C3%A9+x")} => forwarded
        GET /?a=1&%c3%a9%20x=3 => hit"#,
    ),
    (
        "draft no-vary-search-10 §5.1",
        "a field with a mistake is as none",
        "
        GET /?a=1 > 200 {cache-control: max-age=60} {no-vary-search: params=(x)} => forwarded
        GET /?a=2 > 200 => forwarded",
    ),
    (
        "draft no-vary-search-10 §5.1",
        "except without params is as none",
        r#"
        GET /?a=1 > 200 {cache-control: max-age=60} {no-vary-search: except=("id")} => forwarded
        GET /?a=2 > 200 => forwarded"#,
    ),
    (
        "draft no-vary-search-10 §7",
        "it says nothing of other paths",
        "
        GET /a?x=1 > 200 {cache-control: max-age=60} {no-vary-search: params} => forwarded
        GET /b?x=1 > 200 {cache-control: max-age=60} => forwarded
        GET /b?x=2 > 200 => forwarded",
    ),
    (
        "draft no-vary-search-10 §7",
        "an answer that is not stored says nothing",
        "
        GET /?x=1 > 200 {cache-control: no-store} {no-vary-search: params} => forwarded
        GET /?x=2 > 200 => forwarded",
    ),
    (
        "draft no-vary-search-10 §7",
        "what came without the field is not shown for other queries",
        r#"
        GET / > 200 {cache-control: max-age=60} "plain" => forwarded
        GET /?x=1 > 200 {cache-control: max-age=60} {no-vary-search: params=("x")} "one" => forwarded
        GET /?x=2 => hit "one""#,
    ),
    (
        "draft no-vary-search-10 §7",
        "what came of the path before the field is not shown for its queries",
        r#"
        GET / > 200 {cache-control: max-age=60} "plain" => forwarded
        GET /?id=1&x=1 > 200 {cache-control: max-age=60} {no-vary-search: params=("x")} "one" => forwarded
        GET /?x=2 > 200 {cache-control: max-age=60} {no-vary-search: params=("x")} "two" => forwarded "two"
        GET / => hit "two""#,
    ),
    (
        "draft no-vary-search-10 §7",
        "a path that says it no more is keyed by its whole query",
        r#"
        GET /?x=1 > 200 {cache-control: max-age=5} {no-vary-search: params} "one" => forwarded
        +5 GET /?x=2 > 200 {cache-control: max-age=60} "two" => forwarded "two"
        GET /?x=3 > 200 {cache-control: max-age=60} "three" => forwarded "three"
        GET /?x=2 => hit "two""#,
    ),
    (
        "draft no-vary-search-10 §7",
        "the last rule counts",
        r#"
        GET /?x=1&y=1 > 200 {cache-control: max-age=5} {no-vary-search: params} "one" => forwarded
        +5 GET /?x=1&y=1 > 200 {cache-control: max-age=60} {no-vary-search: params=("y")} "two" => forwarded
        GET /?x=1&y=2 => hit "two"
        GET /?x=2&y=2 > 200 "three" => forwarded "three""#,
    ),
    (
        "draft no-vary-search-10 §7",
        "a stale copy is renewed whatever does not matter",
        r#"
        GET /?x=1 > 200 {cache-control: max-age=5} {no-vary-search: params} {etag: "1"} "one" => forwarded
        +5 GET /?x=2 > 304 {etag: "1"} => forwarded "one" asked {if-none-match: "1"} {:target: /?x=2}
        GET /?x=3 => hit "one""#,
    ),
    (
        "draft no-vary-search-10 §7",
        "a change ends what other queries share",
        "
        GET /?x=1 > 200 {cache-control: max-age=60} {no-vary-search: params} => forwarded
        POST /?x=2 > 200 => forwarded
        GET /?x=3 > 200 => forwarded",
    ),
];
