//! The origin dead, silent or failing: readers notice as little as is right.

use crate::support::{EdgeBuilder, Mood, Origin, Page, Purge, Reply, TestEdge, eventually, s, until};

fn assert_unavailable(reply: &Reply, status: u16) {
    reply.assert_problem(status);
    assert!(reply.header("retry-after").parse::<u64>().is_ok(), "{reply:?}");
    let request_id = reply.json()["instance"].as_str().map(str::len);
    assert_eq!(request_id, Some(32), "{reply:?}");
}

/// Pages that are cached, one of them purged and one withdrawn; then the origin dies.
async fn origin_dead() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    for name in ["kept", "hard", "gone"] {
        let path = format!("/{name}");
        origin.put(&path, Page::new(name).tags(name));
        edge.get(&path).await;
    }
    origin.write(Purge::hard(&["hard"]), &[]);
    let number = origin.write(Purge::gone(&["gone"]), &[]);
    edge.has_applied(number).await;
    origin.down();
    (origin, edge)
}

#[tokio::test]
async fn what_is_cached_is_answered_and_marked_once_nobody_can_tell() {
    let (_origin, edge) = origin_dead().await;
    let fresh = edge.get("/kept").await;
    assert!(fresh.text() == "kept" && fresh.did().contains("; hit; ttl="), "{fresh:?}");
    edge.jumps(s(3));
    for _ in 0..5 {
        let reply = edge.get("/kept").await;
        assert_eq!((reply.status, reply.text()), (200, "kept"), "{reply:?}");
        assert!(reply.did().contains("detail=unconfirmed"), "{reply:?}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn what_was_purged_is_answered_marked_what_was_withdrawn_never() {
    let (_origin, edge) = origin_dead().await;
    // Again and again: a resting breaker changes nothing.
    for _ in 0..5 {
        let purged = edge.get("/hard").await;
        assert_eq!((purged.status, purged.text()), (200, "hard"), "{purged:?}");
        assert!(purged.did().contains("detail=purged"), "{purged:?}");
        assert_eq!(purged.header("cache-control"), "no-store");
        assert_unavailable(&edge.get("/gone").await, 502);
    }
}

#[tokio::test]
async fn what_was_never_seen_is_a_502_that_says_when_to_come_back() {
    let (_origin, edge) = origin_dead().await;
    for n in 0..5 {
        assert_unavailable(&edge.get(&format!("/unseen/{n}")).await, 502);
    }
    edge.send("POST", "/unseen", &[], "text").await.assert_problem(502);
}

#[tokio::test]
async fn a_silent_origin_is_a_504() {
    let origin = Origin::start().await;
    let limits = EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 50).set("EDGE_PASS_TIMEOUT_MS", 50);
    let edge = limits.following().await;
    origin.pages_are(Mood::Silent);
    assert_unavailable(&edge.get("/page").await, 504);
    assert_unavailable(&edge.send("POST", "/page", &[], "").await, 504);
}

#[tokio::test]
async fn too_many_fills_at_once_are_refused_not_queued() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FILLS_MAX", 2).following().await;
    origin.pages_are(Mood::Silent);
    let waiting = [edge.reading("/a", &[]), edge.reading("/b", &[])];
    until("two fills are in flight", || edge.epoch().fills.in_flight() == 2).await;
    assert_unavailable(&edge.get("/c").await, 503);
    origin.pages_are(Mood::Well);
    for reader in waiting {
        assert_eq!(reader.await.unwrap().status, 404);
    }
    assert_eq!(edge.get("/c").await.status, 404);
}

#[tokio::test]
async fn it_is_back_without_a_restart() {
    let (origin, edge) = origin_dead().await;
    edge.jumps(s(3));
    for path in ["/kept", "/hard", "/gone", "/unseen"] {
        edge.get(path).await;
    }
    origin.up();
    for (path, status) in [("/kept", 200), ("/hard", 200), ("/gone", 200), ("/unseen", 404)] {
        eventually(&format!("{path} is answered as before"), async || {
            edge.jumps(s(1));
            let reply = edge.get(path).await;
            (reply.status == status && !reply.did().contains("detail=")).then_some(())
        })
        .await;
    }
    edge.confirmed().await;
    let number = origin.write(Purge::hard(&["kept"]), &[("/kept", Page::new("edited").tags("kept"))]);
    edge.has_applied(number).await;
    assert_eq!(edge.get("/kept").await.text(), "edited");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_stored() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page", Page::new("text"));
    let held = origin.hold("/page", crate::support::HoldAt::Body);
    let reader = edge.reading("/page", &[]);
    held.arrived().await;
    origin.cut_connections();
    assert_unavailable(&reader.await.unwrap(), 502);
    assert!(edge.stored("/page").is_none());
    edge.reads_until("it is read again", "/page", |reply| reply.text() == "text").await;
}
