//! `/metrics` and `/status`: complete, well-formed and bounded.

use std::collections::{HashMap, HashSet};

use crate::support::{EdgeBuilder, Mood, Origin, Page, Purge, TestEdge, redis_url};

/// An edge that has done a little of everything.
async fn busy() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("REDIS_URL", redis_url()).set("EDGE_REDIS_WAIT_MS", 2000).following().await;
    origin.put("/page", Page::new("x".repeat(1000)).tags("a"));
    for _ in 0..3 {
        edge.get("/page").await;
    }
    edge.purge(serde_json::json!({"all": true})).await;
    let number = origin.write(Purge::hard(&["a"]), &[]);
    edge.has_applied(number).await;
    edge.send("POST", "/page", &[], "").await;
    origin.pages_are(Mood::Status(503));
    edge.get("/page").await;
    edge.get("/..").await;
    edge.edge.filler.metrics.refused("test-limit");
    (origin, edge)
}

/// A family's samples may be called this, by its type.
fn sample_names(family: &str, kind: &str) -> Vec<String> {
    let suffixes: &[&str] = match kind {
        "counter" => &["_total"],
        "histogram" => &["_bucket", "_count", "_sum"],
        "info" => &["_info"],
        "gauge" => &[""],
        other => panic!("{family} has the type {other}"),
    };
    suffixes.iter().map(|suffix| format!("{family}{suffix}")).collect()
}

#[tokio::test]
async fn every_sample_has_its_help_and_type_and_stands_once() {
    let (_origin, edge) = busy().await;
    let metrics = edge.admin("/metrics").await;
    let (mut types, mut helps, mut units) = (HashMap::new(), HashSet::new(), HashMap::new());
    let mut seen = HashSet::new();
    let mut family = String::new();
    let text = metrics.text().strip_suffix("# EOF\n").expect("the end is marked");
    for line in text.lines() {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => {
                assert!(helps.insert(name.to_owned()), "{name} is explained twice");
                assert!(help.len() > 5 && help.ends_with('.') && !help.ends_with(".."), "{line}");
                family = name.to_owned();
            }
            ["#", "TYPE", name, kind] => {
                assert_eq!(name, family, "in one piece: {line}");
                assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "{name} has two types");
            }
            ["#", "UNIT", name, unit] => {
                assert!(name.ends_with(&format!("_{unit}")) && ["seconds", "bytes"].contains(&unit), "{line}");
                units.insert(name.to_owned(), unit.to_owned());
            }
            _ => {
                let (sample, value) = line.rsplit_once(' ').unwrap();
                let name = sample.split('{').next().unwrap();
                assert!(helps.contains(&family), "{line} has no help");
                assert!(sample_names(&family, &types[&family]).contains(&name.to_owned()), "{line} in {family}");
                assert!(name.starts_with("edge_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
                assert!(seen.insert(sample.to_owned()), "{sample} stands twice");
            }
        }
    }
    // What a histogram counts has a unit.
    for (name, kind) in types {
        assert!(kind != "histogram" || units.contains_key(&name), "{name} has no unit");
    }
}

#[tokio::test]
async fn what_an_operator_looks_for_is_there() {
    let (_origin, edge) = busy().await;
    for (name, least) in [
        ("edge_requests_total{reason=\"hit\"}", 2.0),
        ("edge_response_body_bytes_total", 3000.0),
        ("edge_requests_refused_total{reason=\"test-limit\"}", 1.0),
        ("edge_fills_total{reason=\"stored\"}", 1.0),
        ("edge_fills_total{reason=\"unavailable\"}", 1.0),
        ("edge_origin_first_byte_seconds_count", 2.0),
        ("edge_fill_seconds_count", 2.0),
        ("edge_stored_body_bytes_sum", 1000.0),
        ("edge_regional_seconds_count{operation=\"get\"}", 1.0),
        ("edge_purges_total{source=\"hand\",strength=\"hard\"}", 1.0),
        ("edge_feed_lag_seconds_count", 1.0),
        ("edge_log_lines_total", 1.0),
        ("edge_tag_cells", 1.0),
        ("edge_ring_events", 1.0),
        ("edge_build_info{version=\"0.1.0\"}", 1.0),
    ] {
        let value = edge.metric(name).await;
        assert!(value >= least, "{name} is {value}");
    }
    assert_eq!(edge.metric("edge_fill_waiters").await, 0.0);
    let age = edge.metric("edge_confirmation_age_seconds").await;
    assert!((0.0..10.0).contains(&age), "{age}");
}

#[tokio::test]
async fn readers_who_wait_are_counted() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    origin.put("/page", Page::new("text"));
    let held = origin.hold("/page", crate::support::HoldAt::Head);
    let readers: Vec<_> = (0..3).map(|_| edge.reading("/page", &[])).collect();
    held.arrived().await;
    crate::support::eventually("three readers wait", async || (edge.metric("edge_fill_waiters").await == 3.0).then_some(()))
        .await;
    held.release();
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(edge.metric("edge_fill_waiters").await, 0.0);
}

#[tokio::test]
async fn evictions_are_counted_with_their_bytes() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_MEMORY_BYTES", 1024 * 1024).following().await;
    for n in 0..40 {
        let path = format!("/large/{n}");
        origin.put(&path, Page::new("x".repeat(100_000)));
        edge.get(&path).await;
    }
    edge.admin("/status").await;
    let (keys, bytes) = (edge.metric("edge_evictions_total").await, edge.metric("edge_evicted_bytes_total").await);
    assert!(keys >= 30.0 && bytes >= keys * 100_000.0, "{keys} keys, {bytes} bytes");
}

#[tokio::test]
async fn the_status_is_json_or_a_table_for_a_browser() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    let json = edge.admin_send("GET", "/status", &[("accept", "*/*")], "").await;
    assert_eq!(json.header("content-type"), "application/json");
    let page = edge.admin_send("GET", "/status", &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], "").await;
    assert!(page.header("content-type").starts_with("text/html"));
    for name in json.json().as_object().unwrap().keys() {
        assert!(page.text().contains(&format!("<th align=left>{name}<td>")), "{name}");
    }
}
