//! R18 to R20: holes, repetitions, refusals and silence in the feed.

use std::sync::Arc;

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge, eventually, s, seq, until};

async fn following() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    (origin, edge)
}

fn page(text: &str) -> Page {
    Page::new(text).tags("page")
}

#[tokio::test]
async fn a_lost_event_changes_nothing_and_is_fetched_again() {
    let (origin, edge) = following().await;
    origin.put("/page", page("old"));
    edge.get("/page").await;
    let epoch = edge.epoch();
    origin.write(Purge::hard(&["other"]), &[]);
    origin.lose_next_event();
    origin.write(Purge::hard(&["page"]), &[("/page", page("new"))]);
    let number = origin.write(Purge::hard(&["other"]), &[]);
    edge.has_applied(number).await;
    assert_eq!(edge.get("/page").await.text(), "new");
    let feeds = origin.feed_requests();
    assert_eq!(feeds.len(), 2);
    assert_eq!(feeds[1].header("last-event-id"), Some("1"));
    assert_eq!(feeds[1].header("rcr-log"), Some(origin.log().to_string().as_str()));
    assert!(Arc::ptr_eq(&epoch, &edge.epoch()), "nothing stored is given up");
}

#[tokio::test]
async fn an_event_that_comes_twice_is_ignored() {
    let (origin, edge) = following().await;
    origin.repeat_next_event();
    origin.write(Purge::hard(&["page"]), &[]);
    let number = origin.write(Purge::hard(&["page"]), &[]);
    edge.has_applied(number).await;
    assert_eq!(edge.metric("edge_events_applied_total").await, 2.0);
    assert_eq!(origin.feed_requests().len(), 1);
}

#[tokio::test]
async fn a_lost_connection_is_resumed_from_what_was_applied() {
    let (origin, edge) = following().await;
    let number = origin.write(Purge::hard(&["other"]), &[]);
    edge.has_applied(number).await;
    let epoch = edge.epoch();
    origin.cut_connections();
    // What is written before the old connection is gone may still come by it.
    until("the feed is resumed", || origin.feed_requests().len() == 2).await;
    assert_eq!(origin.feed_requests()[1].header("last-event-id"), Some("1"));
    let number = origin.write(Purge::hard(&["other"]), &[]);
    edge.has_applied(number).await;
    assert!(Arc::ptr_eq(&epoch, &edge.epoch()));
}

#[tokio::test]
async fn a_resume_that_is_refused_with_410_begins_a_new_epoch() {
    let (origin, edge) = following().await;
    origin.put("/page", page("old"));
    edge.get("/page").await;
    origin.pause_feed(true);
    for _ in 0..3 {
        origin.write(Purge::hard(&["page"]), &[("/page", page("new"))]);
    }
    origin.forget_events();
    origin.pause_feed(false);
    origin.cut_connections();
    until("a new epoch begins at the head", || edge.applied() == seq(3)).await;
    edge.confirmed().await;
    assert_eq!(edge.epoch().tags.ring_extent(), (seq(3), 0));
    let reply = edge.get("/page").await;
    assert_eq!(reply.text(), "new");
    assert!(reply.did().contains("fwd=uri-miss"), "{reply:?}");
    assert_eq!(edge.metric("edge_epochs_total").await, 3.0, "the first head, the refusal, the new head");
}

#[tokio::test]
async fn a_feed_that_stalls_is_opened_again_and_at_last_given_up() {
    let (origin, edge) = following().await;
    origin.put("/page", page("old"));
    edge.get("/page").await;
    let epoch = edge.epoch();
    origin.pause_feed(true);
    let number = origin.write(Purge::hard(&["page"]), &[("/page", page("new"))]);
    eventually("a new epoch begins", async || {
        edge.jumps(s(1));
        (!Arc::ptr_eq(&epoch, &edge.epoch())).then_some(())
    })
    .await;
    let resumed = origin.feed_requests().iter().filter(|feed| feed.header("last-event-id").is_some()).count();
    assert!(resumed >= 2, "{resumed}");
    origin.pause_feed(false);
    until("the event is applied", || edge.applied() == number).await;
    edge.confirmed().await;
    assert_eq!(edge.get("/page").await.text(), "new");
}

#[tokio::test]
async fn a_feed_that_is_refused_is_asked_again() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_TOKEN", "wrong").start().await;
    until("the feed is asked twice", || origin.feed_requests().len() >= 2).await;
    assert_eq!(edge.epoch().log(), None);
}
