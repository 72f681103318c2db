//! HTTP/2 frames that no honest client sends, written by hand. Each ends with the connection
//! closed, the origin hardly asked, and the edge unharmed.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};
use tokio_rustls::client::TlsStream;

use crate::support::{
    EdgeBuilder, HoldAt, Origin, Page, TestEdge, eventually, in_time,
    tls::{Certificate, Files},
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const FRAME_SIZE_ERROR: u32 = 6;
const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// `:status` is literal, 431 not being in HPACK's table, and Huffman-coded.
const STATUS_431: [u8; 3] = [0x69, 0x90, 0xff];

/// What an attacker may get rid of before the edge must have closed.
const FLOOD_BYTES_MAX: usize = 64 * 1024 * 1024;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// GET of a path, in HPACK without Huffman: indexed method and scheme, literal path and host.
fn get(path: &str) -> Vec<u8> {
    let mut block = vec![0x82, 0x87];
    for (name, value) in [(0x04, path), (0x01, "edge.test")] {
        block.extend([name, u8::try_from(value.len()).unwrap()]);
        block.extend(value.as_bytes());
    }
    block
}

/// The head of a POST: the third entry of HPACK's table.
fn post(path: &str) -> Vec<u8> {
    let mut block = get(path);
    block[0] = 0x83;
    block
}

fn request(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &get(path))
}

struct Attack {
    origin: Origin,
    edge: TestEdge,
    stream: TlsStream<TcpStream>,
    _files: Files,
}

/// A connection with its preface and `settings` sent.
async fn attack(limits: &[(&str, u64)], settings: &[u8]) -> Attack {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    origin.put("/large", Page::new("x".repeat(1024 * 1024)));
    let certificate = Certificate::new();
    let files = Files::with(&certificate);
    let edge = limits.iter().fold(files.set(EdgeBuilder::new(&origin)), |edge, (name, value)| edge.set(name, value));
    let edge = edge.following().await;
    // What is not read fills a small buffer sooner than a large one.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let stream = socket.connect(edge.tls_address()).await.unwrap();
    let mut stream = certificate.secure(stream, &["h2"]).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
    Attack { origin, edge, stream, _files: files }
}

impl Attack {
    /// The next frame: its kind, stream and payload. `None`: closed.
    async fn frame(&mut self) -> Option<(u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await.ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        self.stream.read_exact(&mut payload).await.ok()?;
        Some((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
    }

    async fn until_frame(&mut self, kind: u8) -> Option<(u32, Vec<u8>)> {
        in_time(&format!("a frame {kind}"), async {
            loop {
                match self.frame().await? {
                    (found, stream, payload) if found == kind => return Some((stream, payload)),
                    _ => {}
                }
            }
        })
        .await
    }

    /// The edge says why it closes, does, and is well.
    async fn is_ended(&mut self, code: u32) {
        let (_, told) = self.until_frame(GOAWAY).await.unwrap();
        assert_eq!(told[4..8], code.to_be_bytes());
        self.is_closed().await;
        self.edge_is_well().await;
    }

    async fn is_refused_with_431(&mut self) {
        let (_, answer) = self.until_frame(HEADERS).await.unwrap();
        assert!(answer.windows(3).any(|three| three == STATUS_431), "{answer:02x?}");
    }

    async fn is_closed(&mut self) {
        in_time("the edge closes", async { while self.frame().await.is_some() {} }).await;
    }

    /// Writes what `next` gives until the edge takes no more; how many bytes it took. Reads
    /// nothing meanwhile.
    async fn floods(&mut self, mut next: impl FnMut() -> Vec<u8>) -> usize {
        let mut taken = 0;
        let flooding = async {
            while taken < FLOOD_BYTES_MAX {
                let frames = next();
                if self.stream.write_all(&frames).await.is_err() || self.stream.flush().await.is_err() {
                    break;
                }
                taken += frames.len();
            }
        };
        in_time("the edge stops it", flooding).await;
        taken
    }

    async fn given_up(&self, reason: &str) -> f64 {
        self.edge.metric(&format!("edge_connections_given_up_total{{reason=\"{reason}\"}}")).await
    }

    async fn edge_is_well(&self) {
        assert_eq!(self.edge.get("/page").await.text(), "text");
        eventually("the connection is gone", async || {
            // One is the test's own.
            (self.edge.metric("edge_connections").await <= 1.0).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn frames_by_hand_get_an_answer() {
    let mut attack = attack(&[], &[]).await;
    attack.stream.write_all(&request(1, "/page")).await.unwrap();
    let (stream, body) = attack.until_frame(DATA).await.unwrap();
    assert_eq!((stream, &*body), (1, &b"text"[..]));
}

#[tokio::test]
async fn a_rapid_reset_is_cut_off_before_the_origin_feels_it() {
    let mut attack = attack(&[("EDGE_H2_RESETS_MAX", 50)], &[]).await;
    let mut number = 0;
    attack
        .floods(|| {
            let mut frames = Vec::new();
            for _ in 0..10 {
                number += 1;
                let stream = 2 * number - 1;
                frames.extend(request(stream, &format!("/new/{number}")));
                frames.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
            }
            frames
        })
        .await;
    let asked = attack.origin.public_requests().len();
    assert!(asked <= 500, "the origin was asked {asked} times for {number} resets");
    attack.edge_is_well().await;
}

#[tokio::test]
async fn requests_taken_back_one_by_one_are_counted() {
    let mut attack = attack(&[("EDGE_H2_RESETS_MAX", 20)], &[]).await;
    attack.origin.pages_are(crate::support::Mood::Silent);
    for number in 1..=21 {
        let stream = 2 * number - 1;
        let path = format!("/new/{number}");
        attack.stream.write_all(&request(stream, &path)).await.unwrap();
        attack.origin.was_asked(&path, 1).await;
        attack.stream.write_all(&frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())).await.unwrap();
    }
    attack.is_closed().await;
    eventually("it is counted", async || (attack.given_up("resets").await == 1.0).then_some(())).await;
    attack.origin.pages_are(crate::support::Mood::Well);
    attack.edge_is_well().await;
}

#[tokio::test]
async fn requests_taken_back_unseen_have_a_limit_of_their_own() {
    const BURST: u32 = 30;
    let taken_back = |number| {
        let stream = 2 * number - 1;
        let path = format!("/new/{number}");
        [request(stream, &path), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    };
    // One record of TLS: all of it is read before the first request is looked at.
    let burst: Vec<u8> = (1..=BURST).flat_map(taken_back).collect();
    for (limit, is_cut_off) in [(BURST, false), (BURST - 1, true)] {
        // The limit of all resets is far away.
        let limits = [("EDGE_H2_PENDING_RESETS_MAX", limit.into()), ("EDGE_H2_RESETS_MAX", 10_000)];
        let mut attack = attack(&limits, &[]).await;
        attack.stream.write_all(&burst).await.unwrap();
        attack.stream.flush().await.unwrap();
        if is_cut_off {
            let (_, told) = attack.until_frame(GOAWAY).await.unwrap();
            assert_eq!(told[4..8], ENHANCE_YOUR_CALM.to_be_bytes());
            attack.is_closed().await;
            assert!(attack.origin.public_requests().is_empty());
            attack.edge_is_well().await;
        } else {
            let stream = 2 * BURST + 1;
            attack.stream.write_all(&request(stream, "/page")).await.unwrap();
            assert_eq!(attack.until_frame(DATA).await.unwrap(), (stream, b"text".to_vec()));
        }
        assert_eq!(attack.given_up("resets").await, 0.0);
    }
}

/// Each costs the edge a reset of its own.
#[tokio::test]
async fn malformed_requests_are_borne_with_up_to_their_limit() {
    let malformed = |stream| {
        let mut block = get("/page");
        // A field of HTTP/1 connections is an error of its stream (RFC 9113 §8.2.2).
        block.extend([0x00, 10]);
        block.extend(b"connection");
        block.extend([1, b'x']);
        frame(HEADERS, END_STREAM | END_HEADERS, stream, &block)
    };
    let mut few = attack(&[("EDGE_H2_ERRORS_MAX", 4)], &[]).await;
    for number in 0..4 {
        few.stream.write_all(&malformed(2 * number + 1)).await.unwrap();
        assert_eq!(few.until_frame(RST_STREAM).await.unwrap().0, 2 * number + 1);
    }
    few.stream.write_all(&request(9, "/page")).await.unwrap();
    assert_eq!(few.until_frame(DATA).await.unwrap().0, 9);
    assert_eq!(few.origin.public_requests().len(), 1);

    let mut many = attack(&[("EDGE_H2_ERRORS_MAX", 4)], &[]).await;
    for number in 0..6 {
        // It may have closed already.
        drop(many.stream.write_all(&malformed(2 * number + 1)).await);
    }
    many.is_closed().await;
    assert_eq!(many.origin.public_requests().len(), 0);
    many.edge_is_well().await;
}

#[tokio::test]
async fn continuations_without_end_are_cut_off() {
    let mut attack = attack(&[], &[]).await;
    attack.stream.write_all(&frame(HEADERS, END_STREAM, 1, &get("/page"))).await.unwrap();
    // A literal field, not indexed: `a: b`.
    let fields = [0, 1, b'a', 1, b'b'].repeat(3000);
    let taken = attack.floods(|| frame(CONTINUATION, 0, 1, &fields)).await;
    assert!(taken < FLOOD_BYTES_MAX, "{taken}");
    assert!(attack.origin.public_requests().is_empty());
    attack.edge_is_well().await;
}

/// h2's own limit at the default of `EDGE_HEADER_BYTES_MAX`.
#[tokio::test]
async fn a_head_may_go_on_in_five_continuations_and_an_end() {
    for (count, is_cut_off) in [(5, false), (6, true)] {
        let mut attack = attack(&[], &[]).await;
        let mut frames = frame(HEADERS, END_STREAM, 1, &get("/page"));
        for _ in 0..count {
            frames.extend(frame(CONTINUATION, 0, 1, &[0, 1, b'a', 1, b'b']));
        }
        frames.extend(frame(CONTINUATION, END_HEADERS, 1, &[]));
        attack.stream.write_all(&frames).await.unwrap();
        if is_cut_off {
            attack.is_ended(ENHANCE_YOUR_CALM).await;
        } else {
            assert_eq!(attack.until_frame(DATA).await.unwrap().1, b"text");
        }
    }
}

/// One field goes into HPACK's table, and a byte each brings it back.
#[tokio::test]
async fn few_bytes_that_stand_for_many_count_as_many() {
    // Literal, to be indexed: `a` and 3000 bytes, whose number is 127 and 57 and 22 times 128.
    let field = [&[0x40, 1, b'a', 0x7f, 0x80 | 57, 22][..], &[b'b'; 3000]].concat();
    // The first entry of the table behind those that are always there.
    let again = |count| [get("/page"), field.clone(), vec![0x80 | 62; count]].concat();
    // With its overhead (RFC 7541 §4.1) each is 3033 bytes: 64 and 185 KB, and 32 KiB are allowed.
    let mut some = attack(&[], &[]).await;
    some.stream.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &again(20))).await.unwrap();
    some.is_refused_with_431().await;
    assert!(some.origin.public_requests().is_empty());
    let mut many = attack(&[], &[]).await;
    many.stream.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &again(60))).await.unwrap();
    many.is_ended(ENHANCE_YOUR_CALM).await;
}

#[tokio::test]
async fn a_frame_longer_than_allowed_ends_the_connection() {
    let mut attack = attack(&[], &[]).await;
    // 16,385 bytes are announced; none need come.
    let mut head = frame(DATA, 0, 1, &[]);
    head[..3].copy_from_slice(&[0, 0x40, 1]);
    attack.stream.write_all(&head).await.unwrap();
    attack.is_ended(FRAME_SIZE_ERROR).await;
}

#[tokio::test]
async fn empty_frames_are_borne_with_up_to_a_limit() {
    for (count, is_cut_off) in [(100, false), (101, true)] {
        let mut attack = attack(&[], &[]).await;
        let mut frames = frame(HEADERS, END_HEADERS, 1, &post("/echo"));
        frames.extend(frame(DATA, 0, 1, &[]).repeat(count));
        if !is_cut_off {
            frames.extend(frame(DATA, END_STREAM, 1, b"text"));
        }
        attack.stream.write_all(&frames).await.unwrap();
        if is_cut_off {
            attack.is_ended(ENHANCE_YOUR_CALM).await;
        } else {
            assert_eq!(attack.until_frame(DATA).await.unwrap().1, b"POST text");
        }
    }
}

#[tokio::test]
async fn pings_and_settings_whose_answers_are_not_read_are_not_taken_for_ever() {
    for flood in [frame(PING, 0, 0, &[7; 8]), frame(SETTINGS, 0, 0, &[])] {
        let mut attack = attack(&[("EDGE_WRITE_STALL_MS", 500)], &[]).await;
        let frames = flood.repeat(100);
        let taken = attack.floods(|| frames.clone()).await;
        // What both sockets hold; nothing is queued beyond that.
        assert!(taken < FLOOD_BYTES_MAX, "{taken}");
        eventually("it is given up", async || (attack.given_up("write-stalled").await == 1.0).then_some(())).await;
        attack.edge_is_well().await;
    }
}

#[tokio::test]
async fn more_streams_than_allowed_are_refused() {
    let mut attack = attack(&[("EDGE_H2_STREAMS_MAX", 2)], &[]).await;
    let held = attack.origin.hold("/page", HoldAt::Head);
    for stream in [1, 3, 5] {
        attack.stream.write_all(&request(stream, "/page")).await.unwrap();
    }
    let (stream, code) = attack.until_frame(RST_STREAM).await.unwrap();
    assert_eq!((stream, &*code), (5, &REFUSED_STREAM.to_be_bytes()[..]));
    held.arrived().await;
    held.release();
    assert_eq!(attack.until_frame(DATA).await.unwrap().1, b"text");
}

#[tokio::test]
async fn too_many_or_too_large_fields_are_a_431() {
    let many = get("/page").into_iter().chain([0, 1, b'a', 1, b'b'].repeat(101)).collect::<Vec<_>>();
    // A name of 1 and a value of 100 bytes, four hundred times.
    let field = [&[0, 1, b'a', 100][..], &[b'b'; 100]].concat();
    let large = [get("/page"), field.repeat(400)].concat();
    for block in [many, large] {
        let mut attack = attack(&[], &[]).await;
        let (first, rest) = block.split_at(block.len().min(16_000));
        let mut frames = frame(HEADERS, END_STREAM, 1, first);
        let rest: Vec<_> = rest.chunks(16_000).collect();
        for part in &rest {
            frames.extend(frame(CONTINUATION, 0, 1, part));
        }
        frames.extend(frame(CONTINUATION, END_HEADERS, 1, &[]));
        attack.stream.write_all(&frames).await.unwrap();
        attack.is_refused_with_431().await;
        assert!(attack.origin.public_requests().is_empty());
    }
}

#[tokio::test]
async fn as_many_fields_as_are_allowed_are_no_431() {
    for (count, is_refused) in [(12, false), (13, true)] {
        let mut attack = attack(&[("EDGE_HEADER_COUNT_MAX", 12)], &[]).await;
        let block = [get("/page"), [0, 1, b'a', 1, b'b'].repeat(count)].concat();
        attack.stream.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &block)).await.unwrap();
        if is_refused {
            attack.is_refused_with_431().await;
        } else {
            assert_eq!(attack.until_frame(DATA).await.unwrap().1, b"text");
        }
    }
}

#[tokio::test]
async fn a_reader_whose_window_stays_closed_is_cut_off() {
    // SETTINGS_INITIAL_WINDOW_SIZE is 0: nothing of a body can be sent.
    let mut attack = attack(&[("EDGE_WRITE_STALL_MS", 300), ("EDGE_KEEP_ALIVE_MS", 300)], &[0, 4, 0, 0, 0, 0]).await;
    attack.stream.write_all(&request(1, "/large")).await.unwrap();
    assert!(attack.until_frame(DATA).await.is_none());
    attack.edge_is_well().await;
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go_away_and_closed() {
    let mut attack = attack(&[("EDGE_KEEP_ALIVE_MS", 300), ("EDGE_WRITE_STALL_MS", 300)], &[]).await;
    attack.stream.write_all(&request(1, "/page")).await.unwrap();
    attack.until_frame(DATA).await.unwrap();
    attack.until_frame(GOAWAY).await.unwrap();
    attack.is_closed().await;
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_given_up() {
    let mut attack = attack(&[("EDGE_H2_PING_MS", 200), ("EDGE_H2_PING_TIMEOUT_MS", 200)], &[]).await;
    attack.until_frame(PING).await.unwrap();
    attack.is_closed().await;
}

#[tokio::test]
async fn slow_bodies_are_bounded_for_each_stream() {
    let mut attack = attack(&[("EDGE_BODY_READ_MS", 300)], &[]).await;
    attack.stream.write_all(&frame(HEADERS, END_HEADERS, 1, &post("/echo"))).await.unwrap();
    // Another stream's requests do not lengthen it.
    for stream in (3..).step_by(2).take(20) {
        attack.stream.write_all(&request(stream, "/page")).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let answered = in_time("stream 1 ends", async {
        loop {
            match attack.frame().await {
                Some((HEADERS | RST_STREAM, 1, _)) => return true,
                Some(_) => {}
                None => return false,
            }
        }
    })
    .await;
    assert!(answered);
    assert!(attack.origin.requests("/echo").iter().all(|asked| asked.body.is_empty()));
}
