//! Soft purges, `stale-while-revalidate` and `stale-if-error`.

use crate::support::{EdgeBuilder, Mood, Origin, Page, Purge, TestEdge, s, until};

async fn following() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    (origin, edge)
}

fn list(text: &str) -> Page {
    Page::new(text).tags("list").cache("max-age=3600, stale-while-revalidate=60")
}

async fn softly_purged(origin: &Origin, edge: &TestEdge) {
    origin.put("/list", list("old"));
    edge.get("/list").await;
    let number = origin.write(Purge::soft(&["list"]), &[("/list", list("new"))]);
    edge.has_applied(number).await;
}

#[tokio::test]
async fn a_softly_purged_page_is_shown_once_more_and_refreshed_behind() {
    let (origin, edge) = following().await;
    softly_purged(&origin, &edge).await;
    let stale = edge.get("/list").await;
    assert_eq!(stale.text(), "old");
    assert!(stale.did().contains("; hit") && stale.did().contains("detail=stale"), "{stale:?}");
    assert_eq!(stale.header("cache-control"), "no-store");
    until("it is refreshed", || edge.stored_text("/list").as_deref() == Some("new")).await;
    let fresh = edge.get("/list").await;
    assert!(fresh.text() == "new" && fresh.did().contains("; hit; ttl="), "{fresh:?}");
    assert_eq!(origin.count("/list"), 2);
}

#[tokio::test]
async fn past_its_window_a_soft_purge_is_a_hard_one() {
    let (origin, edge) = following().await;
    softly_purged(&origin, &edge).await;
    edge.passes(s(61)).await;
    assert_eq!(edge.get("/list").await.text(), "new");
}

/// A list that is purged all the time and read once in an hour is not "inside its window".
#[tokio::test]
async fn the_window_runs_from_the_first_purge_not_from_the_last() {
    let (origin, edge) = following().await;
    softly_purged(&origin, &edge).await;
    edge.passes(s(50)).await;
    let number = origin.write(Purge::soft(&["list"]), &[]);
    edge.has_applied(number).await;
    edge.passes(s(11)).await;
    assert_eq!(edge.get("/list").await.text(), "new");
}

#[tokio::test]
async fn an_entry_older_than_every_remembered_soft_purge_is_past_its_window() {
    let (origin, edge) = following().await;
    softly_purged(&origin, &edge).await;
    for _ in 0..8 {
        let number = origin.write(Purge::soft(&["list"]), &[]);
        edge.has_applied(number).await;
    }
    assert_eq!(edge.get("/list").await.text(), "new");
}

#[tokio::test]
async fn a_page_past_its_lifetime_is_shown_while_it_is_refreshed_as_long_as_its_window_lasts() {
    let (origin, edge) = following().await;
    let page = |text: &str| Page::new(text).cache("max-age=10, stale-while-revalidate=30");
    origin.put("/page", page("old"));
    edge.get("/page").await;
    origin.put("/page", page("new"));
    edge.passes(s(39)).await;
    assert_eq!(edge.get("/page").await.text(), "old");
    until("it is refreshed", || edge.stored_text("/page").as_deref() == Some("new")).await;
    assert_eq!(edge.get("/page").await.text(), "new");
    origin.put("/page", page("newest"));
    edge.passes(s(40)).await;
    assert_eq!(edge.get("/page").await.text(), "newest");
}

#[tokio::test]
async fn many_readers_of_a_stale_page_cause_one_refresh() {
    let (origin, edge) = following().await;
    softly_purged(&origin, &edge).await;
    origin.pages_are(Mood::Silent);
    for _ in 0..20 {
        assert_eq!(edge.get("/list").await.text(), "old");
    }
    origin.was_asked("/list", 2).await;
    assert_eq!(origin.count("/list"), 2);
    origin.pages_are(Mood::Well);
    until("it is refreshed", || edge.stored_text("/list").as_deref() == Some("new")).await;
}

#[tokio::test]
async fn a_failing_origin_is_covered_for_as_long_as_the_page_allows() {
    let (origin, edge) = following().await;
    origin.put("/page", Page::new("text").cache("max-age=10, stale-if-error=60"));
    edge.get("/page").await;
    edge.passes(s(20)).await;
    for status in [500, 503] {
        origin.pages_are(Mood::Status(status));
        let reply = edge.get("/page").await;
        assert_eq!((reply.status, reply.text()), (200, "text"));
        assert!(reply.did().contains("detail=stale-if-error"), "{reply:?}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    edge.passes(s(50)).await;
    assert_eq!(edge.get("/page").await.status, 503);
}

#[tokio::test]
async fn a_page_that_must_be_revalidated_is_never_shown_stale() {
    let (origin, edge) = following().await;
    let cache = "max-age=10, must-revalidate, stale-while-revalidate=60, stale-if-error=60";
    origin.put("/page", Page::new("old").tags("page").cache(cache));
    edge.get("/page").await;
    origin.put("/page", Page::new("new").tags("page").cache(cache));
    edge.passes(s(11)).await;
    assert_eq!(edge.get("/page").await.text(), "new");
    let number = origin.write(Purge::hard(&["page"]), &[]);
    edge.has_applied(number).await;
    origin.pages_are(Mood::Status(503));
    assert_eq!(edge.get("/page").await.status, 503);
}
