//! The admin port.

use crate::support::{EdgeBuilder, Mood, Origin, Page, Purge};

#[tokio::test]
async fn an_edge_is_ready_once_it_has_a_head() {
    let origin = Origin::start().await;
    origin.feed_is(Mood::Status(503));
    let edge = EdgeBuilder::new(&origin).manual_clock().start().await;
    assert_eq!(edge.admin("/healthz").await.text(), "ok\n");
    edge.admin("/readyz").await.assert_problem(503);
    origin.feed_is(Mood::Well);
    edge.confirmed().await;
    assert_eq!(edge.admin("/readyz").await.text(), "ready\n");
    edge.admin("/elsewhere").await.assert_problem(404);
}

#[tokio::test]
async fn the_status_says_what_an_operator_asks_first() {
    let origin = Origin::starting_at(5).await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_REGION", "eu").following().await;
    origin.put("/page", Page::new("text").tags("a b"));
    edge.get("/page").await;
    let number = origin.write(Purge::hard(&["a"]), &[]);
    edge.has_applied(number).await;
    let status = edge.admin("/status").await.json();
    let expected = serde_json::json!({
        "name": "rcr-eu", "mode": "following", "log": origin.log().to_string(), "applied": 6, "confirmed": true,
        "origin_failing": false, "entries": 1, "tag_cells": 2, "ring_floor": 5, "ring_events": 1, "fills_in_flight": 0,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&status[name], value, "{name} in {status}");
    }
    assert!(status["entry_bytes"].as_u64().unwrap() > 400, "{status}");
}

#[tokio::test]
async fn the_metrics_count_what_was_done() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page", Page::new("text"));
    for _ in 0..3 {
        edge.get("/page").await;
    }
    for (name, value) in [
        ("edge_requests_total{reason=\"hit\"}", 2.0),
        ("edge_requests_total{reason=\"uri-miss\"}", 1.0),
        ("edge_fills_total{reason=\"stored\"}", 1.0),
        ("edge_feed_connects_total", 1.0),
        ("edge_confirmed", 1.0),
        ("edge_entries", 1.0),
        ("edge_fill_seconds_count", 1.0),
    ] {
        assert_eq!(edge.metric(name).await, value, "{name}");
    }
    let metrics = edge.admin("/metrics").await;
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    assert!(metrics.text().ends_with("# EOF\n"));
}

#[tokio::test]
async fn readers_do_not_reach_the_admin_port_by_its_paths() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    for path in ["/healthz", "/readyz", "/metrics", "/status"] {
        assert_eq!(edge.get(path).await.text(), "missing", "{path} is the origin's to answer");
    }
}

#[tokio::test]
async fn the_cache_keeps_to_its_bytes() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_MEMORY_BYTES", 1024 * 1024).following().await;
    for n in 0..40 {
        let path = format!("/large/{n}");
        origin.put(&path, Page::new("x".repeat(100_000)));
        assert_eq!(edge.get(&path).await.body.len(), 100_000);
    }
    let status = edge.admin("/status").await.json();
    assert!(status["entry_bytes"].as_u64().unwrap() <= 1024 * 1024, "{status}");
    assert!(status["entries"].as_u64().unwrap() > 0, "{status}");
}
