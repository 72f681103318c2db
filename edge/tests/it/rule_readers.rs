//! R12: when a collapsed fill ends, every reader tests it for itself.

use tokio::task::JoinHandle;

use crate::support::{EdgeBuilder, Held, HoldAt, Origin, Page, Purge, Reply, TestEdge, until};

/// A reader whose fill of `/page`, with the text "old" and the tag `page`, is under way.
async fn filling(ring_events: usize, page: Page) -> (Origin, TestEdge, Held, JoinHandle<Reply>) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 20_000).set("EDGE_RING_EVENTS", ring_events);
    let edge = edge.following().await;
    origin.put("/page", page);
    let held = origin.hold("/page", HoldAt::Head);
    let first = edge.reading("/page", &[]);
    held.arrived().await;
    (origin, edge, held, first)
}

/// Waits until so many readers wait for the fill of `/page`.
async fn waiting(edge: &TestEdge, readers: usize) {
    let (epoch, key) = (edge.epoch(), TestEdge::key("/page"));
    until(&format!("{readers} readers wait"), || epoch.fills.waiters(&key) >= readers).await;
}

fn old() -> Page {
    Page::new("old").tags("page")
}

fn new() -> Page {
    Page::new("new").tags("page")
}

#[tokio::test]
async fn who_came_before_the_purge_may_have_the_old_text_who_came_after_may_not() {
    let (origin, edge, held, first) = filling(100, old()).await;
    let number = origin.write(Purge::hard(&["page"]), &[("/page", new())]);
    edge.has_applied(number).await;
    let second = edge.reading("/page", &[]);
    waiting(&edge, 2).await;
    held.release();
    assert_eq!(first.await.unwrap().text(), "old");
    assert_eq!(second.await.unwrap().text(), "new");
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn a_purge_of_other_tags_disturbs_nobody() {
    let (origin, edge, held, first) = filling(100, old()).await;
    let number = origin.write(Purge::hard(&["other"]), &[]);
    edge.has_applied(number).await;
    let second = edge.reading("/page", &[]);
    waiting(&edge, 2).await;
    held.release();
    assert_eq!((first.await.unwrap().text(), second.await.unwrap().text()), ("old", "old"));
    assert_eq!(origin.count("/page"), 1);
    assert!(edge.get("/page").await.did().contains("; hit"));
}

#[tokio::test]
async fn a_ring_that_cannot_tell_counts_as_purged() {
    let (origin, edge, held, first) = filling(4, old()).await;
    for _ in 0..6 {
        let number = origin.write(Purge::hard(&["other"]), &[]);
        edge.has_applied(number).await;
    }
    let second = edge.reading("/page", &[]);
    waiting(&edge, 2).await;
    held.release();
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(second.await.unwrap().status, 200);
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn a_soft_purge_counts_only_for_who_names_a_number() {
    let (origin, edge, held, first) = filling(100, old()).await;
    let number = origin.write(Purge::soft(&["page"]), &[("/page", new())]);
    edge.has_applied(number).await;
    let plain = edge.reading("/page", &[]);
    let naming = edge.reading("/page", &[("rcr-min-seq", &number.to_string())]);
    waiting(&edge, 3).await;
    held.release();
    assert_eq!((first.await.unwrap().text(), plain.await.unwrap().text()), ("old", "old"));
    assert_eq!(naming.await.unwrap().text(), "new");
}

#[tokio::test]
async fn a_second_old_answer_is_a_502() {
    let (origin, edge, held, first) = filling(100, old()).await;
    origin.lag("/page", 1);
    let number = origin.write(Purge::hard(&["page"]), &[("/page", new())]);
    edge.has_applied(number).await;
    let second = edge.reading("/page", &[]);
    waiting(&edge, 2).await;
    held.release();
    assert_eq!(first.await.unwrap().text(), "old");
    second.await.unwrap().assert_problem(502);
    assert_eq!(origin.count("/page"), 2);
    assert_eq!(edge.get("/page").await.text(), "new");
}

#[tokio::test]
async fn a_fill_says_its_log_and_what_was_applied_when_it_was_sent() {
    let (origin, edge, held, first) = filling(100, old()).await;
    held.release();
    first.await.unwrap();
    let number = origin.write(Purge::hard(&["page"]), &[]);
    edge.has_applied(number).await;
    edge.get("/page").await;
    // A reader's own number counts only if it is higher.
    edge.get_with("/elsewhere", &[("rcr-min-seq", "0")]).await;
    assert_eq!(origin.requests("/elsewhere")[0].header("rcr-min-seq"), Some("1"));
    let asked = origin.requests("/page");
    let log = origin.log().to_string();
    assert_eq!((asked[0].header("rcr-min-seq"), asked[0].header("rcr-log")), (Some("0"), Some(log.as_str())));
    assert_eq!((asked[1].header("rcr-min-seq"), asked[1].header("rcr-log")), (Some("1"), Some(log.as_str())));
}

#[tokio::test]
async fn an_error_without_a_number_is_shared_and_never_stored() {
    for status in [404, 500] {
        let page = Page::new("an error").status(status).without("rcr-as-of").without("rcr-log").without("surrogate-key");
        let (origin, edge, held, first) = filling(100, page).await;
        let second = edge.reading("/page", &[]);
        waiting(&edge, 2).await;
        held.release();
        for reader in [first, second] {
            let reply = reader.await.unwrap();
            assert_eq!((reply.status, reply.text()), (status, "an error"));
        }
        assert_eq!(origin.count("/page"), 1, "{status}");
        assert!(edge.stored("/page").is_none());
    }
}

#[tokio::test]
async fn what_shared_caches_may_not_keep_answers_only_its_own_request() {
    for (name, page) in [
        ("private", old().cache("private, max-age=60")),
        ("no-store", old().cache("no-store")),
        ("set-cookie", old().with("set-cookie", "session=1")),
        ("vary", old().with("vary", "*")),
    ] {
        let (origin, edge, held, first) = filling(100, page).await;
        let others: Vec<_> = (0..4).map(|_| edge.reading("/page", &[])).collect();
        waiting(&edge, 5).await;
        held.release();
        assert_eq!(first.await.unwrap().text(), "old");
        for other in others {
            assert_eq!(other.await.unwrap().text(), "old", "{name}");
        }
        assert_eq!(origin.count("/page"), 5, "{name}");
        assert!(edge.stored("/page").is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_reader_whom_vary_does_not_select_asks_for_itself() {
    let (origin, edge, held, first) = filling(100, old().with("vary", "accept")).await;
    let other = edge.reading("/page", &[("accept", "text/html")]);
    waiting(&edge, 2).await;
    held.release();
    assert_eq!((first.await.unwrap().status, other.await.unwrap().status), (200, 200));
    let asked = origin.requests("/page");
    assert_eq!((asked.len(), asked[1].header("accept")), (2, Some("text/html")));
}
