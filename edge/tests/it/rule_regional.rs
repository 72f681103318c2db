//! R15 to R17: what Redis holds is treated like an answer of the origin.

use common::SystemClock;
use edge::regional::{RedisRegional, Regional as _, Stored};
use std::{sync::Arc, time::Duration};

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge, eventually, redis_url, s, seq, until};

/// With a Redis that all tests share: each has a log of its own.
fn builder(origin: &Origin) -> EdgeBuilder {
    EdgeBuilder::new(origin).set("EDGE_REDIS_WAIT_MS", 2000).set("REDIS_URL", redis_url())
}

/// An edge has stored `/page` in Redis, and is gone.
async fn warmed(origin: &Origin, page: Page) {
    let edge = builder(origin).following().await;
    origin.put("/page", page);
    edge.get("/page").await;
    eventually("the page is in Redis", async || {
        (edge.metric("edge_regional_total{reason=\"stored\"}").await > 0.0).then_some(())
    })
    .await;
}

fn page(text: &str) -> Page {
    Page::new(text).tags("page")
}

#[tokio::test]
async fn a_restart_is_warm() {
    let origin = Origin::start().await;
    warmed(&origin, page("text")).await;
    let edge = builder(&origin).following().await;
    let reply = edge.get("/page").await;
    assert_eq!(reply.text(), "text");
    assert!(reply.did().contains("; hit; detail=regional"), "{reply:?}");
    assert!(edge.get("/page").await.did().contains("; hit; ttl="));
    assert_eq!(origin.count("/page"), 1);
}

#[tokio::test]
async fn a_starting_edge_opens_the_feed_a_rings_length_behind() {
    let origin = Origin::start().await;
    for _ in 0..10 {
        origin.write(Purge::hard(&["other"]), &[]);
    }
    let edge = EdgeBuilder::new(&origin).set("EDGE_RING_EVENTS", 4).following().await;
    assert_eq!(origin.feed_requests()[0].target, "/internal/feed?back=4");
    assert_eq!(edge.epoch().tags.ring_extent(), (seq(6), 4));
}

#[tokio::test]
async fn what_was_purged_while_no_edge_ran_is_not_used() {
    let origin = Origin::start().await;
    warmed(&origin, page("old")).await;
    origin.write(Purge::hard(&["page"]), &[("/page", page("new"))]);
    let edge = builder(&origin).following().await;
    assert_eq!(edge.get("/page").await.text(), "new");
}

#[tokio::test]
async fn an_entry_below_the_rings_floor_is_revalidated() {
    let origin = Origin::start().await;
    warmed(&origin, page("text")).await;
    for _ in 0..5 {
        origin.write(Purge::hard(&["other"]), &[]);
    }
    let edge = builder(&origin).set("EDGE_RING_EVENTS", 2).following().await;
    let reply = edge.get("/page").await;
    assert_eq!(reply.text(), "text");
    assert!(reply.did().contains("fwd-status=304"), "{reply:?}");
    assert_eq!(edge.stored("/page").unwrap().as_of, seq(5));
}

#[tokio::test]
async fn what_another_log_stored_is_not_found() {
    let origin = Origin::start().await;
    warmed(&origin, page("of the old log")).await;
    origin.put("/page", page("of the new log"));
    origin.renew_log(0);
    let edge = builder(&origin).following().await;
    assert_eq!(edge.get("/page").await.text(), "of the new log");
}

#[tokio::test]
async fn a_store_does_not_replace_a_higher_number() {
    let log = Origin::start().await.log();
    let redis = RedisRegional::new(&redis_url(), s(2), Arc::new(SystemClock)).unwrap();
    let stored = |n, text: &'static str| Stored { as_of: seq(n), payload: text.into(), left: Duration::from_secs(60) };
    let key = "edge.test/page".into();
    for (n, text, expected) in [(9, "nine", "nine"), (10, "ten", "ten"), (9, "late", "ten"), (10, "ten again", "ten again")] {
        redis.put(log, &key, stored(n, text)).await.unwrap();
        let found = redis.get(log, &key).await.unwrap().unwrap();
        assert_eq!(found.payload, expected, "{text}");
        assert!(found.left <= Duration::from_secs(60) && found.left > Duration::from_secs(50));
    }
}

/// Whether the edge serves what Redis knows of the last log.
async fn is_blind(edge: &TestEdge, origin: &Origin) {
    until("the edge begins a blind epoch", || edge.epoch().log() == Some(origin.log())).await;
    assert!(!edge.is_confirmed());
}

#[tokio::test]
async fn without_an_origin_a_starting_edge_shows_what_redis_holds_marked() {
    // The name of the last log is one per Redis, so this test has its own.
    let server = crate::support::RedisServer::start().await;
    let origin = Origin::start().await;
    let builder = || EdgeBuilder::new(&origin).set("EDGE_REDIS_WAIT_MS", 2000).set("REDIS_URL", server.url());
    let first = builder().following().await;
    origin.put("/page", page("text"));
    first.get("/page").await;
    eventually("Redis holds the page", async || {
        (first.metric("edge_regional_total{reason=\"stored\"}").await > 0.0).then_some(())
    })
    .await;
    drop(first);
    origin.down();

    let edge = builder().start().await;
    assert_eq!(edge.admin("/healthz").await.status, 200);
    is_blind(&edge, &origin).await;
    for _ in 0..2 {
        let reply = edge.get("/page").await;
        assert_eq!((reply.status, reply.text()), (200, "text"), "{reply:?}");
        assert!(reply.did().contains("; hit; detail=unconfirmed"), "{reply:?}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    assert!(edge.stored("/page").is_none());
    let unseen = edge.get("/unseen").await;
    unseen.assert_problem(503);
    assert_ne!(unseen.header("retry-after"), "");

    origin.up();
    edge.confirmed().await;
    let reply = edge.get("/page").await;
    assert!(reply.did().contains("; hit; detail=regional"), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "");
}

#[tokio::test]
async fn without_an_origin_and_without_redis_it_listens_and_says_503() {
    let origin = Origin::start().await;
    origin.put("/page", page("text"));
    origin.down();
    let edge = EdgeBuilder::new(&origin).manual_clock().start().await;
    let reply = edge.get("/page").await;
    reply.assert_problem(503);
    assert_ne!(reply.header("retry-after"), "");
    assert_eq!(edge.admin("/healthz").await.status, 200);
    edge.admin("/readyz").await.assert_problem(503);
    // Readers are better served with what there is than not at all.
    edge.jumps(s(2));
    assert_eq!(edge.admin("/readyz").await.status, 200);
    origin.up();
    edge.confirmed().await;
    edge.jumps(s(3));
    edge.reads_until("the breaker lets a request through", "/page", |reply| reply.text() == "text").await;
}
