//! A small HTTP client, and a smaller one for requests that no client would send.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client as Legacy, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::in_time;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// All values of a header, joined; empty if there is none.
    pub fn header(&self, name: &str) -> String {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(", ")
    }

    /// What the edge says it did.
    pub fn did(&self) -> String {
        self.header("cache-status")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Fails unless this is problem+json with `status`, named after it, and not to be kept.
    pub fn assert_problem(&self, status: u16) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.json()["status"], status, "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
    }
}

/// Keeps connections to one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: Legacy<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    host: Option<&'static str>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Client {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        Client { http: Legacy::builder(TokioExecutor::new()).build(tcp), address, host: None }
    }

    /// Asks for this host, unless a request names another.
    pub fn with_host(self, host: &'static str) -> Client {
        Client { host: Some(host), ..self }
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(host) = self.host.filter(|_| !headers.iter().any(|(name, _)| *name == "host")) {
            request = request.header("host", host);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let exchange = async {
            let response = self.http.request(request).await.unwrap_or_else(|error| panic!("{method} {path}: {error:?}"));
            let (head, body) = response.into_parts();
            let body = body.collect().await.unwrap_or_else(|error| panic!("{method} {path}: {error:?}")).to_bytes();
            Reply { status: head.status.as_u16(), headers: head.headers, body }
        };
        in_time(&format!("{method} {path}"), exchange).await
    }
}

/// Sends these bytes on a connection of their own and reads until the server closes it.
/// Returns the status of the first answer (0 if there is none) and everything that came.
pub async fn raw(address: SocketAddr, request: &[u8]) -> (u16, String) {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may close while it is still being written to: what it said counts.
        drop(stream.write_all(request).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        let text = String::from_utf8_lossy(&answer).into_owned();
        (text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0), text)
    };
    in_time("a raw exchange", exchange).await
}
