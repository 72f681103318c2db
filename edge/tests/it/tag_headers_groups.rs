//! RFC 9875: `Cache-Group-Invalidation`.

use crate::support::{EdgeBuilder, HoldAt, Origin, Page, TestEdge};

async fn plain() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").following().await;
    (origin, edge)
}

fn member(text: &str) -> Page {
    Page::plain(text)
        .with("cache-control", "max-age=60, stale-while-revalidate=60")
        .with("cache-groups", "\"scripts\", \"all of it\"")
}

fn invalidating(status: u16, groups: &str) -> Page {
    Page::plain("done").status(status).with("cache-group-invalidation", groups)
}

async fn is_hit(edge: &TestEdge) -> bool {
    edge.get("/member").await.did().contains("; hit; ttl=")
}

#[tokio::test]
async fn an_unsafe_request_invalidates_the_groups_it_names() {
    let (origin, edge) = plain().await;
    origin.put("/member", member("text"));
    for (method, status, groups, invalidates) in [
        ("POST", 200, "\"scripts\"", true),
        ("DELETE", 303, "\"other\", \"all of it\"", true),
        ("PUT", 204, "\"other\"", false),
        // Case matters, and what is no list of strings is as if it were not there.
        ("POST", 200, "\"Scripts\"", false),
        ("POST", 200, "scripts", false),
        ("POST", 500, "\"scripts\"", false),
        ("POST", 403, "\"scripts\"", false),
        // A safe method invalidates nothing (RFC 9875 §3).
        ("GET", 200, "\"scripts\"", false),
        ("OPTIONS", 200, "\"scripts\"", false),
    ] {
        let (first, second) = (edge.get("/member").await, edge.get("/member").await);
        assert!(second.did().contains("; hit; ttl="), "{method} {status} {groups}: {first:?}, {second:?}");
        origin.put("/change", invalidating(status, groups));
        edge.send(method, "/change", &[], "").await;
        assert_eq!(is_hit(&edge).await, !invalidates, "{method} {status} {groups}");
    }
    assert_eq!(edge.metric("edge_purges_total{source=\"groups\",strength=\"hard\"}").await, 4.0);
}

#[tokio::test]
async fn groups_end_at_the_authority() {
    let (origin, edge) = plain().await;
    origin.put("/member", member("text"));
    origin.put("/change", invalidating(200, "\"scripts\""));
    edge.get("/member").await;
    edge.send("POST", "/change", &[("host", "elsewhere.test")], "").await;
    assert!(is_hit(&edge).await);
    edge.send("POST", "/change", &[], "").await;
    assert!(!is_hit(&edge).await);
}

/// The classic race, for groups.
#[tokio::test]
async fn a_fill_that_was_sent_before_is_not_stored() {
    let (origin, edge) = plain().await;
    for at in [HoldAt::Head, HoldAt::Body] {
        origin.put("/member", member("old"));
        let held = origin.hold("/member", at);
        let early = edge.reading("/member", &[]);
        held.arrived().await;
        origin.put("/member", member("new"));
        origin.put("/change", invalidating(200, "\"scripts\""));
        edge.send("POST", "/change", &[], "").await;
        held.release();
        assert_eq!(early.await.unwrap().text(), "old");
        assert_eq!(edge.stored_text("/member"), None, "{at:?}");
        assert_eq!(edge.get("/member").await.text(), "new");
        assert!(is_hit(&edge).await);
        edge.send("POST", "/change", &[], "").await;
        edge.epoch().memory.invalidate(&TestEdge::key("/member"));
    }
}
