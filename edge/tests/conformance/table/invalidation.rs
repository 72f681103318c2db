//! Invalidation by unsafe methods.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9111 §4.4",
        "a POST that succeeds ends the copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        POST / > 200 => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "a PUT that succeeds ends the copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        PUT / > 204 => forwarded 204
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "a DELETE that redirects ends the copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        DELETE / > 303 {location: /elsewhere} => forwarded 303
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "an unknown method that succeeds ends the copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        BREW / > 200 => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "a POST that fails leaves the copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        POST / > 500 => forwarded 500
        GET / => hit",
    ),
    (
        "RFC 9111 §4.4",
        "a POST that is refused leaves the copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        POST / > 403 => forwarded 403
        GET / => hit",
    ),
    (
        "RFC 9111 §4.4",
        "OPTIONS leaves the copy",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        OPTIONS / > 200 => forwarded
        GET / => hit",
    ),
    (
        "RFC 9111 §4.4",
        "all variants end",
        "
        GET / {x-a: 1} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / {x-a: 2} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        POST / > 200 => forwarded
        GET / {x-a: 1} > 200 => forwarded
        GET / {x-a: 2} > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "another resource stays",
        "
        GET /a > 200 {cache-control: max-age=60} => forwarded
        POST /b > 200 => forwarded
        GET /a => hit",
    ),
    (
        "RFC 9111 §4.4",
        "what Location names ends",
        "
        GET /a/b > 200 {cache-control: max-age=60} => forwarded
        POST /a > 201 {location: /a/b} => forwarded 201
        GET /a/b > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "what Content-Location names ends",
        "
        GET /a/b > 200 {cache-control: max-age=60} => forwarded
        PUT /a/c > 200 {content-location: b} => forwarded
        GET /a/b > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "what an absolute Location on the same host names ends",
        "
        GET /b {host: a.example} > 200 {cache-control: max-age=60} => forwarded
        POST /a {host: a.example} > 201 {location: https://a.example/b} => forwarded 201
        GET /b {host: a.example} > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.4",
        "what a Location on another host names stays",
        "
        GET /b {host: b.example} > 200 {cache-control: max-age=60} => forwarded
        POST /a {host: a.example} > 201 {location: http://b.example/b} => forwarded 201
        GET /b {host: b.example} => hit",
    ),
    (
        "RFC 9111 §4.4",
        "what the Location of a failure names stays",
        "
        GET /b > 200 {cache-control: max-age=60} => forwarded
        POST /a > 400 {location: /b} => forwarded 400
        GET /b => hit",
    ),
    (
        "RFC 9111 §4.4",
        "the Location of a GET ends nothing",
        "
        GET /b > 200 {cache-control: max-age=60} => forwarded
        GET /a > 302 {location: /b} => forwarded 302
        GET /b => hit",
    ),
];
