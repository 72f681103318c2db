//! Negotiated answers.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9111 §4.1",
        "the same value selects the answer",
        "
        GET / {x-a: 1} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / {x-a: 1} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "another value does not",
        "
        GET / {x-a: 1} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / {x-a: 2} > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "a missing value does not",
        "
        GET / {x-a: 1} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "a value does not select what was made without one",
        "
        GET / > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / {x-a: 1} > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "two missing values are the same",
        "
        GET / {x-a: 1} > 200 {cache-control: max-age=60} {vary: x-a, x-b} => forwarded
        GET / {x-a: 1} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "all fields that are named must match",
        "
        GET / {x-a: 1} {x-b: 2} > 200 {cache-control: max-age=60} {vary: x-a, x-b} => forwarded
        GET / {x-a: 1} {x-b: 3} > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "fields named on two lines must match",
        "
        GET / {x-a: 1} {x-b: 2} > 200 {cache-control: max-age=60} {vary: x-a} {vary: x-b} => forwarded
        GET / {x-a: 1} {x-b: 3} > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "other fields do not matter",
        "
        GET / {x-a: 1} {x-b: 2} > 200 {cache-control: max-age=60} {vary: X-A} => forwarded
        GET / {x-a: 1} {x-b: 3} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "several answers are kept side by side",
        r#"
        GET / {x-a: 1} > 200 {cache-control: max-age=60} {vary: x-a} "one" => forwarded
        GET / {x-a: 2} > 200 {cache-control: max-age=60} {vary: x-a} "two" => forwarded
        GET / {x-a: 1} => hit "one"
        GET / {x-a: 2} => hit "two""#,
    ),
    (
        "RFC 9111 §4.1",
        "lines and a list are the same value",
        "
        GET / {x-a: 1, 2} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / {x-a: 1} {x-a: 2} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "white space in a list does not matter",
        "
        GET / {x-a: 1,2} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / {x-a: 1 ,  2} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "the order of an unknown list matters",
        "
        GET / {x-a: 1, 2} > 200 {cache-control: max-age=60} {vary: x-a} => forwarded
        GET / {x-a: 2, 1} > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "the order of languages does not matter",
        "
        GET / {accept-language: en, de} > 200 {cache-control: max-age=60} {vary: accept-language} => forwarded
        GET / {accept-language: de, en} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "the case of languages does not matter",
        "
        GET / {accept-language: en, de} > 200 {cache-control: max-age=60} {vary: accept-language} => forwarded
        GET / {accept-language: EN, dE} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "the weights of languages do",
        "
        GET / {accept-language: en;q=0.5, de} > 200 {cache-control: max-age=60} {vary: accept-language} => forwarded
        GET / {accept-language: en, de;q=0.5} > 200 => forwarded",
    ),
    (
        "RFC 9110 §12.4.2",
        "a weight of 1 is none",
        "
        GET / {accept-language: en;q=1.0, de;q=0.5} > 200 {cache-control: max-age=60} {vary: accept-language} => forwarded
        GET / {accept-language: de; q=0.5, en} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "the order of media types does not matter",
        "
        GET / {accept: text/html, image/webp} > 200 {cache-control: max-age=60} {vary: accept} => forwarded
        GET / {accept: image/webp,text/html} => hit",
    ),
    (
        "RFC 9111 §4.1",
        "a star is never selected",
        "
        GET / > 200 {cache-control: max-age=60} {vary: *} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "a star among names is a star",
        "
        GET / > 200 {cache-control: max-age=60} {vary: x-a, *} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "a star on another line is a star",
        "
        GET / > 200 {cache-control: max-age=60} {vary: } {vary: *} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.1",
        "a changed Vary supersedes what was kept by the old one",
        r#"
        GET / {x-a: 1} > 200 {cache-control: max-age=5} {vary: x-a} "one" => forwarded
        +5 GET / {x-a: 1} {x-b: 1} > 200 {cache-control: max-age=60} {vary: x-b} "two" => forwarded
        GET / {x-a: 9} {x-b: 1} => hit "two""#,
    ),
];
