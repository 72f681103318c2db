//! A small HTTP client: one request, one connection, everything visible.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A request that is being put together.
pub struct Ask {
    address: SocketAddr,
    request: http::request::Builder,
    body: Bytes,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Got {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Ask {
    pub fn new(address: SocketAddr, method: Method, target: &str) -> Ask {
        let request = Request::builder().method(method).uri(target).header("host", "origin.test");
        Ask { address, request, body: Bytes::new() }
    }

    pub fn header(mut self, name: impl Into<HeaderName>, value: &str) -> Ask {
        self.request = self.request.header(name.into(), value);
        self
    }

    pub fn token(self, token: &str) -> Ask {
        self.header(http::header::AUTHORIZATION, &format!("Bearer {token}"))
    }

    pub fn key(self, key: &str) -> Ask {
        self.header(common::headers::IDEMPOTENCY_KEY, key)
    }

    pub fn if_match(self, etag: &str) -> Ask {
        self.header(http::header::IF_MATCH, etag)
    }

    pub fn json(self, body: &Value) -> Ask {
        self.bytes("application/json", body.to_string())
    }

    pub fn bytes(mut self, content_type: &str, body: impl Into<Bytes>) -> Ask {
        self.body = body.into();
        self.header(http::header::CONTENT_TYPE, content_type)
    }

    /// The head of the answer, and its body to be read on.
    pub async fn open(self) -> http::Response<hyper::body::Incoming> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(self.request.body(Full::new(self.body)).unwrap()).await.unwrap()
    }

    pub async fn send(self) -> Got {
        let (head, body) = self.open().await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Got { status: head.status, headers: head.headers, body }
    }
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Succeeds, or shows what came instead.
    #[track_caller]
    pub fn expect(self, status: u16) -> Got {
        assert_eq!(self.status, status, "{:?} {}", self.headers, String::from_utf8_lossy(&self.body));
        self
    }

    /// A problem of this kind, whole and harmless.
    #[track_caller]
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{:?} {}", self.headers, String::from_utf8_lossy(&self.body));
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        if self.headers.contains_key("surrogate-key") {
            // May be stored, and so be another reader's answer: no request id.
            assert!(problem["instance"].is_null(), "{problem}");
        } else {
            let id = problem["instance"].as_str().expect("a request id");
            assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
        problem
    }

    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    pub fn seq(&self) -> u64 {
        self.header("rcr-seq").parse().expect("Rcr-Seq")
    }

    /// The pointers of a validation problem.
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

/// Bytes that no client library would send, and the first bytes of the answer.
pub async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // The server may close before it has read all: what it said counts.
    drop(stream.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}
