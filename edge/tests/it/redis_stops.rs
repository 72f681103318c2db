//! A Redis that stops in the middle is a metric, not an error.

use crate::support::{EdgeBuilder, Origin, Page, RedisServer, TestEdge, eventually};

async fn regional(edge: &TestEdge, reasons: &[&str]) -> f64 {
    let mut sum = 0.0;
    for reason in reasons {
        sum += edge.metric(&format!("edge_regional_total{{reason=\"{reason}\"}}")).await;
    }
    sum
}

/// Reads pages seen and unseen; all of them are right.
async fn traffic(origin: &Origin, edge: &TestEdge, phase: &str) {
    for n in 0..50 {
        let path = format!("/{phase}/{n}");
        origin.put(&path, Page::new(&*path));
        for path in [path.as_str(), "/seen"] {
            let reply = edge.get(path).await;
            assert_eq!((reply.status, reply.text()), (200, path), "{reply:?}");
            assert_ne!(reply.header("cache-control"), "no-store", "{reply:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_do_not_notice_and_it_is_used_again_when_it_is_back() {
    let mut server = RedisServer::start().await;
    let origin = Origin::start().await;
    origin.put("/seen", Page::new("/seen"));
    let edge = EdgeBuilder::new(&origin).set("REDIS_URL", server.url()).following().await;
    traffic(&origin, &edge, "before").await;
    eventually("Redis is used", async || (regional(&edge, &["stored"]).await >= 1.0).then_some(())).await;

    server.kill();
    traffic(&origin, &edge, "without").await;
    let failures = regional(&edge, &["failed", "timed-out", "resting"]).await;
    assert!(failures >= 1.0, "it is counted");

    server.restart().await;
    let (stored, mut n) = (regional(&edge, &["stored"]).await, 0);
    eventually("Redis is used again", async || {
        n += 1;
        let path = format!("/after/{n}");
        origin.put(&path, Page::new(&*path));
        assert_eq!(edge.get(&path).await.text(), path);
        (regional(&edge, &["stored"]).await > stored).then_some(())
    })
    .await;
    traffic(&origin, &edge, "after-all").await;
}

#[tokio::test]
async fn a_redis_that_was_never_there_costs_no_answer() {
    let mut server = RedisServer::start().await;
    server.kill();
    let origin = Origin::start().await;
    origin.put("/seen", Page::new("/seen"));
    let edge = EdgeBuilder::new(&origin).set("REDIS_URL", server.url()).following().await;
    traffic(&origin, &edge, "without").await;
}
