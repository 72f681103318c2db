//! How long an answer is fresh.

use crate::script::Case;

pub const CASES: &[Case] = &[
    (
        "RFC 9111 §4.2",
        "max-age holds to the second",
        "
        GET / > 200 {cache-control: max-age=60} => forwarded
        +59 GET / => hit {age: 59}
        +1 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "s-maxage goes before a longer max-age",
        "
        GET / > 200 {cache-control: max-age=60, s-maxage=5} => forwarded
        +5 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "s-maxage goes before a shorter max-age",
        "
        GET / > 200 {cache-control: s-maxage=60, max-age=5} => forwarded
        +50 GET / => hit",
    ),
    (
        "RFC 9111 §4.2.1",
        "s-maxage on another line counts too",
        "
        GET / > 200 {cache-control: max-age=60} {cache-control: s-maxage=5} => forwarded
        +5 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "max-age goes before a past Expires",
        "
        GET / > 200 {cache-control: max-age=60} {expires: Wed, 01 Jan 2020 00:00:00 GMT} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9111 §4.2.1",
        "max-age=0 goes before a future Expires",
        "
        GET / > 200 {cache-control: max-age=0} {expires: Fri, 01 Jan 2038 00:00:00 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "s-maxage goes before max-age=0",
        "
        GET / > 200 {cache-control: max-age=0, s-maxage=60} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9111 §4.2.1",
        "of two lifetimes the first counts",
        "
        GET / > 200 {cache-control: max-age=60, max-age=5} => forwarded
        +50 GET / => hit",
    ),
    (
        "RFC 9111 §4.2.1",
        "of two lines with lifetimes the first counts",
        "
        GET / > 200 {cache-control: max-age=5} {cache-control: max-age=60} => forwarded
        +50 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "a negative lifetime is none",
        "
        GET / > 200 {cache-control: max-age=-60} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "a lifetime with letters is none",
        "
        GET / > 200 {cache-control: max-age=60a} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "a fractional lifetime is none",
        "
        GET / > 200 {cache-control: max-age=60.0} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "a single-quoted lifetime is none",
        "
        GET / > 200 {cache-control: max-age='60'} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §4.2.1",
        "a broken lifetime is none although Expires is fine",
        "
        GET / > 200 {cache-control: max-age=x} {expires: Fri, 01 Jan 2038 00:00:00 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.2",
        "a quoted lifetime is a lifetime",
        r#"
        GET / > 200 {cache-control: max-age="60"} => forwarded
        GET / => hit"#,
    ),
    (
        "RFC 9111 §5.2",
        "directives are read without regard to case",
        "
        GET / > 200 {cache-control: MaX-aGe=60} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9111 §5.2.3",
        "unknown directives are passed over",
        r#"
        GET / > 200 {cache-control: foo, bar="x, y", max-age=60} => forwarded
        GET / => hit"#,
    ),
    (
        "RFC 9111 §5.2",
        "a lifetime inside a string is none",
        r#"
        GET / > 200 {cache-control: foo="max-age=60"} => forwarded
        GET / > 200 => forwarded"#,
    ),
    (
        "RFC 9111 §5.2",
        "a lifetime inside a string does not replace the real one",
        r#"
        GET / > 200 {cache-control: foo="max-age=60", max-age=5} => forwarded
        +5 GET / > 200 => forwarded"#,
    ),
    (
        "RFC 9111 §5.2",
        "empty members say nothing",
        "
        GET / > 200 {cache-control: , ,max-age=60,, } => forwarded
        GET / => hit",
    ),
    (
        "RFC 9111 §5.2",
        "a space before the sign of equality makes another directive",
        "
        GET / > 200 {cache-control: max-age =60} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §1.2.2",
        "leading zeros do not matter",
        "
        GET / > 200 {cache-control: max-age=0060} => forwarded
        +59 GET / => hit",
    ),
    (
        "RFC 9111 §1.2.2",
        "a lifetime of 2^31 seconds is long",
        "
        GET / > 200 {cache-control: max-age=2147483648} => forwarded
        +1000000 GET / => hit",
    ),
    (
        "RFC 9111 §1.2.2",
        "a lifetime too large for any integer is long",
        "
        GET / > 200 {cache-control: max-age=99999999999999999999} => forwarded
        +1000000 GET / => hit",
    ),
    (
        "RFC 9111 §5.3",
        "Expires is measured from Date",
        "
        GET / > 200 {date: Thu, 01 Jan 2026 00:00:00 GMT} {expires: Thu, 01 Jan 2026 00:01:00 GMT} => forwarded
        +59 GET / => hit
        +1 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.3",
        "Expires without Date is measured from the arrival",
        "
        GET / > 200 {expires: Thu, 01 Jan 2026 00:17:40 GMT} => forwarded
        +59 GET / => hit
        +1 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.3",
        "Expires with an unreadable Date is measured from the arrival",
        "
        GET / > 200 {date: now} {expires: Thu, 01 Jan 2026 00:17:40 GMT} => forwarded
        +59 GET / => hit
        +1 GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.3",
        "an Expires before its Date is past",
        "
        GET / > 200 {date: Fri, 01 Jan 2038 00:01:00 GMT} {expires: Fri, 01 Jan 2038 00:00:00 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.3",
        "an Expires of 0 is past",
        "
        GET / > 200 {expires: 0} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.3",
        "two Expires are past",
        "
        GET / > 200 {expires: Fri, 01 Jan 2038 00:00:00 GMT} {expires: Fri, 01 Jan 2038 00:00:00 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9111 §5.3",
        "an Expires beyond 2^32 seconds is a lifetime",
        "
        GET / > 200 {expires: Sun, 21 Nov 2286 04:46:39 GMT} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9110 §5.6.7",
        "an Expires in the form of RFC 850 is a date",
        "
        GET / > 200 {expires: Thursday, 18-Aug-50 02:01:18 GMT} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9110 §5.6.7",
        "an Expires in the form of asctime is a date",
        "
        GET / > 200 {expires: Mon Aug  8 02:01:18 2050} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9110 §5.6.7",
        "the case of a date does not matter",
        "
        GET / > 200 {expires: THU, 18 aug 2050 02:01:18 gmt} => forwarded
        GET / => hit",
    ),
    (
        "RFC 9110 §5.6.7",
        "a date of another zone is none",
        "
        GET / > 200 {expires: Thu, 18 Aug 2050 02:01:18 UTC} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9110 §5.6.7",
        "a date with a short year is none",
        "
        GET / > 200 {expires: Thu, 18 Aug 50 02:01:18 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9110 §5.6.7",
        "a date with an hour of one digit is none",
        "
        GET / > 200 {expires: Thu, 18 Aug 2050 2:01:18 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
    (
        "RFC 9110 §5.6.7",
        "a date without its comma is none",
        "
        GET / > 200 {expires: Thu 18 Aug 2050 02:01:18 GMT} => forwarded
        GET / > 200 => forwarded",
    ),
];
