//! Reading one's own writes: `Rcr-Min-Seq`.

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge};

async fn following(wait_ms: u64) -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_MIN_SEQ_WAIT_MS", wait_ms).following().await;
    origin.put("/page", page("old"));
    edge.get("/page").await;
    (origin, edge)
}

fn page(text: &str) -> Page {
    Page::new(text).tags("page").cache("max-age=3600, stale-while-revalidate=3600")
}

#[tokio::test]
async fn a_reader_who_names_a_number_waits_until_it_is_applied() {
    let (origin, edge) = following(15_000).await;
    origin.pause_feed(true);
    let number = origin.write(Purge::soft(&["page"]), &[("/page", page("new"))]);
    let reader = edge.reading("/page", &[("rcr-min-seq", &number.to_string())]);
    // Others are answered meanwhile.
    assert_eq!(edge.get("/page").await.text(), "old");
    assert!(!reader.is_finished());
    origin.pause_feed(false);
    let reply = reader.await.unwrap();
    assert_eq!(reply.text(), "new");
    assert!(reply.did().contains("fwd=stale"), "the edge itself has it now: {reply:?}");
}

#[tokio::test]
async fn for_who_names_a_number_soft_is_hard() {
    let (origin, edge) = following(300).await;
    let number = origin.write(Purge::soft(&["page"]), &[("/page", page("new"))]);
    edge.has_applied(number).await;
    // A number below the purge is enough: nothing stale is for such a reader.
    assert_eq!(edge.get_with("/page", &[("rcr-min-seq", "0")]).await.text(), "new");
}

#[tokio::test]
async fn a_number_that_does_not_come_in_time_sends_the_request_to_the_origin() {
    let (origin, edge) = following(20).await;
    origin.pause_feed(true);
    let number = origin.write(Purge::hard(&["page"]), &[("/page", page("new"))]).to_string();
    let reply = edge.get_with("/page", &[("rcr-min-seq", &number), ("rcr-log", &origin.log().to_string())]).await;
    assert_eq!(reply.text(), "new");
    assert!(reply.did().contains("fwd=bypass"), "{reply:?}");
    let asked = origin.requests("/page");
    assert_eq!(asked[1].header("rcr-min-seq"), Some(number.as_str()));
    assert_eq!(edge.stored_text("/page").as_deref(), Some("old"), "what is passed on is not stored");
}

/// Only the primary judges "above the head".
#[tokio::test]
async fn a_number_above_the_head_reaches_the_origin() {
    let (origin, edge) = following(20).await;
    edge.get_with("/page", &[("rcr-min-seq", "999")]).await;
    assert_eq!(origin.requests("/page")[1].header("rcr-min-seq"), Some("999"));
}

#[tokio::test]
async fn beyond_the_limit_of_waiters_nobody_waits() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_MIN_SEQ_WAIT_MS", 60_000).set("EDGE_MIN_SEQ_WAITERS_MAX", 1);
    let edge = edge.following().await;
    origin.put("/page", page("text"));
    let waiter = edge.reading("/page", &[("rcr-min-seq", "1")]);
    crate::support::until("one reader waits", || edge.edge.settings.min_seq_waiters.available_permits() == 0).await;
    let reply = edge.get_with("/page", &[("rcr-min-seq", "1")]).await;
    assert!(reply.did().contains("fwd=bypass"), "{reply:?}");
    origin.write(Purge::hard(&["other"]), &[]);
    assert_eq!(waiter.await.unwrap().text(), "text");
}

#[tokio::test]
async fn what_is_no_number_is_a_400_and_reaches_nobody() {
    let (origin, edge) = following(300).await;
    for bad in ["", "abc", "-1", "+1", "1 2", "1,2", "0x1", "99999999999999999999"] {
        edge.get_with("/page", &[("rcr-min-seq", bad)]).await.assert_problem(400);
    }
    edge.get_with("/page", &[("rcr-min-seq", "1"), ("rcr-min-seq", "1")]).await.assert_problem(400);
    assert_eq!(origin.count("/page"), 1);
}

#[tokio::test]
async fn without_a_feed_the_header_means_nothing() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").start().await;
    origin.put("/page", Page::plain("text").with("cache-control", "max-age=60"));
    for _ in 0..2 {
        assert_eq!(edge.get_with("/page", &[("rcr-min-seq", "999")]).await.text(), "text");
    }
    assert_eq!(origin.count("/page"), 1);
}
