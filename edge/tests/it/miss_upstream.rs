//! One round trip per miss: how the origin is reached, and what becomes of lost connections.

use std::collections::BTreeSet;

use common::config::Env;
use edge::config::Config;
use http::Version;

use crate::support::{EdgeBuilder, HoldAt, Offer, Origin, Page, TestEdge, eventually, until};

async fn behind_tls(offer: Offer) -> (Origin, TestEdge) {
    let origin = Origin::start_tls(offer).await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_ORIGIN_CA_FILE", origin.ca_file().display());
    let edge = edge.set("EDGE_FILL_TIMEOUT_MS", 5000).following().await;
    // The feed's questions open them, one a second.
    until("all connections for fills are open", || question_connections(&origin).len() >= FILL_CONNECTIONS).await;
    (origin, edge)
}

/// `FILL_CONNECTIONS` of `upstream.rs`.
const FILL_CONNECTIONS: usize = 6;

fn question_connections(origin: &Origin) -> BTreeSet<usize> {
    connections(origin, &["/internal/head".to_owned()])
}

/// The connections that the requests for these targets came by.
fn connections(origin: &Origin, targets: &[String]) -> BTreeSet<usize> {
    targets.iter().flat_map(|target| origin.requests(target)).map(|request| request.connection).collect()
}

#[tokio::test]
async fn fills_take_turns_on_a_few_http2_connections_that_are_open_already() {
    let (origin, edge) = behind_tls(Offer::Http2).await;
    let fills = question_connections(&origin);
    let opened = origin.connections();
    let targets: Vec<String> = (0..20).map(|n| format!("/{n}")).collect();
    let held: Vec<_> = targets.iter().map(|target| origin.hold(target, HoldAt::Head)).collect();
    let readers: Vec<_> = targets.iter().map(|target| edge.reading(target, &[])).collect();
    // All of them are under way at the same time.
    for held in &held {
        held.arrived().await;
    }
    assert_eq!(origin.connections(), opened, "nobody waited for a handshake");
    assert_eq!(connections(&origin, &targets), fills);
    assert!(!fills.contains(&origin.feed_requests()[0].connection), "the feed has its own");
    assert_eq!(origin.requests("/0")[0].version, Version::HTTP_2);
    held.iter().for_each(crate::support::Held::release);
    for reader in readers {
        assert_eq!(reader.await.unwrap().status, 404);
    }
}

#[tokio::test]
async fn what_is_passed_on_has_a_connection_of_its_own() {
    let (origin, edge) = behind_tls(Offer::Http2).await;
    let posted = edge.send("POST", "/echo", &[], "text").await;
    assert_eq!(posted.text(), "POST text");
    edge.get_with("/echo?1", &[("authorization", "x")]).await;
    let passes = connections(&origin, &["/echo".to_owned(), "/echo?1".to_owned()]);
    assert_eq!(passes.len(), 1);
    assert!(passes.is_disjoint(&question_connections(&origin)));
    assert!(!passes.contains(&origin.feed_requests()[0].connection));
}

/// Its reader may read slowly: only what is short, and known to be, comes by way of the fills.
#[tokio::test]
async fn a_long_private_answer_is_asked_for_again_beside_the_fills() {
    const HANDED_ON_BYTES_MAX: usize = 256 * 1024;
    let (origin, edge) = behind_tls(Offer::Http2).await;
    let private = |length| Page::new("x".repeat(length)).cache("private").with("cache-control", "private");
    let fills = question_connections(&origin);
    for (path, length, page, is_asked_again) in [
        ("/short", HANDED_ON_BYTES_MAX, private(HANDED_ON_BYTES_MAX), false),
        ("/long", HANDED_ON_BYTES_MAX + 1, private(HANDED_ON_BYTES_MAX + 1), true),
        ("/unknown", 4, private(4).without_length(), true),
    ] {
        origin.put(path, page);
        let reply = edge.get(path).await;
        assert!(reply.status == 200 && reply.did().contains("detail=private"), "{path}: {}", reply.did());
        assert!(reply.body.iter().eq(std::iter::repeat_n(&b'x', length)), "{path}: {} bytes", reply.body.len());
        let asked: Vec<_> = origin.requests(path).iter().map(|request| fills.contains(&request.connection)).collect();
        assert_eq!(asked, if is_asked_again { vec![true, false] } else { vec![true] }, "{path}");
    }
}

#[tokio::test]
async fn an_origin_that_speaks_http1_only_works_too() {
    for (origin, edge) in [behind_tls(Offer::Http1).await, {
        let origin = Origin::start().await;
        let edge = EdgeBuilder::new(&origin).following().await;
        (origin, edge)
    }] {
        origin.put("/page", Page::new("text"));
        let opened = origin.connections();
        assert_eq!(edge.get("/page").await.text(), "text");
        assert_eq!(origin.requests("/page")[0].version, Version::HTTP_11);
        assert_eq!(origin.connections(), opened, "it was open already");
        assert_eq!(edge.send("POST", "/echo", &[], "text").await.text(), "POST text");
    }
}

#[tokio::test]
async fn silent_connections_are_asked_whether_they_live() {
    let origin = Origin::start_tls(Offer::Http2).await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_ORIGIN_CA_FILE", origin.ca_file().display()).set("EDGE_FEED", "off");
    let edge = edge.start().await;
    for n in 0..FILL_CONNECTIONS {
        edge.get(&format!("/echo?{n}")).await;
    }
    until("a ping has come on a connection with nothing to do", || origin.pings() > 0).await;
    let opened = origin.connections();
    edge.get("/echo?again").await;
    assert_eq!(origin.connections(), opened);
}

#[tokio::test]
async fn a_killed_connection_costs_no_request() {
    for (origin, edge) in [behind_tls(Offer::Http2).await, behind_tls(Offer::Http1).await, {
        let origin = Origin::start().await;
        let edge = EdgeBuilder::new(&origin).following().await;
        (origin, edge)
    }] {
        for n in 0..20 {
            let path = format!("/{n}");
            origin.put(&path, Page::new("text"));
            // Killed with a request on its way, and between two.
            let held = origin.hold(&path, HoldAt::Head);
            let reader = edge.reading(&path, &[]);
            held.arrived().await;
            origin.cut_connections();
            let reply = reader.await.unwrap();
            assert_eq!((reply.status, reply.text()), (200, "text"), "{n}: {reply:?}");
            assert_eq!(origin.count(&path), 2, "once more, and no oftener");
            origin.cut_connections();
        }
    }
}

#[tokio::test]
async fn what_changes_something_is_not_sent_twice() {
    let (origin, edge) = behind_tls(Offer::Http2).await;
    origin.put("/page", Page::new("text"));
    let held = origin.hold("/page", HoldAt::Head);
    let posting = async {
        held.arrived().await;
        origin.cut_connections();
    };
    let (reply, ()) = tokio::join!(edge.send("POST", "/page", &[], ""), posting);
    reply.assert_problem(502);
    assert_eq!(origin.count("/page"), 1);
}

/// No FIN, no RST: the path is gone, or a firewall forgot it.
#[tokio::test]
async fn a_connection_that_falls_silent_is_replaced() {
    let (origin, edge) = behind_tls(Offer::Http2).await;
    origin.put("/page", Page::new("text"));
    origin.freeze_connections();
    // Long before an idle connection would be closed.
    edge.reads_until("another connection is used", "/page", |reply| reply.text() == "text").await;
    eventually("the edge is confirmed again", async || edge.is_confirmed().then_some(())).await;
}

#[tokio::test]
async fn an_origin_of_another_authority_is_not_believed() {
    let (origin, other) = (Origin::start_tls(Offer::Http2).await, Origin::start_tls(Offer::Http2).await);
    for authority in ["", other.ca_file().to_str().unwrap()] {
        let edge = EdgeBuilder::new(&origin).set("EDGE_ORIGIN_CA_FILE", authority).set("EDGE_FEED", "off").start().await;
        edge.get("/echo").await.assert_problem(502);
    }
    assert_eq!(origin.public_requests().len(), 0);
}

#[test]
fn an_authority_that_is_none_stops_the_start() {
    let no_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for (url, file) in [("https://origin.test", "/nowhere/ca.pem"), ("https://origin.test", no_pem)] {
        let env = Env::from_pairs([("ORIGIN_URL", url), ("EDGE_FEED", "off"), ("EDGE_ORIGIN_CA_FILE", file)]);
        let text = Config::from_env(env).unwrap_err().to_string();
        assert!(text.contains("EDGE_ORIGIN_CA_FILE: expected"), "{text}");
    }
}
