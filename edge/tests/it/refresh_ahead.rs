//! What readers read is asked for again as soon as it is purged.

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge, eventually};

const FRESH: &str = "max-age=3600";
const SOFT: &str = "max-age=3600, stale-while-revalidate=60";
const REFRESHED: &str = "edge_refreshes_ahead_total{reason=\"stored\"}";

/// A page that a reader has found purged once, under this `Cache-Control`.
async fn found_purged(cache: &str, purge: fn(&[&str]) -> Purge, pages: u32) -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    origin.put("/a?x=1", Page::new("1").tags("a").cache(cache));
    let edge = EdgeBuilder::new(&origin).set("EDGE_REFRESH_AHEAD_PAGES", pages).following().await;
    edge.get("/a?x=1").await;
    edit(&origin, &edge, cache, purge, "2").await;
    eventually("the edit is seen", async || (edge.get("/a?x=1").await.text() == "2").then_some(())).await;
    (origin, edge)
}

async fn edit(origin: &Origin, edge: &TestEdge, cache: &str, purge: fn(&[&str]) -> Purge, text: &str) {
    let number = origin.write(purge(&["a"]), &[("/a?x=1", Page::new(text).tags("a").cache(cache))]);
    edge.has_applied(number).await;
}

async fn refreshed(edge: &TestEdge, times: f64) {
    eventually("it is refreshed", async || (edge.metric(REFRESHED).await >= times).then_some(())).await;
}

#[tokio::test]
async fn what_a_reader_has_read_is_there_again_before_the_next_reader() {
    let (origin, edge) = found_purged(FRESH, Purge::hard, 256).await;
    assert!(edge.get("/a?x=1").await.did().contains("; hit"));
    assert_eq!(origin.count("/a?x=1"), 2);
    edit(&origin, &edge, FRESH, Purge::hard, "3").await;
    refreshed(&edge, 1.0).await;
    let reply = edge.get("/a?x=1").await;
    assert!(reply.did().contains("; hit") && reply.text() == "3", "{reply:?}");
    assert_eq!(origin.count("/a?x=1"), 3);
}

#[tokio::test]
async fn one_read_is_worth_one_refresh() {
    let (origin, edge) = found_purged(FRESH, Purge::hard, 256).await;
    edge.get("/a?x=1").await;
    edit(&origin, &edge, FRESH, Purge::hard, "3").await;
    refreshed(&edge, 1.0).await;
    // Nobody has read that one. What is asked for again later shows that this was not.
    edit(&origin, &edge, FRESH, Purge::hard, "4").await;
    let reply = edge.get("/a?x=1").await;
    assert!(reply.did().contains("fwd=stale") && reply.text() == "4", "{reply:?}");
    edge.get("/a?x=1").await;
    edit(&origin, &edge, FRESH, Purge::hard, "5").await;
    refreshed(&edge, 2.0).await;
    assert_eq!((edge.get("/a?x=1").await.text(), origin.count("/a?x=1")), ("5", 5));
    assert_eq!(edge.metric(REFRESHED).await, 2.0);
}

#[tokio::test]
async fn a_soft_purge_is_refreshed_behind_the_stale_copy() {
    let (origin, edge) = found_purged(SOFT, Purge::soft, 256).await;
    eventually("it is read fresh", async || edge.get("/a?x=1").await.did().contains("; hit; ttl=3").then_some(())).await;
    edit(&origin, &edge, SOFT, Purge::soft, "3").await;
    // Asked for, though nobody reads.
    eventually("it is refreshed", async || (origin.count("/a?x=1") == 3).then_some(())).await;
    let refreshing = "edge_refreshes_ahead_total{reason=\"refreshing\"}";
    eventually("it is counted", async || (edge.metric(refreshing).await == 1.0).then_some(())).await;
    eventually("the new one is there", async || (edge.get("/a?x=1").await.text() == "3").then_some(())).await;
}

#[tokio::test]
async fn it_can_be_turned_off() {
    let (origin, edge) = found_purged(FRESH, Purge::hard, 0).await;
    edge.get("/a?x=1").await;
    edit(&origin, &edge, FRESH, Purge::hard, "3").await;
    let reply = edge.get("/a?x=1").await;
    assert!(reply.did().contains("fwd=stale") && reply.text() == "3", "{reply:?}");
    assert_eq!(edge.metric(REFRESHED).await, 0.0);
}
