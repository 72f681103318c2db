//! `EDGE_LOG`: which requests are logged.

use crate::support::{EdgeBuilder, HoldAt, Mood, Origin, Page, TestEdge, eventually, s};

async fn lines(edge: &TestEdge) -> f64 {
    edge.metric("edge_log_lines_total").await
}

#[tokio::test]
async fn the_slow_and_the_failed_are_logged_and_hits_are_not() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").manual_clock().start().await;
    origin.put("/page", Page::plain("text").with("cache-control", "max-age=60"));
    for _ in 0..3 {
        edge.get("/page").await;
    }
    assert_eq!(lines(&edge).await, 0.0);

    origin.put("/slow", Page::plain("text"));
    let held = origin.hold("/slow", HoldAt::Head);
    let reading = edge.reading("/slow", &[]);
    held.arrived().await;
    edge.jumps(s(1));
    held.release();
    reading.await.unwrap();
    assert_eq!(lines(&edge).await, 1.0);

    origin.pages_are(Mood::Status(503));
    assert_eq!(edge.get("/failing").await.status, 503);
    assert_eq!(lines(&edge).await, 2.0);
}

#[tokio::test]
async fn samples_are_drawn_from_all_within_the_limit() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").set("EDGE_LOG", "sample=0.5,max=3").manual_clock().start().await;
    origin.put("/page", Page::plain("text").with("cache-control", "max-age=60"));
    for _ in 0..20 {
        edge.get("/page").await;
    }
    // Time stands still: all of them fall into one second.
    eventually("every request is counted", async || {
        (lines(&edge).await == 3.0 && edge.metric("edge_log_lines_dropped_total").await == 7.0).then_some(())
    })
    .await;
}
