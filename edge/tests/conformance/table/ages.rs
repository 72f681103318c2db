//! Ages, and the dates that answers bear.

use crate::script::Case;

pub const CASES: &[Case] = &[
    ("RFC 9111 §5.1", "a stored answer says its age", "
        GET / > 200 {cache-control: max-age=60} => forwarded
        +7 GET / => hit {age: 7}"),
    ("RFC 9111 §5.1", "an answer that has just come says none", "
        GET / > 200 {cache-control: max-age=60} => forwarded {age: -}"),
    ("RFC 9111 §5.1", "an answer that came with an age says it", "
        GET / > 200 {cache-control: max-age=60} {age: 30} => forwarded {age: 30}
        +7 GET / => hit {age: 37}"),
    ("RFC 9111 §4.2.3", "the age it came with counts", "
        GET / > 200 {cache-control: max-age=60} {age: 50} => forwarded
        +9 GET / => hit
        +1 GET / > 200 => forwarded"),
    ("RFC 9111 §4.2.3", "an age above the lifetime is stale", "
        GET / > 200 {cache-control: max-age=60} {age: 61} => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9111 §4.2.3", "the age it came with counts against Expires too", "
        GET / > 200 {date: Thu, 01 Jan 2026 00:16:30 GMT} {expires: Thu, 01 Jan 2026 00:16:50 GMT} {age: 25} => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9111 §5.1", "an age of letters is ignored", "
        GET / > 200 {cache-control: max-age=60} {age: old} => forwarded
        GET / => hit {age: 0}"),
    ("RFC 9111 §5.1", "a negative age is ignored", "
        GET / > 200 {cache-control: max-age=60} {age: -90} => forwarded
        GET / => hit"),
    ("RFC 9111 §5.1", "a fractional age is ignored", "
        GET / > 200 {cache-control: max-age=60} {age: 90.0} => forwarded
        GET / => hit"),
    ("RFC 9111 §5.1", "of a list of ages the first counts", "
        GET / > 200 {cache-control: max-age=60} {age: 0, 90} => forwarded
        GET / => hit"),
    ("RFC 9111 §5.1", "an old age first in a list is stale", "
        GET / > 200 {cache-control: max-age=60} {age: 90, 0} => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9111 §5.1", "of several lines of ages the first counts", "
        GET / > 200 {cache-control: max-age=60} {age: 90} {age: 0} => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9111 §1.2.2", "an age of 2^31 is old", "
        GET / > 200 {cache-control: max-age=60} {age: 2147483648} => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9111 §1.2.2", "an age too large for any integer is old", "
        GET / > 200 {cache-control: max-age=60} {age: 99999999999999999999} => forwarded
        GET / > 200 => forwarded"),
    ("RFC 9110 §6.6.1", "the Date of a stored answer stays", "
        GET / > 200 {cache-control: max-age=60} {date: Thu, 01 Jan 2026 00:16:39 GMT} => forwarded {date: Thu, 01 Jan 2026 00:16:39 GMT}
        +9 GET / => hit {date: Thu, 01 Jan 2026 00:16:39 GMT}"),
    ("RFC 9110 §6.6.1", "an answer without a Date gets the time it was received", "
        GET / > 200 {cache-control: max-age=60} => forwarded {date: Thu, 01 Jan 2026 00:16:40 GMT}
        +9 GET / => hit {date: Thu, 01 Jan 2026 00:16:40 GMT}"),
    ("RFC 9110 §6.6.1", "an answer that is passed on gets a Date too", "
        POST / > 200 => forwarded {date: Thu, 01 Jan 2026 00:16:40 GMT}"),
    ("RFC 9110 §6.6.1", "an unreadable Date becomes the time it was received", "
        GET / > 200 {cache-control: max-age=60} {date: today} => forwarded {date: Thu, 01 Jan 2026 00:16:40 GMT}"),
    ("RFC 9110 §5.6.7", "a Date in an obsolete form is sent in the present one", "
        GET / > 200 {cache-control: max-age=60} {date: Thursday, 01-Jan-26 00:16:30 GMT} => forwarded {date: Thu, 01 Jan 2026 00:16:30 GMT}"),
    ("RFC 9111 §5.3", "the Expires of a stored answer stays", "
        GET / > 200 {expires: Thu, 01 Jan 2026 00:17:40 GMT} => forwarded
        +9 GET / => hit {expires: Thu, 01 Jan 2026 00:17:40 GMT}"),
    ("RFC 9111 §4.2.3", "a Date in the past does not make an answer old", "
        GET / > 200 {cache-control: max-age=60} {date: Wed, 31 Dec 2025 00:00:00 GMT} => forwarded
        GET / => hit {age: 0}"),
];
