//! `EDGE_FEED=off`: every method reaches an arbitrary HTTP server.

use crate::support::{EdgeBuilder, HoldAt, Origin, Page, TestEdge};

/// Whoever sends it is answered by the origin alone.
const CREDENTIALS: [(&str, &str); 1] = [("authorization", "x")];

async fn plain() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").following().await;
    (origin, edge)
}

#[tokio::test]
async fn every_method_passes_through_with_its_body() {
    let (origin, edge) = plain().await;
    for (count, method) in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"].into_iter().enumerate() {
        let body = if matches!(method, "GET" | "HEAD") { "" } else { "some text" };
        let path = format!("/echo/{count}?a=1&b=%2F");
        let reply = edge.send(method, &path, &[("x-custom", "kept"), ("content-type", "text/plain")], body).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let asked = origin.requests(&path);
        assert_eq!(asked.len(), 1, "{method}");
        assert_eq!(asked[0].header("x-custom"), Some("kept"));
        if method == "HEAD" {
            // A cache may ask with GET for a HEAD: what it brings answers both.
            assert_eq!(reply.text(), "");
            assert_ne!(reply.header("content-length"), "0");
        } else {
            assert_eq!((asked[0].method.as_str(), asked[0].body.as_ref()), (method, body.as_bytes()));
            assert_eq!(reply.text(), format!("{method} {body}"));
            assert_eq!(reply.header("x-method"), method);
        }
    }
}

#[tokio::test]
async fn what_belongs_to_one_connection_stays_there() {
    let (origin, edge) = plain().await;
    let headers = [("connection", "x-mine"), ("x-mine", "1"), ("te", "trailers"), ("keep-alive", "timeout=5")];
    for method in ["GET", "POST"] {
        edge.send(method, "/echo", &headers, "").await;
    }
    for asked in origin.requests("/echo") {
        for name in ["x-mine", "te", "keep-alive"] {
            assert_eq!(asked.header(name), None, "{name} of {}", asked.method);
        }
    }
}

#[tokio::test]
async fn nothing_is_kept_for_the_edge_itself() {
    let (origin, edge) = plain().await;
    origin.put("/internal-affairs", Page::plain("a page"));
    assert_eq!(edge.get("/internal-affairs").await.text(), "a page");
    // Without a feed there is no protocol to hide; this origin says 401 itself.
    assert_eq!(edge.get("/internal/head").await.status, 401);
    let preflight = [("origin", "https://a.example"), ("access-control-request-method", "GET")];
    assert_eq!(edge.send("OPTIONS", "/echo", &preflight, "").await.text(), "OPTIONS ");
}

#[tokio::test]
async fn beyond_the_limit_it_is_a_503_until_one_of_those_under_way_is_answered() {
    const PASSES: usize = 3;
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").set("EDGE_PASSES_MAX", PASSES).following().await;
    let (mut held, mut passing) = (Vec::new(), Vec::new());
    for n in 0..PASSES {
        let path = format!("/page/{n}");
        origin.put(&path, Page::plain("text"));
        let gate = origin.hold(&path, HoldAt::Head);
        passing.push(edge.reading(&path, &CREDENTIALS));
        gate.arrived().await;
        held.push(gate);
    }
    for (method, why) in [("POST", "method"), ("GET", "bypass")] {
        let reply = edge.send(method, "/echo", &CREDENTIALS, "").await;
        reply.assert_problem(503);
        assert_eq!(reply.header("retry-after"), "2");
        assert!(reply.did().contains(&format!("fwd={why}; detail=too-many-passes")), "{reply:?}");
    }
    assert_eq!(origin.count("/echo"), 0);
    assert_eq!(edge.metric("edge_requests_refused_total{reason=\"too-many-passes\"}").await, 2.0);
    assert_eq!(edge.metric("edge_requests_total{reason=\"failed\"}").await, 2.0);
    assert_eq!(edge.metric("edge_requests_total{reason=\"local\"}").await, 0.0);
    // A fill is not passed on.
    assert_eq!(edge.get("/missing").await.status, 404);

    held.pop().unwrap().release();
    assert_eq!(passing.pop().unwrap().await.unwrap().text(), "text");
    assert_eq!(edge.send("POST", "/echo", &[], "").await.text(), "POST ");
    // The others are still under way: there is room for one.
    let last = origin.hold("/page/last", HoldAt::Head);
    let waiting = edge.reading("/page/last", &CREDENTIALS);
    last.arrived().await;
    edge.send("POST", "/echo", &[], "").await.assert_problem(503);
    held.push(last);
    passing.push(waiting);
    held.iter().for_each(|held| held.release());
    for passing in passing {
        assert!(matches!(passing.await.unwrap().status, 200 | 404));
    }
}

#[tokio::test]
async fn an_origin_that_cannot_be_reached_is_a_502() {
    let (origin, edge) = plain().await;
    origin.down();
    for method in ["GET", "POST"] {
        edge.send(method, "/echo", &[], "").await.assert_problem(502);
    }
    origin.up();
    assert_eq!(edge.send("POST", "/echo", &[], "back").await.text(), "POST back");
}
