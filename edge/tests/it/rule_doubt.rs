//! R14 and R21: an edge that cannot tell whether its copy is current says so.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::{EdgeBuilder, Mood, Origin, Page, Purge, Reply, TestEdge, s};

const WAIT: Duration = Duration::from_millis(400);
const FILL_TIMEOUT: Duration = Duration::from_millis(1500);

async fn following() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin)
        .set("EDGE_UNCONFIRMED_WAIT_MS", WAIT.as_millis())
        .set("EDGE_FILL_TIMEOUT_MS", FILL_TIMEOUT.as_millis());
    let edge = edge.manual_clock().following().await;
    (origin, edge)
}

/// Shown, marked, and not to be kept by anybody.
fn assert_marked(reply: &Reply, text: &str, why: &str) {
    assert_eq!((reply.status, reply.text()), (200, text), "{reply:?}");
    assert!(reply.did().contains(&format!("; hit; detail={why}")), "{reply:?}");
    assert_not_kept(reply);
}

fn assert_not_kept(reply: &Reply) {
    assert_eq!(reply.header("cache-control"), "no-store", "{reply:?}");
    for name in ["cdn-cache-control", "expires"] {
        assert_eq!(reply.header(name), "", "{reply:?}");
    }
}

#[tokio::test]
async fn a_stale_answer_is_not_to_be_kept_downstream() {
    let (origin, edge) = following().await;
    let page = Page::new("text").cache("max-age=10, stale-while-revalidate=60");
    origin.put("/page", page.with("expires", "Sun, 22 Nov 2037 17:00:00 GMT"));
    let fresh = edge.get("/page").await;
    assert_eq!(fresh.header("cache-control"), "");
    edge.passes(s(11)).await;
    let stale = edge.get("/page").await;
    assert!(stale.did().contains("; hit; ttl=-1; detail=stale"), "{stale:?}");
    assert_not_kept(&stale);
}

#[tokio::test]
async fn a_purged_answer_is_marked_and_not_to_be_kept() {
    let (origin, edge) = following().await;
    for status in [502, 503, 504] {
        let path = format!("/{status}");
        origin.put(&path, Page::new("old").tags("page").cache("max-age=3600, stale-if-error=3600"));
        edge.get(&path).await;
        let number = origin.write(Purge::hard(&["page"]), &[]);
        edge.has_applied(number).await;
        origin.pages_are(Mood::Status(status));
        assert_marked(&edge.get(&path).await, "old", "purged");
        origin.pages_are(Mood::Well);
        assert!(edge.get(&path).await.did().contains("fwd-status=304"));
    }
    // An origin that answers 500 can be reached.
    let number = origin.write(Purge::hard(&["page"]), &[]);
    edge.has_applied(number).await;
    origin.pages_are(Mood::Status(500));
    assert_eq!(edge.get("/503").await.status, 500);
}

#[tokio::test]
async fn three_seconds_after_the_last_question_it_is_not_confirmed() {
    let (origin, edge) = following().await;
    origin.heads_are(Mood::Silent);
    edge.jumps(Duration::from_millis(2900));
    assert!(edge.is_confirmed());
    edge.jumps(Duration::from_millis(100));
    assert!(!edge.is_confirmed());
    origin.heads_are(Mood::Well);
    edge.confirmed().await;
}

#[tokio::test]
async fn it_is_not_confirmed_while_it_has_not_applied_what_the_origin_says() {
    let (origin, edge) = following().await;
    origin.pause_feed(true);
    origin.write(Purge::hard(&["page"]), &[]);
    edge.jumps(s(3));
    let heads = origin.count("/internal/head");
    origin.was_asked("/internal/head", heads + 2).await;
    assert!(!edge.is_confirmed());
    origin.pause_feed(false);
    edge.confirmed().await;
}

#[tokio::test]
async fn unconfirmed_it_revalidates_before_it_answers() {
    let (origin, edge) = following().await;
    origin.put("/page", Page::new("old"));
    edge.get("/page").await;
    assert!(edge.get("/page").await.did().contains("; hit"));
    origin.heads_are(Mood::Silent);
    origin.put("/page", Page::new("new"));
    edge.jumps(s(3));
    let reply = edge.get("/page").await;
    assert_eq!(reply.text(), "new");
    assert!(reply.did().contains("fwd=stale"), "{reply:?}");
}

#[tokio::test]
async fn unconfirmed_it_waits_once_and_then_answers_at_once_marked_until_it_is_confirmed_again() {
    let (origin, edge) = following().await;
    origin.put("/page", Page::new("text"));
    edge.get("/page").await;
    origin.heads_are(Mood::Silent);
    origin.pages_are(Mood::Silent);
    edge.jumps(s(3));

    let started = Instant::now();
    assert_marked(&edge.get("/page").await, "text", "unconfirmed");
    assert!(started.elapsed() >= WAIT, "{:?}", started.elapsed());
    let started = Instant::now();
    for _ in 0..3 {
        assert_marked(&edge.get("/page").await, "text", "unconfirmed");
    }
    assert!(started.elapsed() < WAIT, "{:?}", started.elapsed());

    origin.heads_are(Mood::Well);
    origin.pages_are(Mood::Well);
    edge.confirmed().await;
    let reply = edge.get("/page").await;
    assert!(reply.did().contains("; hit; ttl="), "{reply:?}");
    assert_eq!(reply.header("cache-control"), "");
}

#[tokio::test]
async fn that_wait_alone_never_frees_a_purged_entry() {
    let (origin, edge) = following().await;
    origin.put("/page", Page::new("old").tags("page"));
    edge.get("/page").await;
    let number = origin.write(Purge::hard(&["page"]), &[]);
    edge.has_applied(number).await;
    origin.heads_are(Mood::Silent);
    origin.pages_are(Mood::Silent);
    edge.jumps(s(3));
    let started = Instant::now();
    assert_marked(&edge.get("/page").await, "old", "purged");
    assert!(started.elapsed() >= FILL_TIMEOUT, "{:?}", started.elapsed());
}

#[tokio::test]
async fn nor_one_that_is_purged_while_it_waits() {
    let (origin, edge) = following().await;
    origin.put("/page", Page::new("old").tags("page"));
    edge.get("/page").await;
    origin.heads_are(Mood::Silent);
    origin.pages_are(Mood::Silent);
    edge.jumps(s(3));
    let started = Instant::now();
    let reader = edge.reading("/page", &[]);
    origin.was_asked("/page", 2).await;
    let number = origin.write(Purge::hard(&["page"]), &[]);
    edge.has_applied(number).await;
    assert_marked(&reader.await.unwrap(), "old", "purged");
    assert!(started.elapsed() >= FILL_TIMEOUT, "{:?}", started.elapsed());
}
