//! What a gateway does to the messages it passes on.

use crate::script::Case;

pub const CASES: &[Case] = &[
    ("RFC 9110 §7.6.1", "what belongs to the reader's connection stays there", "
        GET / {connection: x-a} {x-a: 1} {x-b: 2} {te: trailers} {keep-alive: x} {proxy-connection: x} > 200 => forwarded asked {x-a: -} {x-b: 2} {te: -} {keep-alive: -} {proxy-connection: -}"),
    ("RFC 9110 §7.6.1", "so it does when a request is passed on", "
        POST / {connection: x-a} {x-a: 1} {x-b: 2} {te: trailers} > 200 => forwarded asked {x-a: -} {x-b: 2} {te: -}"),
    ("RFC 9110 §7.6.1", "what belongs to the origin's connection stays there", "
        POST / > 200 {connection: x-a} {x-a: 1} {x-b: 2} {keep-alive: x} => forwarded {x-a: -} {x-b: 2} {keep-alive: -}"),
    ("RFC 9110 §7.6.3", "a fill says through whom it comes", "
        GET / > 200 => forwarded asked {via: 1.1 rcr-test}"),
    ("RFC 9110 §7.6.3", "a request that is passed on says it too", "
        POST / > 200 => forwarded asked {via: 1.1 rcr-test}"),
    ("RFC 9110 §7.6.3", "after those who passed it on before", "
        POST / {via: 1.0 other} > 200 => forwarded asked {via: 1.0 other, 1.1 rcr-test}"),
    ("RFC 9110 §15.2", "an interim answer is not the answer", r#"
        GET / > 103 {link: </a>; rel=preload} > 200 {cache-control: max-age=60} "one" => forwarded 200 {link: -} "one"
        GET / => hit 200 {link: -} "one""#),
    ("RFC 9110 §15.2", "nor are several", r#"
        GET / > 102 > 103 > 200 {cache-control: max-age=60} "one" => forwarded 200 "one""#),
    ("RFC 9110 §9.3.8", "TRACE is not passed on", "
        TRACE / => refused 405 {allow: *}"),
    ("RFC 9110 §8.6", "a HEAD that is passed on keeps the length", "
        HEAD / {authorization: Basic YTpi} > 200 {content-length: 9} => forwarded 200 {content-length: 9}"),
    ("RFC 9110 §7.6.2", "OPTIONS for this hop is answered here", "
        OPTIONS / {max-forwards: 0} => refused 204 {allow: *}"),
    ("RFC 9110 §7.6.2", "OPTIONS for a later hop is passed on, one less", "
        OPTIONS / {max-forwards: 7} > 200 => forwarded asked {max-forwards: 6}"),
    ("RFC 9110 §9.3.1", "the body of a GET is not passed on", r#"
        GET / "text" > 200 => forwarded asked {content-length: -} {transfer-encoding: -}"#),
];
