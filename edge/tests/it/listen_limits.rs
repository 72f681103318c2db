//! How many connections there may be, and by whose count; how much of a head.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{EdgeBuilder, Origin, Page, TestEdge, eventually, in_time, raw};

const GET: &str = "GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n";

async fn edge(name: &str, value: u64, threads: usize) -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let edge = EdgeBuilder::new(&origin).set(name, value).threads(threads).following().await;
    (origin, edge)
}

#[tokio::test]
async fn beyond_the_limit_of_connections_readers_wait_for_a_place() {
    let (_origin, edge) = edge("EDGE_CONNECTIONS_MAX", 2, 2).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        assert_eq!(raw::ask(&mut stream, GET).await.unwrap().status, 200);
        open.push(stream);
    }
    let mut waiting = TcpStream::connect(edge.address).await.unwrap();
    waiting.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(edge.metric("edge_connections").await, 2.0);
    let early = tokio::time::timeout(std::time::Duration::from_millis(200), waiting.read_u8()).await;
    assert!(early.is_err(), "it was answered: {early:?}");
    drop(open.pop());
    assert_eq!(in_time("a place is free", raw::answer(&mut waiting)).await.unwrap().status, 200);
}

#[tokio::test]
async fn beyond_the_limit_of_one_address_connections_are_closed() {
    let (_origin, edge) = edge("EDGE_CONNECTIONS_PER_ADDRESS_MAX", 3, 2).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        assert_eq!(raw::ask(&mut stream, GET).await.unwrap().status, 200);
        open.push(stream);
    }
    let mut refused = TcpStream::connect(edge.address).await.unwrap();
    assert!(raw::ask(&mut refused, GET).await.is_err());
    assert_eq!(edge.metric("edge_connections_given_up_total{reason=\"address-limit\"}").await, 1.0);
    drop(open.pop());
    eventually("its place is free", async || {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        raw::ask(&mut stream, GET).await.is_ok().then_some(())
    })
    .await;
}

/// A request with `more` in its head, on a connection of its own: the answer's status.
async fn status(edge: &TestEdge, more: &str) -> u16 {
    let mut stream = TcpStream::connect(edge.address).await.unwrap();
    in_time("it is answered", raw::ask(&mut stream, &with(more))).await.unwrap().status
}

/// One field, and what else is said.
fn with(more: &str) -> String {
    format!("GET /page HTTP/1.1\r\nhost: edge.test\r\n{more}\r\n")
}

#[tokio::test]
async fn a_head_may_have_as_many_fields_as_are_allowed() {
    let (origin, edge) = edge("EDGE_HEADER_COUNT_MAX", 12, 1).await;
    let fields = |count: usize| -> String { (1..count).map(|n| format!("x-{n}: {n}\r\n")).collect() };
    assert_eq!(status(&edge, &fields(13)).await, 431);
    assert_eq!(origin.count("/page"), 0);
    // From the origin, then from memory, where other code reads the head.
    for _ in 0..2 {
        assert_eq!(status(&edge, &fields(12)).await, 200);
        assert_eq!(status(&edge, &fields(13)).await, 431);
    }
    assert_eq!(origin.count("/page"), 1);
}

#[tokio::test]
async fn a_head_may_have_as_many_bytes_as_are_allowed() {
    const BYTES_MAX: usize = 10_000;
    let (origin, edge) = edge("EDGE_HEADER_BYTES_MAX", BYTES_MAX as u64, 1).await;
    let of_bytes = |count: usize| {
        let padding = count - with("x-padding: \r\n").len();
        format!("x-padding: {}\r\n", "x".repeat(padding))
    };
    assert_eq!(with(&of_bytes(BYTES_MAX)).len(), BYTES_MAX);
    assert_eq!(status(&edge, &of_bytes(BYTES_MAX + 1)).await, 431);
    assert_eq!(origin.count("/page"), 0);
    for _ in 0..2 {
        assert_eq!(status(&edge, &of_bytes(BYTES_MAX)).await, 200);
        assert_eq!(status(&edge, &of_bytes(BYTES_MAX + 1)).await, 431);
    }
    assert_eq!(origin.count("/page"), 1);
}

#[tokio::test]
async fn threads_share_one_store_and_one_fill() {
    let (origin, edge) = edge("EDGE_KEEP_ALIVE_MS", 60_000, 4).await;
    let held = origin.hold("/page", crate::support::HoldAt::Head);
    let mut asking = Vec::new();
    for _ in 0..16 {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        stream.write_all(GET.as_bytes()).await.unwrap();
        asking.push(stream);
    }
    held.arrived().await;
    held.release();
    for stream in &mut asking {
        assert_eq!(in_time("it is answered", raw::answer(stream)).await.unwrap().body, b"text");
    }
    assert_eq!(origin.count("/page"), 1);
}
