//! What kind of request begins here?

use std::mem::MaybeUninit;

/// More fields than this are hyper's business.
const FIELDS_MAX: usize = 64;

/// What hyper would refuse goes to hyper.
#[derive(Clone, Copy, Debug)]
pub struct HeadLimits {
    /// Bytes of one request's head.
    pub bytes: usize,
    /// Fields of one request.
    pub fields: usize,
}

/// A request's head, classified.
#[derive(Debug, PartialEq, Eq)]
pub enum Scanned<'a> {
    /// The head is not complete.
    Partial,
    /// Nothing in it but what a stored copy may answer.
    Simple(Simple<'a>),
    /// For hyper: these many bytes, after which the next request begins.
    Whole { len: usize },
    /// For hyper, with everything that follows.
    Through,
}

/// A GET or HEAD without a body, without conditions other than `If-None-Match`, without ranges
/// and without credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simple<'a> {
    /// Bytes of the head.
    pub len: usize,
    pub head_only: bool,
    /// As it stands in the request line.
    pub target: &'a str,
    pub host: &'a [u8],
    pub if_none_match: Option<&'a [u8]>,
    pub accept_encoding: Option<&'a [u8]>,
}

/// What one field makes of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// A hit does not depend on it.
    None,
    Host,
    IfNoneMatch,
    AcceptEncoding,
    /// hyper and the pipeline behind it must see it.
    NotSimple,
    /// It may announce a body, or another protocol.
    Through,
}

/// Classifies the request at the start of `bytes`.
pub fn scan(bytes: &[u8], limits: HeadLimits) -> Scanned<'_> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let fields = &mut fields[..limits.fields.min(FIELDS_MAX)];
    let mut request = httparse::Request::new(&mut []);
    let len = match request.parse_with_uninit_headers(bytes, fields) {
        Ok(httparse::Status::Complete(len)) if len > limits.bytes => return Scanned::Through,
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Scanned::Partial,
        // hyper says what is wrong with it.
        Err(_) => return Scanned::Through,
    };
    let (Some(method), Some(target), Some(1)) = (request.method, request.path, request.version) else {
        return Scanned::Through;
    };
    let (mut host, mut if_none_match, mut accept_encoding) = (None, None, None);
    let mut simple = matches!(method, "GET" | "HEAD");
    for field in request.headers.iter() {
        let place = match weigh(field.name.as_bytes(), field.value) {
            Weight::None => continue,
            Weight::Through => return Scanned::Through,
            Weight::NotSimple => {
                simple = false;
                continue;
            }
            Weight::Host => &mut host,
            Weight::IfNoneMatch => &mut if_none_match,
            Weight::AcceptEncoding => &mut accept_encoding,
        };
        // A field in several lines is put together elsewhere.
        simple &= place.replace(field.value).is_none();
    }
    if method == "CONNECT" {
        return Scanned::Through;
    }
    match host {
        Some(host) if simple => {
            let head_only = method == "HEAD";
            Scanned::Simple(Simple { len, head_only, target, host, if_none_match, accept_encoding })
        }
        _ => Scanned::Whole { len },
    }
}

/// By length first: most fields of most requests are told apart by one comparison.
fn weigh(name: &[u8], value: &[u8]) -> Weight {
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    match name.len() {
        4 if is("host") => Weight::Host,
        5 if is("range") => Weight::NotSimple,
        6 if is("expect") => Weight::Through,
        7 if is("upgrade") => Weight::Through,
        7 if is("rcr-log") => Weight::NotSimple,
        8 if is("if-match") || is("if-range") => Weight::NotSimple,
        10 if is("connection") => connection(value),
        11 if is("rcr-min-seq") => Weight::NotSimple,
        13 if is("if-none-match") => Weight::IfNoneMatch,
        13 if is("authorization") => Weight::NotSimple,
        14 if is("content-length") => Weight::Through,
        15 if is("accept-encoding") => Weight::AcceptEncoding,
        17 if is("if-modified-since") => Weight::NotSimple,
        17 if is("transfer-encoding") => Weight::Through,
        19 if is("if-unmodified-since") => Weight::NotSimple,
        _ => Weight::None,
    }
}

/// Staying open is nothing special; closing is hyper's business; anything else may name fields
/// that count as absent, or ask for another protocol.
fn connection(value: &[u8]) -> Weight {
    if value.eq_ignore_ascii_case(b"keep-alive") {
        Weight::None
    } else if value.eq_ignore_ascii_case(b"close") {
        Weight::NotSimple
    } else {
        Weight::Through
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HeadLimits = HeadLimits { bytes: 4096, fields: 100 };

    fn with(fields: &str) -> String {
        format!("GET /a?b=c HTTP/1.1\r\nHost: h\r\n{fields}\r\n")
    }

    #[test]
    fn what_a_browser_sends_is_simple() {
        let text = with(
            "Connection: keep-alive\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\nIf-None-Match: \"x\"\r\nCookie: a=b\r\nSec-Fetch-Mode: cors\r\n",
        );
        let Scanned::Simple(simple) = scan(text.as_bytes(), LIMITS) else { panic!("not simple") };
        assert_eq!((simple.target, simple.host, simple.len), ("/a?b=c", b"h".as_slice(), text.len()));
        assert_eq!(simple.if_none_match, Some(b"\"x\"".as_slice()));
        assert_eq!(simple.accept_encoding, Some(b"gzip, br".as_slice()));
    }

    #[test]
    fn what_asks_for_more_goes_to_hyper_alone() {
        for field in [
            "Range: bytes=0-1",
            "If-Range: \"a\"",
            "If-Match: *",
            "if-modified-since: Sun, 22 Nov 2026 17:00:00 GMT",
            "If-Unmodified-Since: x",
            "AUTHORIZATION: Bearer x",
            "Rcr-Min-Seq: 7",
            "Rcr-Log: x",
            "Connection: close",
            "Host: h",
            "If-None-Match: \"a\"\r\nIf-None-Match: \"b\"",
        ] {
            let text = with(&format!("{field}\r\n"));
            assert_eq!(scan(text.as_bytes(), LIMITS), Scanned::Whole { len: text.len() }, "{field}");
        }
        for line in ["POST / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"] {
            assert_eq!(scan(line.as_bytes(), LIMITS), Scanned::Whole { len: line.len() }, "{line}");
        }
    }

    #[test]
    fn what_may_have_a_body_or_cannot_be_read_is_hypers_for_good() {
        for field in [
            "Content-Length: 0",
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            "Upgrade: h2c",
            "Expect: 100-continue",
            "Connection: upgrade",
            "Connection: keep-alive, if-none-match",
            "Bad Name: x",
            "Content-Length : 5",
            "x: a\r\n folded",
        ] {
            assert_eq!(scan(with(&format!("{field}\r\n")).as_bytes(), LIMITS), Scanned::Through, "{field}");
        }
        for line in [
            "GET / HTTP/1.0\r\nHost: h\r\n\r\n",
            "GET /\r\n\r\n",
            "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "\0GET / HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(scan(line.as_bytes(), LIMITS), Scanned::Through, "{line:?}");
        }
        let many = "a: b\r\n".repeat(FIELDS_MAX);
        assert_eq!(scan(with(&many).as_bytes(), LIMITS), Scanned::Through);
    }

    #[test]
    fn every_beginning_of_a_head_is_partial() {
        let text = with("Accept: */*\r\n");
        for end in 0..text.len() {
            assert_eq!(scan(&text.as_bytes()[..end], LIMITS), Scanned::Partial, "{end}");
        }
    }
}
