//! What readers read is asked for again as soon as it is purged.

use crate::support::{EdgeBuilder, Mood, Origin, Page, Purge, TestEdge, eventually};

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

/// Nothing of what was asked for may be asked for again before a reader comes.
#[tokio::test]
async fn a_refresh_that_fails_is_not_tried_again_at_every_event() {
    let (origin, edge) = found_purged(FRESH, Purge::hard, 256).await;
    edge.get("/a?x=1").await;
    origin.put("/a?x=1", Page::new("broken").status(500));
    for n in 1..=10 {
        let number = origin.write(if n == 1 { Purge::hard(&["a"]) } else { Purge::hard(&["other"]) }, &[]);
        edge.has_applied(number).await;
    }
    let failed = "edge_refreshes_ahead_total{reason=\"not-stored\"}";
    eventually("it is tried", async || (edge.metric(failed).await >= 1.0).then_some(())).await;
    // What is refreshed after it shows that nothing else was.
    origin.put("/b", Page::new("1").tags("b").cache(FRESH));
    for text in ["2", "3"] {
        edge.get("/b").await;
        edge.get("/b").await;
        let number = origin.write(Purge::hard(&["b"]), &[("/b", Page::new(text).tags("b").cache(FRESH))]);
        edge.has_applied(number).await;
        eventually("the edit is there", async || (edge.get("/b").await.text() == text).then_some(())).await;
    }
    refreshed(&edge, 1.0).await;
    assert_eq!(edge.metric(failed).await, 1.0);
}

#[tokio::test]
async fn sixteen_at_once_are_asked_for_behind_stale_copies_too() {
    const PAGES: usize = 20;
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 20_000).set("EDGE_FILL_STALL_MS", 20_000).following().await;
    let paths: Vec<_> = (0..PAGES).map(|n| format!("/{n}")).collect();
    for path in &paths {
        origin.put(path, Page::new("text").tags("all").cache(SOFT));
        edge.get(path).await;
    }
    // Found purged once, refreshed behind, and read.
    let number = origin.write(Purge::soft(&["all"]), &[]);
    edge.has_applied(number).await;
    for path in &paths {
        edge.reads_until("it is fresh again", path, |reply| reply.did().contains("; hit; ttl=3")).await;
    }
    origin.pages_are(Mood::Silent);
    let number = origin.write(Purge::soft(&["all"]), &[]);
    edge.has_applied(number).await;
    eventually("as many as may be", async || (edge.epoch().fills.in_flight() >= 16).then_some(())).await;
    // Those that may not are not begun while these go on.
    let number = origin.write(Purge::soft(&["other"]), &[]);
    edge.has_applied(number).await;
    assert_eq!(edge.epoch().fills.in_flight(), 16);
    origin.pages_are(Mood::Well);
}
