//! Tags from `Surrogate-Key`, `Cache-Tag` and `Cache-Groups`, in both modes.

use serde_json::json;

use crate::support::{EdgeBuilder, HOST, HoldAt, Origin, Page, Purge, TestEdge, eventually};

async fn running(plain: bool) -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", if plain { "off" } else { "on" }).following().await;
    (origin, edge)
}

fn tagged(plain: bool, name: &'static str, value: &str) -> Page {
    match (plain, name) {
        (true, _) => Page::plain("text").with("cache-control", "max-age=60").with(name, value),
        (false, "surrogate-key") => Page::new("text").tags(value),
        (false, _) => Page::new("text").with(name, value),
    }
}

#[tokio::test]
async fn every_kind_of_tag_is_one_to_purge_by() {
    let group = format!("group:{HOST}:news_20x");
    for plain in [false, true] {
        let (origin, edge) = running(plain).await;
        for (name, value, tag) in [
            ("surrogate-key", "x a:1 y", "a:1"),
            ("cache-tag", "x, a:2,y", "a:2"),
            ("cache-groups", "\"x\", \"news x\";p=1", group.as_str()),
        ] {
            origin.put("/page", tagged(plain, name, value));
            edge.purge(json!({"all": true})).await;
            edge.get("/page").await;
            assert!(edge.get("/page").await.did().contains("; hit"), "{name} plain={plain}");
            edge.purge(json!({"tags": ["another"]})).await;
            assert!(edge.get("/page").await.did().contains("; hit"), "{name} plain={plain}");
            edge.purge(json!({"tags": [tag]})).await;
            assert!(edge.get("/page").await.did().contains("fwd=stale"), "{name} plain={plain}");
        }
    }
}

/// R8: never truncated.
#[tokio::test]
async fn a_response_that_could_not_be_purged_by_all_its_tags_is_not_stored() {
    let many = (0..513).map(|n| format!("t{n}")).collect::<Vec<_>>().join(",");
    let long = "x".repeat(129);
    for plain in [false, true] {
        let (origin, edge) = running(plain).await;
        for value in [many.as_str(), long.as_str(), "no/slash"] {
            origin.put("/page", tagged(plain, "cache-tag", value));
            let reply = edge.get("/page").await;
            assert!(reply.did().contains("detail=too-many-tags"), "{reply:?}");
            assert!(edge.stored("/page").is_none());
        }
        // RFC 9651: a field that cannot be parsed is as if it were not there.
        origin.put("/page", tagged(plain, "cache-groups", "not-a-string"));
        // The first finds out that the page can be stored again, the second stores it.
        edge.get("/page").await;
        edge.get("/page").await;
        assert!(edge.stored("/page").is_some());
    }
}

/// R12: without all its tags nobody but its own reader can tell whether it is too old.
#[tokio::test]
async fn nor_is_it_shared_with_who_came_after_a_purge() {
    let (origin, edge) = running(false).await;
    let page = |text: &str| Page::new(text).tags("own").with("cache-tag", "no/slash");
    origin.put("/page", page("old"));
    let held = origin.hold("/page", HoldAt::Head);
    let first = edge.reading("/page", &[]);
    held.arrived().await;
    let number = origin.write(Purge::hard(&["own"]), &[("/page", page("new"))]);
    edge.has_applied(number).await;
    let second = edge.reading("/page", &[]);
    eventually("both wait", async || (edge.metric("edge_fill_waiters").await == 2.0).then_some(())).await;
    held.release();
    assert_eq!(first.await.unwrap().text(), "old");
    assert_eq!(second.await.unwrap().text(), "new");
}

#[tokio::test]
async fn with_the_feed_the_other_kinds_are_additional() {
    let (origin, edge) = running(false).await;
    origin.put("/page", Page::new("one").tags("own").with("cache-tag", "more"));
    edge.get("/page").await;
    assert_eq!(edge.stored("/page").unwrap().tags.len(), 2);
    let number = origin.write(Purge::hard(&["own"]), &[("/page", Page::new("two").tags("own"))]);
    edge.has_applied(number).await;
    assert_eq!(edge.get("/page").await.text(), "two");
    // Without a `Surrogate-Key` there is no provenance, whatever else it says.
    origin.put("/bare", Page::new("text").without("surrogate-key").with("cache-tag", "more"));
    assert!(edge.get("/bare").await.did().contains("detail=no-as-of"));
}

#[tokio::test]
async fn a_304_brings_its_tags_along() {
    let (origin, edge) = running(true).await;
    let page = |tag| Page::plain("text").etag(Some("\"1\"")).with("cache-control", "max-age=60").with("cache-tag", tag);
    origin.put("/page", page("before"));
    edge.get("/page").await;
    origin.put("/page", page("after"));
    edge.purge(json!({"tags": ["before"]})).await;
    assert!(edge.get("/page").await.did().contains("fwd-status=304"));
    edge.purge(json!({"tags": ["before"]})).await;
    assert!(edge.get("/page").await.did().contains("; hit"));
    edge.purge(json!({"tags": ["after"]})).await;
    assert!(edge.get("/page").await.did().contains("fwd-status=304"));
}
