//! Requests that two parsers could read differently, and peers that take their time: by table,
//! over raw sockets, against whatever answers HTTP/1. Nothing here knows which path that is.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{EdgeBuilder, Origin, Page, TestEdge, eventually, in_time};

/// What must never reach the origin: it hides inside, or behind, every malformed request.
const HIDDEN: &str = "GET /smuggled HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\n\r\n";

/// Statuses that may come, in order. `&[]`: closed without a word.
type Answers = &'static [u16];

const REFUSED: &[Answers] = &[&[400], &[]];

struct Case {
    name: &'static str,
    request: String,
    /// Any of these; the connection must be closed after it.
    answers: &'static [Answers],
}

fn case(name: &'static str, request: impl Into<String>, answers: &'static [Answers]) -> Case {
    Case { name, request: request.into(), answers }
}

/// A POST with these header lines, this body, and the hidden request behind it.
fn post(headers: &str, body: &str) -> String {
    format!("POST /echo HTTP/1.1\r\nhost: edge.test\r\n{headers}\r\n{body}{HIDDEN}")
}

/// A GET of a stored page with these header lines (each with its own line end), and the hidden
/// request behind it.
fn get(headers: &str) -> String {
    format!("GET /page HTTP/1.1\r\nhost: edge.test\r\n{headers}\r\n{HIDDEN}")
}

fn line(line: &str) -> String {
    format!("{line}\r\nconnection: close\r\n\r\n{HIDDEN}")
}

fn lengths() -> Vec<Case> {
    const CHUNKED: &str = "0\r\n\r\n";
    vec![
        // RFC 9112 §6.1: refused, or read as chunked and then closed.
        case(
            "both lengths, the length first",
            post("content-length: 5\r\ntransfer-encoding: chunked\r\n", CHUNKED),
            &[&[200], &[400], &[]],
        ),
        case(
            "both lengths, the encoding first",
            post("transfer-encoding: chunked\r\ncontent-length: 5\r\n", CHUNKED),
            &[&[200], &[400], &[]],
        ),
        case(
            "both lengths, the length short",
            post("content-length: 1\r\ntransfer-encoding: chunked\r\n", CHUNKED),
            &[&[200], &[400], &[]],
        ),
        case("two lengths that differ", post("content-length: 0\r\ncontent-length: 100\r\n", ""), REFUSED),
        case("two lengths in one field", post("content-length: 0, 100\r\n", ""), REFUSED),
        case("a length with a sign", post("content-length: +0\r\n", ""), REFUSED),
        case("a negative length", post("content-length: -1\r\n", ""), REFUSED),
        case("a length in hexadecimal", post("content-length: 0x10\r\n", ""), REFUSED),
        case("an empty length", post("content-length: \r\n", ""), REFUSED),
        case("a length with a space inside", post("content-length: 1 0\r\n", ""), REFUSED),
        case("a length beyond 64 bits", post("content-length: 18446744073709551616\r\n", ""), REFUSED),
        case("a length of 2^64 - 1", post("content-length: 18446744073709551615\r\n", ""), &[&[400], &[413], &[431], &[]]),
    ]
}

fn encodings() -> Vec<Case> {
    const CHUNKED: &str = "0\r\n\r\n";
    let te = |value: &str| post(&format!("transfer-encoding: {value}\r\n"), CHUNKED);
    vec![
        case("an unknown encoding", te("xchunked"), REFUSED),
        case("chunked not last", te("chunked, identity"), REFUSED),
        case("identity", te("identity"), REFUSED),
        case("gzip", te("gzip"), REFUSED),
        case("chunked in quotes", te("\"chunked\""), REFUSED),
        case("an empty encoding", te(""), REFUSED),
        case("a second encoding after chunked", post("transfer-encoding: chunked\r\ntransfer-encoding: x\r\n", CHUNKED), REFUSED),
        case("a space before the colon", post("transfer-encoding : chunked\r\n", CHUNKED), REFUSED),
        case("a tab before the colon", post("transfer-encoding\t: chunked\r\n", CHUNKED), REFUSED),
        case("a folded encoding", post("transfer-encoding:\r\n chunked\r\n", CHUNKED), REFUSED),
        case("a vertical tab around chunked", te("\u{b}chunked"), REFUSED),
        case("a field that begins with a space", post(" transfer-encoding: chunked\r\n", CHUNKED), REFUSED),
        case(
            "HTTP/1.0 with an encoding",
            post("", "").replace(
                "HTTP/1.1\r\nhost: edge.test\r\n\r\n",
                "HTTP/1.0\r\nhost: edge.test\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            ),
            REFUSED,
        ),
    ]
}

fn chunks() -> Vec<Case> {
    let chunked = |body: &str| post("transfer-encoding: chunked\r\n", body);
    // A body that is refused while it comes: said, or closed. The origin never gets the whole.
    const BROKEN: &[Answers] = &[&[400], &[408], &[413], &[502], &[]];
    vec![
        case("a chunk size that is no number", chunked("xyz\r\n"), BROKEN),
        case("an empty chunk size", chunked("\r\n"), BROKEN),
        case("a chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), BROKEN),
        case("a negative chunk size", chunked("-1\r\n"), BROKEN),
        case("a chunk size beyond 64 bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), BROKEN),
        case("a chunk longer than its size", chunked("2\r\nhello\r\n0\r\n\r\n"), BROKEN),
        case("a chunk ended by a bare LF", chunked("5\r\nhello\n0\r\n\r\n"), BROKEN),
        case("a chunk size ended by a bare LF", chunked("5\nhello\r\n0\r\n\r\n"), BROKEN),
        case("a chunk size ended by a bare CR", chunked("5\rhello\r\n0\r\n\r\n"), BROKEN),
        case("a bare LF in a chunk extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), BROKEN),
        case("64 KiB of chunk extension", chunked(&format!("5;{}\r\nhello\r\n0\r\n\r\n", "x".repeat(64 * 1024))), BROKEN),
        case("64 KiB of trailers", chunked(&format!("0\r\nx: {}\r\n\r\n", "x".repeat(64 * 1024))), BROKEN),
    ]
}

fn heads() -> Vec<Case> {
    vec![
        case("a NUL in a value", get("x: a\0b\r\n"), REFUSED),
        case("a bare CR in a value", get("x: a\rb\r\n"), REFUSED),
        case("a NUL in a name", get("x\0y: 1\r\n"), REFUSED),
        case("a space in a name", get("x y: 1\r\n"), REFUSED),
        case("a name without a colon", get("xy\r\n"), REFUSED),
        case("an empty name", get(": 1\r\n"), REFUSED),
        case("a folded value", get("x: 1\r\n 2\r\n"), REFUSED),
        case("a field that begins with a tab", get("\tx: 1\r\n"), REFUSED),
        case("a hash in a name that is not ASCII", get("h\u{f6}st: evil.test\r\n"), REFUSED),
        case("two hosts", get("host: edge.test\r\nconnection: close\r\n"), REFUSED),
        case("two hosts that differ", get("host: evil.test\r\nconnection: close\r\n"), REFUSED),
        case("no host", format!("GET /page HTTP/1.1\r\nconnection: close\r\n\r\n{HIDDEN}"), REFUSED),
        case("200 fields", get(&"x: 1\r\n".repeat(200)), &[&[431]]),
        case("a field of 64 KiB", get(&format!("x: {}\r\n", "x".repeat(64 * 1024))), &[&[431]]),
        case("a target of 70 KiB", line(&format!("GET /{} HTTP/1.1\r\nhost: edge.test", "x".repeat(70_000))), &[&[414], &[431]]),
        case("a target of 10 KiB", line(&format!("GET /{} HTTP/1.1\r\nhost: edge.test", "x".repeat(10_000))), &[&[414]]),
    ]
}

fn lines() -> Vec<Case> {
    let with_host = |first: &str| line(&format!("{first}\r\nhost: edge.test"));
    vec![
        case("HTTP/0.9", format!("GET /page\r\n\r\n{HIDDEN}"), REFUSED),
        case("HTTP/2.0 in text", with_host("GET /page HTTP/2.0"), &[&[400], &[505], &[]]),
        case("HTTP/1.2", with_host("GET /page HTTP/1.2"), &[&[400], &[505], &[]]),
        case("a version in lower case", with_host("GET /page http/1.1"), REFUSED),
        case("the preface of HTTP/2", format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{HIDDEN}"), &[&[400], &[505], &[]]),
        case("a space before the method", with_host(" GET /page HTTP/1.1"), REFUSED),
        case("two spaces before the target", with_host("GET  /page HTTP/1.1"), REFUSED),
        case("two spaces before the version", with_host("GET /page  HTTP/1.1"), REFUSED),
        case("a tab before the target", with_host("GET\t/page HTTP/1.1"), REFUSED),
        case("a space in the target", with_host("GET /pa ge HTTP/1.1"), REFUSED),
        case("a NUL in the target", with_host("GET /pa\0ge HTTP/1.1"), REFUSED),
        case("a bare CR in the line", with_host("GET /page\rx HTTP/1.1"), REFUSED),
        case("a colon in the method", with_host("GE:T /page HTTP/1.1"), REFUSED),
        case("no target", with_host("GET HTTP/1.1"), REFUSED),
        case("a target without a slash", with_host("GET page HTTP/1.1"), &[&[400], &[421]]),
        case("an asterisk", with_host("GET * HTTP/1.1"), &[&[400], &[404]]),
        case("a tunnel", with_host("CONNECT evil.test:443 HTTP/1.1"), &[&[400], &[405], &[421]]),
        // RFC 9112 §3.2.2: the target's own authority counts, and it is served here.
        case("absolute form with another host", line("GET http://edge.test/page HTTP/1.1\r\nhost: evil.test"), &[&[200], &[400]]),
        case("absolute form of another host", with_host("GET http://evil.test/page HTTP/1.1"), &[&[421], &[400]]),
        case("absolute form with a user", with_host("GET http://edge.test@evil.test/page HTTP/1.1"), &[&[421], &[400]]),
    ]
}

/// What is legal, if rare: one answer for each request, in order, and nothing else.
fn legal() -> Vec<Case> {
    let last = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\n\r\n");
    let first = "GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n";
    let post = "POST /echo HTTP/1.1\r\nhost: edge.test\r\n";
    vec![
        case("HTTP/1.0 without keep-alive", format!("GET /page HTTP/1.0\r\nhost: edge.test\r\n\r\n{HIDDEN}"), &[&[200]]),
        case(
            "HTTP/1.0 with keep-alive",
            format!("GET /page HTTP/1.0\r\nhost: edge.test\r\nconnection: keep-alive\r\n\r\n{}", last("/page")),
            &[&[200, 200]],
        ),
        case("pipelined", format!("{first}{first}{post}content-length: 3\r\n\r\nabc{}", last("/gone")), &[&[200, 200, 200, 404]]),
        case(
            "a chunked body and a request after it",
            format!("{post}transfer-encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n0\r\n\r\n{}", last("/page")),
            &[&[200, 200]],
        ),
        case(
            "a length twice, the same",
            format!("{post}content-length: 3\r\ncontent-length: 3\r\n\r\nabc{}", last("/page")),
            &[&[200, 200], &[400], &[]],
        ),
        case("empty lines before a request", format!("\r\n\r\n{}", last("/page")), &[&[200]]),
        case(
            "a GET whose body looks like a request",
            format!("GET /page HTTP/1.1\r\nhost: edge.test\r\ncontent-length: {}\r\n\r\n{HIDDEN}{}", HIDDEN.len(), last("/page")),
            &[&[200, 200], &[200]],
        ),
        case(
            "a GET whose chunks look like a request",
            format!(
                "GET /page HTTP/1.1\r\nhost: edge.test\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{HIDDEN}\r\n0\r\n\r\n{}",
                HIDDEN.len(),
                last("/page")
            ),
            &[&[200, 200], &[200]],
        ),
        case(
            "a HEAD whose body looks like a request",
            format!(
                "HEAD /page HTTP/1.1\r\nhost: edge.test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{HIDDEN}",
                HIDDEN.len()
            ),
            &[&[200]],
        ),
        case(
            "an upgrade that is not wanted",
            format!(
                "GET /page HTTP/1.1\r\nhost: edge.test\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n{}",
                last("/page")
            ),
            &[&[200, 200], &[200]],
        ),
        case("a host in upper case", "GET /page HTTP/1.1\r\nHOST: EDGE.TEST\r\nconnection: close\r\n\r\n", &[&[200]]),
        case(
            "a body longer than the limit",
            format!("{post}connection: close\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n{}\r\n0\r\n\r\n", "x".repeat(2000)),
            &[&[413]],
        ),
        // A lone LF as a line's end is legal to accept (RFC 9112 §2.2): the same request then.
        case("bare LF as line ends", "GET /page HTTP/1.1\nhost: edge.test\nconnection: close\n\n", &[&[200], &[400], &[]]),
        case(
            "a bare LF before a length",
            format!("{post}x: 1\ncontent-length: {}\r\nconnection: close\r\n\r\n{HIDDEN}", HIDDEN.len()),
            &[&[200], &[400], &[]],
        ),
    ]
}

async fn edge() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let edge = EdgeBuilder::new(&origin).set("EDGE_HOSTS", "edge.test").set("EDGE_REQUEST_BODY_BYTES_MAX", 1000);
    // A connection that must be closed is not closed by a timer instead.
    let edge = edge.set("EDGE_HEADER_READ_MS", 60_000).set("EDGE_KEEP_ALIVE_MS", 60_000).following().await;
    assert_eq!(edge.get("/page").await.text(), "text");
    (origin, edge)
}

/// The statuses of all answers in these bytes, by their own lengths.
fn statuses(mut bytes: &[u8], requests: &str) -> Result<Vec<u16>, String> {
    let mut found = Vec::new();
    let heads = requests.starts_with("HEAD");
    while !bytes.is_empty() {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("a head without an end")?;
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
        let status = head.strip_prefix("http/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
        bytes = &bytes[end + 4..];
        let field = |name: &str| head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()));
        let length = field("content-length").map_or(Ok(0), str::parse).map_err(|error| format!("{error} in {head}"))?;
        let status: u16 = status.ok_or_else(|| format!("no status in {head}"))?;
        if status != 100 {
            found.push(status);
        }
        if field("transfer-encoding").is_some() {
            let end = bytes.windows(5).position(|five| five == b"0\r\n\r\n").ok_or("chunks without an end")?;
            bytes = &bytes[end + 5..];
        } else if !heads {
            bytes = bytes.get(length..).ok_or_else(|| format!("fewer than {length} bytes of body"))?;
        }
    }
    Ok(found)
}

/// Sends all of it, reads to the end. The connection must have been closed by the edge.
async fn exchange(address: SocketAddr, request: &str) -> Vec<u8> {
    let exchanged = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut from, mut to) = stream.into_split();
        let sending = async {
            // The edge may close while it is still being written to: what it said counts.
            drop(to.write_all(request.as_bytes()).await);
            to
        };
        let mut answer = Vec::new();
        let (_to, _) = tokio::join!(sending, async { drop(from.read_to_end(&mut answer).await) });
        answer
    };
    in_time(&format!("closing after {:.200}", request.escape_debug().to_string()), exchanged).await
}

async fn holds(cases: Vec<Case>) {
    let (origin, edge) = edge().await;
    let mut wrong = Vec::new();
    for case in cases {
        let answer = exchange(edge.address, &case.request).await;
        match statuses(&answer, &case.request) {
            Ok(got) if case.answers.contains(&&*got) => {}
            got => {
                wrong.push(format!("{}: {got:?}, not {:?}: {:.300}", case.name, case.answers, String::from_utf8_lossy(&answer)))
            }
        }
        let smuggled = origin.public_requests().into_iter().filter(|asked| asked.target.contains("smuggled")).count();
        if smuggled > 0 {
            wrong.push(format!("{}: the origin was asked for what was hidden", case.name));
            break;
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(edge.get("/page").await.text(), "text");
}

#[tokio::test]
async fn lengths_that_contradict_each_other_hide_nothing() {
    holds(lengths()).await;
}

#[tokio::test]
async fn encodings_that_others_might_not_see_hide_nothing() {
    holds(encodings()).await;
}

#[tokio::test]
async fn broken_chunks_hide_nothing() {
    holds(chunks()).await;
}

#[tokio::test]
async fn malformed_heads_are_refused() {
    holds(heads()).await;
}

#[tokio::test]
async fn odd_request_lines_are_refused() {
    holds(lines()).await;
}

#[tokio::test]
async fn legal_oddities_are_answered_in_order() {
    holds(legal()).await;
}

/// The same bytes, cut into pieces: a parser that is entered twice must not read them twice.
#[tokio::test]
async fn legal_oddities_are_answered_in_order_byte_by_byte() {
    let (origin, edge) = edge().await;
    for case in legal() {
        let answer = in_time(case.name, async {
            let stream = TcpStream::connect(edge.address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let (mut from, mut to) = stream.into_split();
            let sending = async {
                for byte in case.request.as_bytes() {
                    if to.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                to
            };
            let mut answer = Vec::new();
            let (_to, _) = tokio::join!(sending, async { drop(from.read_to_end(&mut answer).await) });
            answer
        })
        .await;
        let got = statuses(&answer, &case.request).unwrap();
        assert!(case.answers.contains(&&*got), "{}: {got:?}, not {:?}", case.name, case.answers);
    }
    assert_eq!(origin.count("/smuggled"), 0);
}

async fn slow(name: &str, value: u64) -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    origin.put("/large", Page::new("x".repeat(4 * 1024 * 1024)));
    let edge = EdgeBuilder::new(&origin).set(name, value).following().await;
    edge.get("/page").await;
    edge.get("/large").await;
    (origin, edge)
}

/// Reads to the end; an error is an end too.
async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    drop(in_time("the edge closes", stream.read_to_end(&mut answer)).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_head_that_trickles_is_cut_off() {
    let (_origin, edge) = slow("EDGE_HEADER_READ_MS", 300).await;
    let (mut from, mut to) = TcpStream::connect(edge.address).await.unwrap().into_split();
    to.write_all(b"GET /page HTTP/1.1\r\nhost: edge.test\r\n").await.unwrap();
    let trickling = async {
        // Each byte comes well within the limit; all of them do not.
        while to.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    in_time("the edge stops listening", trickling).await;
    let mut answer = String::new();
    drop(from.read_to_string(&mut answer).await);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_second_head_that_trickles_is_cut_off_too() {
    let (_origin, edge) = slow("EDGE_HEADER_READ_MS", 300).await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.write_all(b"GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream.write_all(b"GET /page HTTP/1.1\r\nhost: ").await.unwrap();
    rest(&mut stream).await;
}

#[tokio::test]
async fn an_idle_connection_has_a_limit_of_its_own() {
    let (_origin, edge) = slow("EDGE_KEEP_ALIVE_MS", 300).await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.write_all(b"GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n").await.unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("text"), "{answer}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_a_408() {
    let (origin, edge) = slow("EDGE_BODY_READ_MS", 300).await;
    for body in ["content-length: 10\r\n\r\nabc", "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"] {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        stream.write_all(format!("POST /echo HTTP/1.1\r\nhost: edge.test\r\n{body}").as_bytes()).await.unwrap();
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    assert!(origin.requests("/echo").iter().all(|asked| asked.body.len() < 10));
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_off() {
    let (_origin, edge) = slow("EDGE_WRITE_STALL_MS", 500).await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    // More than both sockets' buffers hold.
    let request = "GET /large HTTP/1.1\r\nhost: edge.test\r\n\r\n".repeat(8);
    stream.write_all(request.as_bytes()).await.unwrap();
    eventually("the edge has closed it", async || {
        // The reader learns nothing of it: it does not read.
        let stalled = edge.metric("edge_connections_given_up_total{reason=\"write-stalled\"}").await;
        (stalled == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_closes_its_half_gets_its_answers() {
    let (_origin, edge) = slow("EDGE_KEEP_ALIVE_MS", 60_000).await;
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    stream.write_all("GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n".repeat(2).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let answer = rest(&mut stream).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
}
