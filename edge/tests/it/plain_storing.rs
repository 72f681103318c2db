//! `EDGE_FEED=off`: an ordinary shared cache, where entries live by their headers alone.

use crate::support::{EdgeBuilder, HoldAt, Origin, Page, TestEdge, s};

async fn plain() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").manual_clock().following().await;
    (origin, edge)
}

fn cached(text: &str, cache_control: &str) -> Page {
    Page::plain(text).with("cache-control", cache_control)
}

#[tokio::test]
async fn nothing_is_stored_without_explicit_freshness_or_a_validator() {
    let (origin, edge) = plain().await;
    let date = "Sun, 22 Nov 2026 17:00:00 GMT";
    for (page, stored) in [
        (Page::plain("bare"), false),
        (cached("zero", "max-age=0"), false),
        (cached("no-store", "no-store, max-age=60"), false),
        (cached("private", "private, max-age=60"), false),
        (cached("broken", "max-age=soon"), false),
        (cached("any vary", "max-age=60").with("vary", "*"), false),
        (cached("partial", "max-age=60").status(206), false),
        (cached("error", "max-age=60").status(500), false),
        (cached("fresh", "max-age=60"), true),
        (cached("not found", "max-age=60").status(404), true),
        (Page::plain("expires").with("date", date).with("expires", "Sun, 22 Nov 2026 17:01:00 GMT"), true),
        (Page::plain("etag").etag(Some("\"1\"")), true),
        (Page::plain("last modified").with("last-modified", date), true),
    ] {
        let name = format!("{page:?}");
        origin.put("/page", page);
        edge.get("/page").await;
        assert_eq!(edge.stored("/page").is_some(), stored, "{name}");
        // Forgets it for the next one.
        edge.epoch().memory.invalidate(&TestEdge::key("/page"));
        edge.epoch().fills.uncacheable.forget(&TestEdge::key("/page"));
    }
}

#[tokio::test]
async fn max_age_is_honoured_to_the_second() {
    let (origin, edge) = plain().await;
    origin.put("/page", cached("text", "max-age=60"));
    assert!(edge.get("/page").await.did().contains("; stored"));
    edge.jumps(s(59));
    let hit = edge.get("/page").await;
    assert!(hit.did().contains("; hit; ttl=1"), "{hit:?}");
    assert_eq!((hit.header("age").as_str(), origin.count("/page")), ("59", 1));
    edge.jumps(s(1));
    assert_eq!(edge.get("/page").await.header("age"), "", "it has just come from the origin");
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn the_age_it_comes_with_counts() {
    let (origin, edge) = plain().await;
    origin.put("/page", cached("text", "max-age=60").with("age", "50"));
    edge.get("/page").await;
    assert_eq!(edge.get("/page").await.header("age"), "50");
    edge.jumps(s(10));
    edge.get("/page").await;
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn a_304_makes_the_stored_text_fresh_again() {
    let (origin, edge) = plain().await;
    origin.put("/page", cached("text", "max-age=60").etag(Some("\"1\"")));
    edge.get("/page").await;
    edge.jumps(s(61));
    let again = edge.get("/page").await;
    assert_eq!((again.status, again.text()), (200, "text"));
    assert!(again.did().contains("fwd-status=304"), "{again:?}");
    assert_eq!(origin.requests("/page")[1].header("if-none-match"), Some("\"1\""));
    assert!(edge.get("/page").await.did().contains("; hit"));

    origin.put("/page", cached("changed", "max-age=60").etag(Some("\"2\"")));
    edge.jumps(s(61));
    assert_eq!(edge.get("/page").await.text(), "changed");
}

#[tokio::test]
async fn a_reader_who_has_it_gets_a_304_from_the_edge() {
    let (origin, edge) = plain().await;
    origin.put("/page", cached("text", "max-age=60").etag(Some("\"1\"")));
    edge.get("/page").await;
    let reply = edge.get_with("/page", &[("if-none-match", "W/\"1\"")]).await;
    assert_eq!((reply.status, reply.text(), reply.header("etag").as_str()), (304, "", "\"1\""));
    assert_eq!(origin.count("/page"), 1);
}

#[tokio::test]
async fn an_unsafe_request_that_succeeds_makes_the_copy_unusable() {
    let (origin, edge) = plain().await;
    for (method, status, kept) in [("POST", 200, false), ("DELETE", 303, false), ("PUT", 500, true), ("OPTIONS", 200, true)] {
        let path = format!("/{method}");
        origin.put(&path, cached("before", "max-age=60"));
        edge.get(&path).await;
        origin.put(&path, cached("after", "max-age=60").status(status));
        assert_eq!(edge.send(method, &path, &[], "").await.status, status);
        assert_eq!(edge.stored_text(&path).is_some(), kept, "{method} {status}");
    }
}

#[tokio::test]
async fn an_unsafe_request_overtakes_a_fill_in_flight() {
    let (origin, edge) = plain().await;
    for at in [HoldAt::Head, HoldAt::Body] {
        origin.put("/page", cached("before", "max-age=60"));
        let held = origin.hold("/page", at);
        let early = edge.reading("/page", &[]);
        held.arrived().await;
        origin.put("/page", cached("after", "max-age=60"));
        edge.send("POST", "/page", &[], "a change").await;
        // Nobody joins the old fill any more.
        assert_eq!(edge.get("/page").await.text(), "after", "{at:?}");
        held.release();
        assert_eq!(early.await.unwrap().text(), "before");
        assert_eq!(edge.get("/page").await.text(), "after", "{at:?}");
        edge.send("POST", "/page", &[], "").await;
    }
}

#[tokio::test]
async fn authenticated_requests_are_neither_stored_nor_answered_from_the_store() {
    let (origin, edge) = plain().await;
    origin.put("/page", cached("for one", "max-age=60"));
    let credentials = [("authorization", "Basic YTpi")];
    assert_eq!(edge.get_with("/page", &credentials).await.text(), "for one");
    assert_eq!(origin.requests("/page")[0].header("authorization"), Some("Basic YTpi"));
    assert!(edge.stored("/page").is_none());
    origin.put("/page", cached("for all", "max-age=60"));
    edge.get("/page").await;
    origin.put("/page", cached("for another", "max-age=60"));
    assert_eq!(edge.get_with("/page", &credentials).await.text(), "for another");
    assert_eq!(edge.get("/page").await.text(), "for all");
}

#[tokio::test]
async fn what_sets_a_cookie_is_never_stored() {
    let (origin, edge) = plain().await;
    for n in 1..=2 {
        origin.put("/page", cached("text", "public, max-age=60").with("set-cookie", &format!("session={n}")));
        assert_eq!(edge.get("/page").await.header("set-cookie"), format!("session={n}"));
    }
    assert!(edge.stored("/page").is_none());
}

#[tokio::test]
async fn variants_are_kept_apart() {
    let (origin, edge) = plain().await;
    origin.put("/page", cached("in Portuguese", "max-age=60").with("vary", "accept-language"));
    assert_eq!(edge.get_with("/page", &[("accept-language", "pt")]).await.text(), "in Portuguese");
    origin.put("/page", cached("in Spanish", "max-age=60").with("vary", "accept-language"));
    assert_eq!(edge.get_with("/page", &[("accept-language", "es")]).await.text(), "in Spanish");
    assert_eq!(edge.get_with("/page", &[("accept-language", "pt")]).await.text(), "in Portuguese");
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn a_fill_is_for_everybody_whoever_caused_it() {
    let (origin, edge) = plain().await;
    origin.put("/page", cached("text", "max-age=60").etag(Some("\"1\"")));
    let headers = [("if-none-match", "\"1\""), ("if-range", "\"1\""), ("range", "bytes=0-1"), ("accept-language", "pt")];
    assert_eq!(edge.get_with("/page", &headers).await.status, 304);
    let asked = origin.requests("/page");
    for name in ["if-none-match", "if-range", "range"] {
        assert_eq!(asked[0].header(name), None, "{name}");
    }
    assert_eq!(asked[0].header("accept-language"), Some("pt"));
    assert_eq!(edge.get("/page").await.text(), "text");
}
