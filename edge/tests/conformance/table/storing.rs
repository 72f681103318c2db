//! What may be stored.

use crate::script::Case;

pub const CASES: &[Case] = &[
    ("RFC 9111 §3", "a 200 with a lifetime is stored", r#"
        GET / > 200 {cache-control: max-age=60} "one" => forwarded "one"
        GET / => hit "one""#),
    ("RFC 9111 §3", "a 203 with a lifetime is stored", "
        GET / > 203 {cache-control: max-age=60} => forwarded 203
        GET / => hit 203"),
    ("RFC 9111 §3", "a 204 with a lifetime is stored", "
        GET / > 204 {cache-control: max-age=60} => forwarded 204
        GET / => hit 204"),
    ("RFC 9111 §3", "a 301 with a lifetime is stored with its Location", "
        GET / > 301 {cache-control: max-age=60} {location: /new} => forwarded 301
        GET / => hit 301 {location: /new}"),
    ("RFC 9111 §3", "a 302 with a lifetime is stored", "
        GET / > 302 {cache-control: max-age=60} {location: /new} => forwarded 302
        GET / => hit 302"),
    ("RFC 9111 §3", "a 307 with a lifetime is stored", "
        GET / > 307 {cache-control: max-age=60} {location: /new} => forwarded 307
        GET / => hit 307"),
    ("RFC 9111 §3", "a 308 with a lifetime is stored", "
        GET / > 308 {cache-control: max-age=60} {location: /new} => forwarded 308
        GET / => hit 308"),
    ("RFC 9111 §3", "a 404 with a lifetime is stored", r#"
        GET / > 404 {cache-control: max-age=60} "gone" => forwarded 404
        GET / => hit 404 "gone""#),
    ("RFC 9111 §3", "a 410 with a lifetime is stored", "
        GET / > 410 {cache-control: max-age=60} => forwarded 410
        GET / => hit 410"),
    ("RFC 9111 §3", "an unknown status with a lifetime is stored", "
        GET / > 299 {cache-control: max-age=60} => forwarded 299
        GET / => hit 299"),
    ("RFC 9111 §3", "a 500 is not stored, whatever it says", "
        GET / > 500 {cache-control: max-age=60} => forwarded 500
        GET / > 200 => forwarded 200"),
    ("RFC 9111 §3", "a 503 is not stored, whatever it says", "
        GET / > 503 {cache-control: max-age=60} => forwarded 503
        GET / > 200 => forwarded 200"),
    ("RFC 9111 §3", "an answer with neither lifetime nor validator is not stored", "
        GET / > 200 => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9111 §4.2.2", "no lifetime is guessed from Last-Modified", "
        GET / > 200 {last-modified: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / > 304 => forwarded asked {if-modified-since: Wed, 01 Jan 2020 00:00:00 GMT}"),
    ("RFC 9111 §3", "a POST is not answered from the store, nor stored", r#"
        POST / "x" > 200 {cache-control: max-age=60} "one" => forwarded
        GET / > 200 {cache-control: max-age=60} "two" => forwarded "two"
        POST / "x" > 200 "three" => forwarded "three""#),
    ("RFC 9111 §3", "an unknown method is passed on and not stored", "
        BREW / > 200 {cache-control: max-age=60} => forwarded
        BREW / > 200 {cache-control: max-age=60} => forwarded"),
    ("RFC 9111 §2", "another query is another resource", "
        GET /?a=1 > 200 {cache-control: max-age=60} => forwarded
        GET /?a=2 > 200 {cache-control: max-age=60} => forwarded
        GET /?a=1 => hit"),
    ("RFC 9111 §2", "another path is another resource", "
        GET /a > 200 {cache-control: max-age=60} => forwarded
        GET /A > 200 {cache-control: max-age=60} => forwarded"),
    ("RFC 9111 §2", "another host is another resource", "
        GET / {host: a.example} > 200 {cache-control: max-age=60} => forwarded
        GET / {host: b.example} > 200 {cache-control: max-age=60} => forwarded
        GET / {host: A.example} => hit"),
    ("RFC 3986 §6.2.2", "spellings of one target are one resource", "
        GET /%7ea?b=%41 > 200 {cache-control: max-age=60} => forwarded
        GET /~a?b=A => hit"),
    ("RFC 9111 §3.5", "an answer to Authorization is not stored", "
        GET / {authorization: Basic YTpi} > 200 {cache-control: max-age=60} => forwarded
        GET / > 200 {cache-control: max-age=60} => forwarded"),
    ("RFC 9111 §3.5", "an answer to Authorization is not stored although it is public", "
        GET / {authorization: Basic YTpi} > 200 {cache-control: public, max-age=60} => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9111 §3.5", "a request with Authorization is not answered from the store", "
        GET / > 200 {cache-control: max-age=60} => forwarded
        GET / {authorization: Basic YTpi} > 200 => forwarded asked {authorization: Basic YTpi}"),
    ("RFC 9111 §7.3", "what sets a cookie is not stored", "
        GET / > 200 {cache-control: public, max-age=60} {set-cookie: a=b} => forwarded {set-cookie: a=b}
        GET / > 200 => forwarded"),
    ("RFC 9111 §7.3", "a request with a cookie is answered from the store", "
        GET / > 200 {cache-control: max-age=60} => forwarded
        GET / {cookie: a=b} => hit"),
    ("RFC 9111 §3.1", "every end-to-end field is stored", r#"
        GET / > 200 {cache-control: max-age=60} {x-a: 1} {content-language: pt} {content-location: /b} {content-security-policy: x} => forwarded
        GET / => hit {x-a: 1} {content-language: pt} {content-location: /b} {content-security-policy: x}"#),
    ("RFC 9111 §3.1", "fields that Connection names are not stored", "
        GET / > 200 {cache-control: max-age=60} {connection: x-a, x-b} {x-a: 1} {x-b: 2} {x-c: 3} => forwarded {x-a: -} {x-c: 3}
        GET / => hit {x-a: -} {x-b: -} {x-c: 3}"),
    ("RFC 9111 §3.1", "fields of one connection are not stored", "
        GET / > 200 {cache-control: max-age=60} {keep-alive: x} {te: x} {upgrade: x} {proxy-connection: x} => forwarded
        GET / => hit {keep-alive: -} {te: -} {upgrade: -} {proxy-connection: -}"),
    ("RFC 9111 §3.1", "fields between a client and its proxy are not stored", "
        GET / > 200 {cache-control: max-age=60} {proxy-authenticate: Basic} {proxy-authentication-info: x} {proxy-authorization: x} => forwarded
        GET / => hit {proxy-authenticate: -} {proxy-authentication-info: -} {proxy-authorization: -}"),
    ("RFC 9111 §3.3", "an answer cut short is not stored", "
        GET / > 200 {cache-control: max-age=60} {content-length: 99} => forwarded 502
        +2 GET / > 200 => forwarded"),
    ("RFC 9111 §3.4", "a 206 is not stored", "
        GET / > 206 {cache-control: max-age=60} {content-range: bytes 0-1/5} => forwarded 206
        GET / > 200 => forwarded"),
];
