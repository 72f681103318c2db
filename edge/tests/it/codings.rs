//! Content codings: made by the edge, once, and never on the way of a hit.

use crate::support::{EdgeBuilder, Origin, Page, Reply, TestEdge, s};

const ACCEPT: (&str, &str) = ("accept-encoding", "gzip;q=0.5, br");

fn page() -> Page {
    Page::new("a word or two on cameras, ".repeat(100)).etag(Some("\"v1\"")).with("cache-control", "max-age=60")
}

async fn with_page() -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    origin.put("/page", page());
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    edge.get("/page").await;
    (origin, edge)
}

/// Reads until the answer comes in the coding that is wanted: the first hit asks for it.
async fn coded(edge: &TestEdge, accept: (&str, &str), coding: &str) -> Reply {
    crate::support::eventually("the page is coded", async || {
        let reply = edge.get_with("/page", &[accept]).await;
        assert!(reply.did().contains("; hit"), "{reply:?}");
        Some(reply).filter(|reply| reply.header("content-encoding") == coding)
    })
    .await
}

#[tokio::test]
async fn each_reader_gets_what_it_likes_best() {
    let (origin, edge) = with_page().await;
    let brotli = coded(&edge, ACCEPT, "br").await;
    let gzip = coded(&edge, ("accept-encoding", "gzip"), "gzip").await;
    let zstd = coded(&edge, ("accept-encoding", "zstd;q=1, br;q=0.9"), "zstd").await;
    let plain = edge.get("/page").await;
    assert_eq!(plain.header("content-encoding"), "");
    for reply in [&brotli, &gzip, &zstd] {
        assert!(reply.body.len() < plain.body.len() / 5);
        assert_eq!(reply.header("content-length"), reply.body.len().to_string());
    }
    let mut tags: Vec<_> = [&brotli, &gzip, &zstd, &plain].iter().map(|reply| reply.header("etag")).collect();
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "a strong tag for each");
    for reply in [&brotli, &plain] {
        assert_eq!(reply.header("vary"), "accept-encoding");
    }
    for refused in ["identity", "br;q=0", "gzip;q=0, *;q=0"] {
        assert_eq!(edge.get_with("/page", &[("accept-encoding", refused)]).await.body, plain.body, "{refused}");
    }
    assert_eq!(origin.count("/page"), 1);
    assert_eq!(origin.requests("/page")[0].header("accept-encoding"), Some("zstd"));
}

#[tokio::test]
async fn a_304_is_for_the_coding_that_the_reader_holds() {
    let (_origin, edge) = with_page().await;
    let etag = coded(&edge, ACCEPT, "br").await.header("etag");
    // In front of hyper, and behind it.
    for more in [("accept", "*/*"), ("if-modified-since", "Sun, 22 Nov 2026 17:00:00 GMT")] {
        let known = edge.get_with("/page", &[ACCEPT, ("if-none-match", &etag), more]).await;
        assert_eq!((known.status, known.header("etag")), (304, etag.clone()));
        assert_eq!(edge.get_with("/page", &[("if-none-match", &etag), more]).await.status, 200);
        assert_eq!(edge.get_with("/page", &[ACCEPT, ("if-none-match", "\"v1\""), more]).await.status, 200);
        assert_eq!(edge.get_with("/page", &[("if-none-match", "\"v1\""), more]).await.status, 304);
    }
}

#[tokio::test]
async fn a_part_is_one_of_identity() {
    let (_origin, edge) = with_page().await;
    let etag = coded(&edge, ACCEPT, "br").await.header("etag");
    let part = edge.get_with("/page", &[ACCEPT, ("range", "bytes=0-5")]).await;
    assert_eq!((part.status, part.text(), part.header("content-encoding")), (206, "a word", String::new()));
    // Whoever holds the beginning of the coded form gets the whole of it again.
    let whole = edge.get_with("/page", &[ACCEPT, ("range", "bytes=5-"), ("if-range", &etag)]).await;
    assert_eq!((whole.status, whole.header("content-encoding").as_str()), (200, "br"));
}

#[tokio::test]
async fn what_was_made_outlives_a_revalidation() {
    let (origin, edge) = with_page().await;
    coded(&edge, ACCEPT, "br").await;
    edge.passes(s(3700)).await;
    assert!(edge.get("/page").await.did().contains("fwd-status=304"));
    assert_eq!(edge.get_with("/page", &[ACCEPT]).await.header("content-encoding"), "br", "at once");
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn what_must_not_be_changed_is_not_coded() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).following().await;
    let table = [
        ("/short", Page::new("short")),
        ("/told", page().with("cache-control", "no-transform")),
        ("/digest", page().with("repr-digest", "sha-256=:AA==:")),
        ("/coded", page().with("content-encoding", "x-own")),
        ("/picture", page().without("content-type").with("content-type", "image/jpeg")),
    ];
    for (path, page) in table {
        origin.put(path, page);
        for _ in 0..3 {
            let reply = edge.get_with(path, &[ACCEPT]).await;
            assert_eq!((reply.header("vary").as_str(), reply.header("etag").contains("edge")), ("", false), "{path}: {reply:?}");
        }
    }
}
