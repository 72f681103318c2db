//! Keys that are filled in vain: their answers may not be shared, or there are none.

use crate::support::{EdgeBuilder, HoldAt, Mood, Origin, Page, Purge, Reply, TestEdge, s};

fn private(text: &str) -> Page {
    Page::new(text).cache("no-store").with("cache-control", "no-store")
}

async fn edges(origin: &Origin) -> [TestEdge; 2] {
    [
        EdgeBuilder::new(origin).manual_clock().following().await,
        EdgeBuilder::new(origin).manual_clock().set("EDGE_FEED", "off").start().await,
    ]
}

#[tokio::test]
async fn uncacheable_answers_never_queue_behind_one_another() {
    let origin = Origin::start().await;
    for edge in edges(&origin).await {
        origin.put("/page", private("text"));
        assert_eq!(edge.get("/page").await.text(), "text");
        let before = origin.count("/page");
        let held: Vec<_> = (0..20).map(|_| origin.hold("/page", HoldAt::Head)).collect();
        let readers: Vec<_> = (0..20).map(|_| edge.reading("/page", &[])).collect();
        // All of them are at the origin at the same time.
        for held in &held {
            held.arrived().await;
        }
        assert_eq!(origin.count("/page") - before, 20);
        held.iter().for_each(crate::support::Held::release);
        for reader in readers {
            let reply = reader.await.unwrap();
            assert_eq!(reply.text(), "text");
            assert!(reply.did().contains("fwd=uri-miss; fwd-status=200; detail=no-store"), "{reply:?}");
        }
    }
}

#[tokio::test]
async fn they_are_collapsed_and_stored_again_when_they_may_be() {
    let origin = Origin::start().await;
    for edge in edges(&origin).await {
        origin.put("/page", private("text"));
        edge.get("/page").await;
        origin.put("/page", Page::new("for all").cache("max-age=60"));
        // This one was asked alone, and told the edge.
        assert_eq!(edge.get("/page").await.text(), "for all");
        assert!(edge.get("/page").await.did().contains("; stored"));
        assert!(edge.get("/page").await.did().contains("; hit"));
    }
}

#[tokio::test]
async fn an_uncacheable_key_is_forgotten_in_time() {
    let origin = Origin::start().await;
    for edge in edges(&origin).await {
        origin.put("/page", private("text"));
        edge.get("/page").await;
        let known = |edge: &TestEdge| edge.epoch().fills.uncacheable.get(&TestEdge::key("/page"), edge.edge.filler.clock.now());
        edge.jumps(s(119));
        assert!(known(&edge).is_some());
        edge.jumps(s(1));
        assert!(known(&edge).is_none());
    }
}

/// R12: alone does not mean unfenced.
#[tokio::test]
async fn who_asks_alone_asks_for_what_was_applied() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page", private("text"));
    edge.get("/page").await;
    let number = origin.write(Purge::hard(&["other"]), &[]);
    edge.has_applied(number).await;
    edge.get("/page").await;
    let asked = &origin.requests("/page")[1];
    assert_eq!(asked.header("rcr-min-seq"), Some(number.to_string().as_str()));
    assert_eq!(asked.header("rcr-log"), Some(origin.log().to_string().as_str()));
}

#[tokio::test]
async fn who_asks_alone_is_limited_like_any_other() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_CLIENT_MISSES_BURST", 3).following().await;
    origin.put("/page", private("text"));
    for n in 0..6 {
        assert_eq!(edge.get("/page").await.status == 429, n >= 3);
    }
    assert_eq!(origin.count("/page"), 3);
}

#[tokio::test]
async fn who_asks_alone_heeds_the_breaker_and_tells_it() {
    let origin = Origin::start().await;
    let edge = || EdgeBuilder::new(&origin).manual_clock();
    let [following, plain] = [edge().following().await, edge().set("EDGE_FEED", "off").start().await];
    origin.heads_are(Mood::Status(503));
    origin.feed_is(Mood::Status(503));
    let waiting = edge().start().await;
    for (edge, refusal) in [(following, 502), (plain, 502), (waiting, 503)] {
        let assert_resting = |reply: Reply| {
            reply.assert_problem(refusal);
            assert!(reply.did().contains("detail=breaker"), "{reply:?}");
        };
        let others_fail = async || {
            for n in 0..3 {
                let reply = edge.get(&format!("/else/{n}")).await;
                assert!(reply.did().contains("detail=no-response"), "{reply:?}");
            }
        };
        origin.put("/page", private("text"));
        assert_eq!(edge.get("/page").await.text(), "text");
        origin.down();
        others_fail().await;
        // It would answer again, and is not asked.
        origin.up();
        let asked = origin.count("/page");
        assert_resting(edge.get("/page").await);
        assert_eq!(origin.count("/page"), asked);
        // One probe brings it back, for everybody.
        edge.jumps(s(2));
        assert_eq!(edge.get("/page").await.text(), "text");
        assert_eq!(edge.get("/missing").await.status, 404);
        // Its own failures count as any other's.
        origin.down();
        for _ in 0..3 {
            let reply = edge.get("/page").await;
            reply.assert_problem(502);
            assert!(reply.did().contains("detail=no-response"), "{reply:?}");
        }
        origin.up();
        assert_resting(edge.get("/page").await);
        assert_resting(edge.get("/else/4").await);
    }
}

/// Else a crowd of refused readers could keep the origin resting for ever.
#[tokio::test]
async fn who_is_refused_here_takes_nobody_s_probe() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_FEED", "off").set("EDGE_PASSES_MAX", 1).start().await;
    origin.put("/page", private("text"));
    edge.get("/page").await;
    origin.down();
    for _ in 0..3 {
        edge.get("/page").await.assert_problem(502);
    }
    origin.up();
    edge.jumps(s(2));
    let held = origin.hold("/else", HoldAt::Head);
    let passing = edge.reading("/else", &[("authorization", "x")]);
    held.arrived().await;
    let reply = edge.get("/page").await;
    reply.assert_problem(503);
    assert!(reply.did().contains("detail=too-many-passes"), "{reply:?}");
    held.release();
    assert_eq!(passing.await.unwrap().status, 404);
    assert_eq!(edge.get("/page").await.text(), "text");
}

#[tokio::test]
async fn a_failure_answers_those_without_a_copy_for_a_second() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    origin.put("/cached", Page::new("text").tags("cached"));
    edge.get("/cached").await;
    edge.has_applied(origin.write(Purge::hard(&["cached"]), &[])).await;
    for status in [503, 504] {
        let path = format!("/{status}");
        origin.pages_are(Mood::Status(status));
        edge.get(&path).await;
        origin.put(&path, Page::new("text"));
        origin.pages_are(Mood::Well);
        edge.get(&path).await.assert_problem(502);
        assert_eq!(origin.count(&path), 1);
        // Another key's failure says nothing of this one, nor does it make a copy good enough.
        assert_eq!(edge.get(&format!("/else/{status}")).await.status, 404);
        edge.passes(s(1)).await;
        assert_eq!(edge.get(&path).await.text(), "text");
    }
    assert!(edge.get("/cached").await.did().contains("fwd=stale; fwd-status=304"));
}

/// Jitter and pauses are the breaker's own tests; this is what readers see of it.
#[tokio::test]
async fn a_failing_origin_is_asked_seldom_while_copies_are_served() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_FEED", "off").start().await;
    for n in 0..50 {
        origin.put(&format!("/{n}"), Page::new("text").cache("max-age=1, stale-if-error=600"));
        edge.get(&format!("/{n}")).await;
    }
    edge.jumps(s(2));
    origin.down();
    let before = origin.connections();
    for n in 0..50 {
        let reply = edge.get(&format!("/{n}")).await;
        assert!(reply.text() == "text" && reply.did().contains("detail=stale-if-error"), "{reply:?}");
    }
    // Three fills until it rests, each tried on at most two fresh connections.
    let tried = origin.connections() - before;
    assert!((1..=6).contains(&tried), "{tried} attempts");
    edge.jumps(s(2));
    origin.up();
    edge.reads_until("one probe brings it back", "/0", |reply| reply.did().contains("; stored")).await;
}
