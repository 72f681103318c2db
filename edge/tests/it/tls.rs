//! HTTP over TLS, and certificates that change.

use bytes::Bytes;
use http::Request;
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use crate::support::{
    EdgeBuilder, HoldAt, Origin, Page, TestEdge, eventually, in_time, raw,
    tls::{Certificate, Files},
};

const GET: &str = "GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n";

async fn edge(settings: &[(&str, u64)]) -> (Origin, TestEdge, Certificate, Files) {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let certificate = Certificate::new();
    let files = Files::with(&certificate);
    let edge = files.set(EdgeBuilder::new(&origin));
    let edge = settings.iter().fold(edge, |edge, (name, value)| edge.set(name, value));
    (origin, edge.threads(2).following().await, certificate, files)
}

async fn ask(sender: &mut h2::client::SendRequest<Bytes>, path: &str) -> Result<(u16, Bytes), h2::Error> {
    let request = Request::get(format!("https://edge.test{path}")).body(()).unwrap();
    let (answer, _) = sender.clone().ready().await?.send_request(request, true)?;
    let answer = answer.await?;
    let status = answer.status().as_u16();
    let mut body = answer.into_body();
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        bytes.extend_from_slice(&data?);
        body.flow_control().release_capacity(bytes.len()).unwrap();
    }
    Ok((status, bytes.into()))
}

#[tokio::test]
async fn http_1_is_spoken_by_those_who_ask_for_it_or_for_nothing() {
    let (_origin, edge, certificate, _files) = edge(&[]).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let mut stream = certificate.connect(edge.tls_address(), protocols).await.unwrap();
        for _ in 0..2 {
            let answer = raw::ask(&mut stream, GET).await.unwrap();
            assert_eq!((answer.status, &*answer.body), (200, &b"text"[..]));
        }
    }
}

#[tokio::test]
async fn http_2_answers_many_requests_on_one_connection() {
    let (origin, edge, certificate, _files) = edge(&[]).await;
    let stream = certificate.connect(edge.tls_address(), &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..10 {
        assert_eq!(ask(&mut sender, "/page").await.unwrap(), (200, Bytes::from("text")));
    }
    assert_eq!(origin.count("/page"), 1);
    let by_http_1 = edge.get("/page").await.did();
    assert!(by_http_1.starts_with("rcr-test; hit"), "{by_http_1}");
}

#[tokio::test]
async fn http_2_without_tls_is_not_spoken() {
    let (_origin, edge, _certificate, _files) = edge(&[]).await;
    let stream = TcpStream::connect(edge.address).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    assert!(in_time("it is refused", ask(&mut sender, "/page")).await.is_err());
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_connections_only() {
    let (_origin, edge, old, files) = edge(&[]).await;
    let mut before = old.connect(edge.tls_address(), &["http/1.1"]).await.unwrap();
    raw::ask(&mut before, GET).await.unwrap();
    let new = Certificate::new();
    files.write(&new);
    let after = eventually("the new certificate is shown", async || new.connect(edge.tls_address(), &[]).await.ok()).await;
    assert_eq!(after.get_ref().1.peer_certificates().unwrap()[0], new.der);
    assert!(old.connect(edge.tls_address(), &[]).await.is_err());
    assert_eq!(raw::ask(&mut before, GET).await.unwrap().status, 200, "the old connection goes on");
}

#[tokio::test]
async fn a_broken_certificate_changes_nothing_but_metrics() {
    let (_origin, edge, certificate, files) = edge(&[]).await;
    assert_eq!(edge.metric("edge_certificate_usable").await, 1.0);
    // What rcgen makes is valid until 4096.
    assert_eq!(edge.metric("edge_certificate_expiry_timestamp_seconds").await, 67_090_118_400.0);
    // Broken, cut short, and one whose key is another's.
    let other = Certificate::new();
    let half = std::fs::read_to_string(files.certificate()).unwrap();
    let mut failures = 0.0;
    for text in ["nothing", &half[..half.len() / 2], other.pem()] {
        files.write_certificate(text);
        eventually("it was looked at", async || {
            let seen = edge.metric("edge_certificate_failures_total").await;
            (seen > failures).then(|| failures = seen)
        })
        .await;
        certificate.connect(edge.tls_address(), &[]).await.unwrap();
        assert_eq!(edge.metric("edge_certificate_usable").await, 0.0, "until a good one comes");
    }
    files.write(&other);
    eventually("a good one is taken", async || other.connect(edge.tls_address(), &[]).await.ok()).await;
    assert_eq!(edge.metric("edge_certificate_usable").await, 1.0);
}

#[tokio::test]
async fn a_handshake_has_a_limit_of_its_own() {
    let (_origin, edge, _certificate, _files) = edge(&[("EDGE_TLS_HANDSHAKE_MS", 200)]).await;
    let mut silent = TcpStream::connect(edge.tls_address()).await.unwrap();
    assert_eq!(in_time("it is closed", silent.read(&mut [0; 1])).await.unwrap_or(0), 0);
    eventually("it is counted", async || {
        let count = edge.metric("edge_connections_given_up_total{reason=\"handshake-timed-out\"}").await;
        (count == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_stop_tells_http_2_to_go_away_and_finishes_what_it_has_begun() {
    let (origin, edge, certificate, _files) = edge(&[("EDGE_DRAIN_MS", 20_000)]).await;
    let stream = certificate.connect(edge.tls_address(), &["h2"]).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    let ended = tokio::spawn(connection);
    ask(&mut sender, "/page").await.unwrap();
    origin.put("/slow", Page::new("late"));
    let held = origin.hold("/slow", HoldAt::Head);
    let mut asking = sender.clone();
    let slow = tokio::spawn(async move { ask(&mut asking, "/slow").await });
    held.arrived().await;
    let served = edge.shut_down();
    eventually("it is told to go away", async || ask(&mut sender, "/page").await.is_err().then_some(())).await;
    held.release();
    assert_eq!(in_time("it is finished", slow).await.unwrap().unwrap(), (200, Bytes::from("late")));
    drop(in_time("the connection ends", ended).await);
    drop(sender);
    in_time("the edge ends before the grace does", served).await.unwrap();
}
