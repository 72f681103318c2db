//! R9 and R19: one log, one epoch; what is not of this epoch is of no use.

use std::sync::Arc;

use crate::support::{EdgeBuilder, HoldAt, Mood, Origin, Page, Purge, TestEdge, s, seq, until};

async fn is_in_log_of(edge: &TestEdge, origin: &Origin) {
    until("the edge follows the origin's log", || edge.epoch().log() == Some(origin.log())).await;
    edge.confirmed().await;
}

#[tokio::test]
async fn nothing_stored_under_another_log_is_used() {
    let origin = Origin::starting_at(5).await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page", Page::new("of the old log"));
    edge.get("/page").await;
    origin.put("/page", Page::new("of the new log"));
    origin.renew_log(5);
    is_in_log_of(&edge, &origin).await;
    let reply = edge.get("/page").await;
    assert_eq!(reply.text(), "of the new log");
    assert!(reply.did().contains("fwd=uri-miss"), "{reply:?}");
    assert_eq!(origin.requests("/page")[1].header("if-none-match"), None);
}

/// The reader who began it arrived in the old epoch and may have it; nobody else.
#[tokio::test]
async fn a_held_fill_of_the_old_log_is_not_stored() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 20_000).following().await;
    origin.put("/page", Page::new("of the old log"));
    let held = origin.hold("/page", HoldAt::Head);
    let early = edge.reading("/page", &[]);
    held.arrived().await;
    origin.put("/page", Page::new("of the new log"));
    origin.renew_log(0);
    is_in_log_of(&edge, &origin).await;
    // It does not join the fill of the epoch before.
    assert_eq!(edge.get("/page").await.text(), "of the new log");
    held.release();
    assert_eq!(early.await.unwrap().text(), "of the old log");
    assert_eq!(edge.stored_text("/page").as_deref(), Some("of the new log"));
    assert_eq!(edge.get("/page").await.text(), "of the new log");
}

#[tokio::test]
async fn a_reader_whose_fill_brings_another_log_starts_over_in_the_current_epoch() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 20_000).following().await;
    origin.put("/page", Page::new("text"));
    origin.pages_are(Mood::Silent);
    let reader = edge.reading("/page", &[]);
    origin.was_asked("/page", 1).await;
    origin.renew_log(0);
    is_in_log_of(&edge, &origin).await;
    origin.pages_are(Mood::Well);
    let reply = reader.await.unwrap();
    assert_eq!((reply.status, reply.text()), (200, "text"), "{reply:?}");
    assert_eq!(origin.count("/page"), 2);
    assert_eq!(edge.stored_text("/page").as_deref(), Some("text"));
}

/// A promoted standby answers before the feed is open again.
#[tokio::test]
async fn until_the_feed_tells_of_another_log_readers_get_what_is_held_marked() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    origin.put("/page", Page::new("of the old log").cache("max-age=3600"));
    edge.get("/page").await;
    origin.feed_is(Mood::Status(503));
    origin.heads_are(Mood::Status(503));
    origin.cut_connections();
    edge.jumps(s(4));
    until("nobody can tell", || !edge.is_confirmed()).await;
    origin.put("/page", Page::new("of the new log"));
    origin.renew_log(0);
    for _ in 0..2 {
        let reply = edge.get("/page").await;
        assert_eq!((reply.status, reply.text()), (200, "of the old log"), "{reply:?}");
        assert!(reply.did().contains("; hit; detail=unconfirmed"), "{reply:?}");
    }
    // What is not held cannot be answered yet.
    origin.put("/other", Page::new("other"));
    assert_eq!(edge.get("/other").await.status, 502);
    origin.feed_is(Mood::Well);
    origin.heads_are(Mood::Well);
    is_in_log_of(&edge, &origin).await;
    assert_eq!(edge.get("/page").await.text(), "of the new log");
    assert_eq!(edge.get("/other").await.text(), "other");
}

#[tokio::test]
async fn nothing_is_stored_or_read_before_the_first_head() {
    let origin = Origin::start().await;
    origin.feed_is(Mood::Status(503));
    origin.put("/page", Page::new("text"));
    let edge = EdgeBuilder::new(&origin).start().await;
    for count in 1..=2 {
        assert_eq!(edge.get("/page").await.text(), "text");
        assert_eq!(origin.count("/page"), count);
    }
    origin.feed_is(Mood::Well);
    edge.confirmed().await;
    edge.get("/page").await;
    assert!(edge.get("/page").await.did().contains("; hit"));
    assert_eq!(origin.count("/page"), 3);
}

/// The feed's own heads are enough, and so are the answers to the edge's questions.
#[tokio::test]
async fn a_head_below_what_was_applied_begins_a_new_epoch() {
    for heads in [Mood::Well, Mood::Silent] {
        let origin = Origin::start().await;
        let edge = EdgeBuilder::new(&origin).following().await;
        origin.put("/page", Page::new("undone"));
        for _ in 0..3 {
            origin.write(Purge::hard(&["other"]), &[]);
        }
        edge.has_applied(seq(3)).await;
        edge.get("/page").await;
        let before = edge.epoch();
        origin.heads_are(heads);
        origin.put("/page", Page::new("restored"));
        origin.rewind(1);
        until("a new epoch follows", || !Arc::ptr_eq(&before, &edge.epoch()) && edge.applied() == seq(1)).await;
        origin.heads_are(Mood::Well);
        edge.confirmed().await;
        assert_eq!(edge.get("/page").await.text(), "restored");
    }
}
