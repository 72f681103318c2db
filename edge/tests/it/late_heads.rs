//! Heads of requests that do not come in time, by HTTP/1.

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{
    EdgeBuilder, Origin, Page, TestEdge, in_time, raw,
    tls::{Certificate, Files},
};

const GET: &str = "GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n";
/// After it, hyper reads the socket itself.
const POST: &str = "POST /echo HTTP/1.1\r\nhost: edge.test\r\ncontent-length: 1\r\n\r\nx";
const HALF: &str = "GET /page HTTP/1.1\r\nhost: edge.";

async fn impatient() -> (Origin, TestEdge, Certificate, Files) {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let certificate = Certificate::new();
    let files = Files::with(&certificate);
    let edge = files.set(EdgeBuilder::new(&origin)).set("EDGE_HEADER_READ_MS", 300).following().await;
    (origin, edge, certificate, files)
}

/// What comes until the edge closes.
async fn rest<S: AsyncRead + Unpin>(stream: &mut S) -> Vec<u8> {
    let mut rest = Vec::new();
    drop(in_time("the edge closes", stream.read_to_end(&mut rest)).await);
    rest
}

async fn assert_told<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, before: &[&str]) {
    for request in before {
        assert_eq!(raw::ask(&mut stream, request).await.unwrap().status, 200, "{request}");
    }
    stream.write_all(HALF.as_bytes()).await.unwrap();
    let told = in_time("the edge says something", raw::answer(&mut stream)).await;
    let told = told.unwrap_or_else(|error| panic!("{before:?}: {error}"));
    assert_eq!((told.status, told.closes), (408, true), "{before:?}");
    assert_eq!(rest(&mut stream).await, b"", "{before:?}");
}

#[tokio::test]
async fn half_a_head_is_answered_408_and_the_connection_closed() {
    let (origin, edge, certificate, _files) = impatient().await;
    for before in [&[][..], &[GET, GET], &[POST], &[GET, POST, GET]] {
        assert_told(TcpStream::connect(edge.address).await.unwrap(), before).await;
        let secure = certificate.connect(edge.tls_address(), &["http/1.1"]).await.unwrap();
        assert_told(secure, before).await;
    }
    assert_eq!(edge.metric("edge_connections_given_up_total{reason=\"head-timed-out\"}").await, 8.0);
    assert_eq!(origin.count("/page"), 1);
}

#[tokio::test]
async fn who_has_said_nothing_is_told_nothing() {
    let (_origin, edge, certificate, _files) = impatient().await;
    assert_eq!(rest(&mut TcpStream::connect(edge.address).await.unwrap()).await, b"");
    let mut secure = certificate.connect(edge.tls_address(), &["http/1.1"]).await.unwrap();
    assert_eq!(rest(&mut secure).await, b"");
    assert_eq!(edge.metric("edge_connections_given_up_total{reason=\"head-timed-out\"}").await, 2.0);
    // An empty line is no part of a request, wherever it lies.
    for before in [GET, POST] {
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        assert_eq!(raw::ask(&mut stream, before).await.unwrap().status, 200);
        stream.write_all(b"\r\n").await.unwrap();
        assert_eq!(rest(&mut stream).await, b"", "{before}");
    }
}
