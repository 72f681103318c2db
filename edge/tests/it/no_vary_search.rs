//! `No-Vary-Search` and what several readers, processes and purges make of it.

use serde_json::json;

use super::collapse::waiting;
use crate::support::{EdgeBuilder, HOST, HoldAt, Origin, Page, Purge, eventually, redis_url, s};

fn page(text: &str) -> Page {
    Page::new(text).tags("page").with("no-vary-search", "params, except=(\"id\")")
}

#[tokio::test]
async fn parameters_that_do_not_matter_reach_the_origin_once() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page?id=1&n=0", page("text"));
    edge.get("/page?id=1&n=0").await;
    for n in 1..200 {
        let reply = edge.get(&format!("/page?n={n}&id=1&x{n}")).await;
        assert!(reply.did().contains("; hit") && reply.text() == "text", "{reply:?}");
    }
    assert_eq!(origin.public_requests().len(), 1);
}

#[tokio::test]
async fn a_purge_reaches_what_they_share() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page?id=1", page("before"));
    edge.get("/page?id=1").await;
    let number = origin.write(Purge::hard(&["page"]), &[("/page?id=1&n=1", page("after"))]);
    edge.has_applied(number).await;
    assert_eq!(edge.get("/page?id=1&n=1").await.text(), "after");
    assert_eq!(edge.get("/page?id=1&n=2").await.text(), "after");
}

#[tokio::test]
async fn who_joined_for_another_query_asks_again_when_the_rule_is_gone() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").manual_clock().following().await;
    let shared = Page::plain("shared").with("cache-control", "max-age=5").with("no-vary-search", "params");
    origin.put("/page?n=0", shared);
    edge.get("/page?n=0").await;
    edge.jumps(s(5));
    for n in 1..=2 {
        origin.put(&format!("/page?n={n}"), Page::plain(format!("text {n}")).with("cache-control", "max-age=60"));
    }
    let held = origin.hold("/page?n=1", HoldAt::Head);
    let first = edge.reading("/page?n=1", &[]);
    held.arrived().await;
    let second = edge.reading("/page?n=2", &[]);
    // Both wait for the one fill of what is one key, the path's own.
    waiting(&edge, "/page", 2).await;
    held.release();
    assert_eq!((first.await.unwrap().text(), second.await.unwrap().text()), ("text 1", "text 2"));
}

#[tokio::test]
async fn a_process_that_starts_learns_the_rule_from_the_region() {
    let origin = Origin::start().await;
    let one = EdgeBuilder::new(&origin).set("REDIS_URL", redis_url()).following().await;
    origin.put("/page", page("text"));
    one.get("/page").await;
    // A process's store in Redis ends some time after its answer.
    let other = eventually("a process finds it in the region", async || {
        let other = EdgeBuilder::new(&origin).set("REDIS_URL", redis_url()).following().await;
        let found = other.get("/page").await.did().contains("regional");
        found.then_some(other)
    })
    .await;
    assert!(other.get("/page?n=1").await.did().contains("; hit"));
}

#[tokio::test]
async fn a_field_that_is_for_one_request_is_not_for_those_who_joined_it() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").following().await;
    let page = Page::plain("text").with("cache-control", "max-age=60, private=\"x-own\"").with("x-own", "1");
    origin.put("/page", page);
    let held = origin.hold("/page", HoldAt::Head);
    let first = edge.reading("/page", &[]);
    held.arrived().await;
    let second = edge.reading("/page", &[]);
    waiting(&edge, "/page", 2).await;
    held.release();
    assert_eq!(first.await.unwrap().header("x-own"), "1");
    let joined = second.await.unwrap();
    assert!(joined.did().contains("collapsed"), "{joined:?}");
    assert_eq!(joined.header("x-own"), "");
}

/// A rule that is forgotten still names what it once made a key for.
#[tokio::test]
async fn a_url_purged_while_its_rule_is_forgotten_does_not_come_back_with_the_rule() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page?id=1&u=x", page("before"));
    edge.get("/page?id=1&u=x").await;
    // An answer of the same path that says nothing of queries.
    origin.put("/page?id=9", Page::new("none").status(404));
    assert_eq!(edge.get("/page?id=9").await.status, 404);
    let url = format!("http://{HOST}/page?id=1&u=x");
    let done = edge.purge(json!({"urls": [url], "strength": "hard"})).await;
    assert_eq!(done["urls"][0]["entries"], 1, "{done}");
    // The rule is back, and with it the key under which the old copy lay.
    origin.put("/page?id=2", page("other"));
    edge.get("/page?id=2").await;
    origin.put("/page?id=1&u=y", page("after"));
    assert_eq!(edge.get("/page?id=1&u=y").await.text(), "after");
}
