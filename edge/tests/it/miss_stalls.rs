//! An origin that falls silent: readers are released long before the fill is given up.

use std::time::Duration;

use tokio::{io::AsyncWriteExt as _, net::TcpListener};

use crate::support::{EdgeBuilder, HoldAt, Mood, Origin, Page, Purge, Reply, TestEdge, eventually, s, until};

/// Long enough for a busy machine to do what a test wants done before the second fill stalls.
const STALL_MS: u64 = 1500;

/// A fill stalls after a moment, and is given up after a minute.
async fn stalling() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_FILL_STALL_MS", STALL_MS).set("EDGE_FILL_TIMEOUT_MS", 60_000);
    let edge = edge.following().await;
    (origin, edge)
}

#[tokio::test]
async fn after_a_second_at_the_latest_somebody_says_something() {
    let origin = Origin::start().await;
    // The default; and no fill is given up as long as any test lasts.
    let edge = EdgeBuilder::new(&origin).unset("EDGE_FILL_STALL_MS").set("EDGE_FILL_TIMEOUT_MS", 60_000).following().await;
    assert_eq!(edge.edge.filler.fill_stall, s(1));
    origin.put("/page", Page::new("text").cache("max-age=0, stale-if-error=600"));
    edge.get("/page").await;
    origin.pages_are(Mood::Silent);
    let began = tokio::time::Instant::now();
    let reply = edge.get("/page").await;
    let took = began.elapsed();
    assert!(reply.text() == "text" && reply.did().contains("detail=stale-if-error"), "{reply:?}");
    assert!(took >= s(1), "not before: {took:?}");
    // It was the stall: the fill goes on without its reader.
    assert_eq!(edge.epoch().fills.in_flight(), 1, "after {took:?}");
    assert_eq!(edge.metric("edge_fill_stalls_total").await, 1.0);
    assert_eq!(edge.metric("edge_fills_total{reason=\"timed-out\"}").await, 0.0);
    origin.put("/page", Page::new("new"));
    origin.pages_are(Mood::Well);
    until("it has ended", || edge.epoch().fills.in_flight() == 0).await;
    assert_eq!(edge.stored_text("/page").as_deref(), Some("new"));
}

#[tokio::test]
async fn a_second_fill_is_begun_once_and_answers_everybody() {
    let (origin, edge) = stalling().await;
    origin.put("/page", Page::new("text"));
    for at in [HoldAt::Head, HoldAt::Body] {
        let before = origin.count("/page");
        edge.has_applied(origin.write(Purge::gone(&["all"]), &[])).await;
        let held = origin.hold("/page", at);
        let readers: Vec<_> = (0..50).map(|_| edge.reading("/page", &[])).collect();
        held.arrived().await;
        for reader in readers {
            let reply = reader.await.unwrap();
            assert_eq!((reply.status, reply.text()), (200, "text"), "{reply:?}");
        }
        assert_eq!(origin.count("/page") - before, 2, "{at:?}");
        held.release();
        until("the first has ended", || edge.epoch().fills.in_flight() == 0).await;
    }
    assert_eq!(edge.metric("edge_fill_stalls_total").await, 2.0);
}

#[tokio::test]
async fn if_both_stall_it_is_a_504_and_no_third_is_begun() {
    let (origin, edge) = stalling().await;
    origin.pages_are(Mood::Silent);
    for round in 0..3 {
        let readers: Vec<_> = (0..20).map(|_| edge.reading("/page", &[])).collect();
        for reader in readers {
            let reply = reader.await.unwrap();
            reply.assert_problem(504);
            assert!(reply.did().contains("detail=stalled"), "{round}: {reply:?}");
            assert!(reply.header("retry-after").parse::<u64>().is_ok());
        }
    }
    assert_eq!((origin.count("/page"), edge.epoch().fills.in_flight()), (2, 2));
    // Other keys are not concerned, and neither is this one later.
    origin.put("/page", Page::new("text"));
    origin.pages_are(Mood::Well);
    until("both have ended", || edge.epoch().fills.in_flight() == 0).await;
    assert_eq!(edge.stored_text("/page").as_deref(), Some("text"), "what was late is stored all the same");
    assert_eq!(edge.get("/page").await.text(), "text");
}

#[tokio::test]
async fn whichever_of_the_two_answers_first_is_taken() {
    let (origin, edge) = stalling().await;
    origin.put("/page", Page::new("text"));
    let (first, second) = (origin.hold("/page", HoldAt::Head), origin.hold("/page", HoldAt::Head));
    let reader = edge.reading("/page", &[]);
    first.arrived().await;
    second.arrived().await;
    first.release();
    assert_eq!(reader.await.unwrap().text(), "text");
    assert!(edge.get("/page").await.did().contains("; hit"));
    second.release();
}

#[tokio::test]
async fn a_stall_frees_a_stale_copy_but_not_a_purged_one() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_FILL_STALL_MS", 50).set("EDGE_FILL_TIMEOUT_MS", 400);
    let edge = edge.following().await;
    for name in ["stale", "purged", "gone"] {
        origin.put(&format!("/{name}"), Page::new(name).tags(name).cache("max-age=10, stale-if-error=600"));
        edge.get(&format!("/{name}")).await;
    }
    origin.write(Purge::hard(&["purged"]), &[]);
    edge.has_applied(origin.write(Purge::gone(&["gone"]), &[])).await;
    edge.passes(s(11)).await;
    origin.pages_are(Mood::Silent);

    let stale = edge.get("/stale").await;
    assert!(stale.text() == "stale" && stale.did().contains("detail=stale-if-error"), "{stale:?}");
    assert_eq!(edge.metric("edge_fills_total{reason=\"timed-out\"}").await, 0.0, "it was not waited for in full");
    // "Cannot be reached" is the full time limit.
    let began = tokio::time::Instant::now();
    let purged = edge.get("/purged").await;
    assert!(purged.text() == "purged" && purged.did().contains("detail=purged"), "{purged:?}");
    assert!(began.elapsed() >= Duration::from_millis(400));
    let gone = edge.get("/gone").await;
    assert!(matches!(gone.status, 502 | 504) && !gone.text().contains("\"gone\""), "{gone:?}");
}

/// Who comes while two fills stall does not wait: what is known decides.
#[tokio::test]
async fn a_stalled_key_frees_a_purged_copy_for_a_second_after_a_fill_s_full_limit() {
    let origin = Origin::start().await;
    // The fills begin at 0 and 1, stall at 1 and 2, and end at 3 and 4 times the first limit.
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_FILL_STALL_MS", STALL_MS);
    let edge = edge.set("EDGE_FILL_TIMEOUT_MS", 3 * STALL_MS).following().await;
    origin.put("/page", Page::new("text").cache("max-age=60, stale-if-error=600"));
    edge.get("/page").await;
    edge.has_applied(origin.write(Purge::hard(&["all"]), &[])).await;
    origin.pages_are(Mood::Silent);
    let assert_shown = |reply: &Reply| assert!(reply.text() == "text" && reply.did().contains("detail=purged"), "{reply:?}");
    let assert_stalled = |reply: &Reply| {
        reply.assert_problem(504);
        assert!(reply.did().contains("detail=stalled"), "{reply:?}");
    };

    let waiting = edge.reading("/page", &[]);
    eventually("both fills stall", async || (edge.metric("edge_fill_stalls_total").await == 2.0).then_some(())).await;
    assert_stalled(&edge.get("/page").await);
    assert_eq!(edge.epoch().fills.in_flight(), 2, "the first has not had its full limit");
    assert_shown(&waiting.await.unwrap());
    // The second goes on to stall.
    assert_shown(&edge.get("/page").await);
    edge.jumps(s(1));
    assert_stalled(&edge.get("/page").await);
    assert_eq!((origin.count("/page"), edge.epoch().fills.in_flight()), (3, 1), "the second has not ended");
}

#[tokio::test]
async fn what_arrives_slowly_does_not_stall() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let edge = EdgeBuilder::at(listener.local_addr().unwrap()).set("EDGE_FEED", "off").set("EDGE_FILL_STALL_MS", 1500);
    let edge = edge.set("EDGE_FILL_TIMEOUT_MS", 60_000).start().await;
    let reader = edge.reading("/page", &[]);
    let (mut stream, _) = listener.accept().await.unwrap();
    // Three seconds in all, but never a second and a half without a sign of life.
    for piece in ["HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncache-control: max-age=60\r\n\r\n", "te", "xt"] {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stream.write_all(piece.as_bytes()).await.unwrap();
    }
    assert!(reader.await.unwrap().did().contains("; stored"));
    assert_eq!(edge.metric("edge_fill_stalls_total").await, 0.0);
}

#[tokio::test]
async fn that_the_first_fails_is_no_reason_to_give_up_the_second() {
    let (origin, edge) = stalling().await;
    origin.put("/page", Page::new("text"));
    let (first, second) = (origin.hold("/page", HoldAt::Body), origin.hold("/page", HoldAt::Head));
    let reader = edge.reading("/page", &[]);
    first.arrived().await;
    second.arrived().await;
    // The first has begun to answer and breaks off; the second is sent once more.
    origin.cut_connections();
    assert_eq!(reader.await.unwrap().text(), "text");
}

#[tokio::test]
async fn that_the_second_fails_begins_no_third_while_the_first_still_stalls() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_FILL_STALL_MS", STALL_MS).set("EDGE_FILL_TIMEOUT_MS", 60_000);
    let edge = edge.following().await;
    origin.put("/page", Page::new("text"));
    let first = origin.hold("/page", HoldAt::Head);
    let reader = edge.reading("/page", &[]);
    first.arrived().await;
    origin.pages_are(Mood::Status(503));
    assert_eq!(reader.await.unwrap().status, 503);
    // The failure is no longer remembered.
    edge.passes(s(1)).await;
    origin.pages_are(Mood::Well);
    edge.get("/page").await.assert_problem(504);
    assert_eq!(origin.count("/page"), 2);
    first.release();
    edge.reads_until("the first has ended", "/page", |reply| reply.text() == "text").await;
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn an_unsafe_request_overtakes_both_fills() {
    let (origin, edge) = stalling().await;
    origin.put("/page", Page::new("old"));
    let (first, second) = (origin.hold("/page", HoldAt::Head), origin.hold("/page", HoldAt::Head));
    let reader = edge.reading("/page", &[]);
    first.arrived().await;
    second.arrived().await;
    assert_eq!(edge.send("POST", "/page", &[], "").await.status, 200);
    first.release();
    second.release();
    assert_eq!(reader.await.unwrap().text(), "old", "who came before may have it");
    until("both have ended", || edge.epoch().fills.in_flight() == 0).await;
    assert!(edge.stored("/page").is_none());
}

#[tokio::test]
async fn waiters_of_one_key_are_limited() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).manual_clock().set("EDGE_WAITERS_PER_KEY_MAX", 3).following().await;
    origin.put("/page", Page::new("text").cache("max-age=10, stale-if-error=600"));
    origin.put("/cold", Page::new("cold"));
    edge.get("/page").await;
    edge.passes(s(11)).await;
    for path in ["/page", "/cold"] {
        let held = origin.hold(path, HoldAt::Head);
        let readers: Vec<_> = (0..3).map(|_| edge.reading(path, &[])).collect();
        held.arrived().await;
        until("three readers wait", || edge.epoch().fills.waiters(&TestEdge::key(path)) == 3).await;
        let reply = edge.get(path).await;
        if path == "/page" {
            assert!(reply.text() == "text" && reply.did().contains("detail=stale-if-error"), "{reply:?}");
        } else {
            reply.assert_problem(503);
            assert!(reply.did().contains("detail=too-many-waiters"), "{reply:?}");
            assert!(reply.header("retry-after").parse::<u64>().is_ok());
        }
        held.release();
        for reader in readers {
            assert_eq!(reader.await.unwrap().status, 200);
        }
        assert_eq!(edge.epoch().fills.waiters(&TestEdge::key(path)), 0);
    }
}
