//! Pages fetched before any reader asks for them.

use serde_json::json;

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge, eventually};

const HOST: &str = "api.test";

fn list(pages: &[&str], next: Option<&str>) -> Page {
    let etag = format!("\"{}\"", pages.len());
    Page::plain(json!({"pages": pages, "next": next}).to_string()).etag(Some(&etag))
}

fn page(text: &str) -> Page {
    Page::new(text).cache("max-age=3600")
}

fn ahead(origin: &Origin) -> EdgeBuilder {
    EdgeBuilder::new(origin).set("EDGE_PREFETCH_HOST", HOST).set("EDGE_PREFETCH_EVERY_MS", 100).set("EDGE_PREFETCH_PER_S", 1000)
}

/// So many have been stored: asked for is not yet there.
async fn stored(edge: &TestEdge, count: usize) {
    eventually("pages are stored ahead", async || {
        let stored = edge.metric("edge_prefetches_total{reason=\"stored\"}").await;
        (stored >= count as f64).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_first_reader_of_a_page_finds_it() {
    let origin = Origin::start().await;
    origin.put("/internal/pages", list(&["/a?x=1", "/b"], Some("/internal/pages?after=b")));
    origin.put("/internal/pages?after=b", list(&["/c", "/not-there", "no path"], None));
    for path in ["/a?x=1", "/b", "/c"] {
        origin.put(path, page(path));
    }
    let edge = ahead(&origin).following().await;
    stored(&edge, 3).await;
    for path in ["/a?x=1", "/b", "/c"] {
        let reply = edge.get_with(path, &[("host", HOST)]).await;
        assert!(reply.did().contains("; hit"), "{reply:?}");
        assert_eq!((reply.text(), origin.count(path)), (path, 1));
    }
    // Under another name it is another page.
    assert!(edge.get_with("/b", &[("host", "other.test")]).await.did().contains("fwd=uri-miss"));
}

#[tokio::test]
async fn what_is_purged_is_fetched_again_and_what_is_fresh_is_not() {
    let origin = Origin::start().await;
    origin.put("/internal/pages", list(&["/a", "/b"], None));
    for path in ["/a", "/b"] {
        origin.put(path, page(path).tags(&path[1..]));
    }
    let edge = ahead(&origin).following().await;
    stored(&edge, 2).await;
    origin.write(Purge::hard(&["a"]), &[("/a", page("new").tags("a"))]);
    stored(&edge, 3).await;
    let reply = edge.get_with("/a", &[("host", HOST)]).await;
    assert_eq!(reply.text(), "new");
    assert!(reply.did().contains("; hit"), "{reply:?}");
    assert_eq!((origin.count("/a"), origin.count("/b")), (2, 1));
    // The list was asked for all the while, and had not changed.
    eventually("the list is asked for by its tag", async || {
        let lists = origin.requests("/internal/pages");
        lists.iter().any(|asked| asked.header("if-none-match") == Some("\"2\"")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_nobody_has_read_is_there_when_the_origin_is_not() {
    let origin = Origin::start().await;
    origin.put("/internal/pages", list(&["/a"], None));
    origin.put("/a", page("text"));
    let edge = ahead(&origin).following().await;
    stored(&edge, 1).await;
    origin.down();
    let reply = edge.get_with("/a", &[("host", HOST)]).await;
    assert_eq!((reply.status, reply.text()), (200, "text"));
}

#[tokio::test]
async fn a_crowded_memory_is_left_to_readers() {
    const PAGES: usize = 40;
    let origin = Origin::start().await;
    let paths: Vec<_> = (0..PAGES).map(|n| format!("/{n}")).collect();
    origin.put("/internal/pages", list(&paths.iter().map(String::as_str).collect::<Vec<_>>(), None));
    for path in &paths {
        origin.put(path, page(&"x".repeat(64 * 1024)));
    }
    // Room for sixteen.
    let edge = ahead(&origin).set("EDGE_MEMORY_BYTES", 1024 * 1024).set("EDGE_PREFETCH_PER_S", 100).following().await;
    stored(&edge, 8).await;
    // Nothing is driven out: what was fetched first is still there.
    let reply = edge.get_with("/0", &[("host", HOST)]).await;
    assert!(reply.did().contains("; hit"), "{reply:?}");
    assert_eq!(edge.metric("edge_evictions_total").await, 0.0);
    assert!(paths.iter().map(|path| origin.count(path)).sum::<usize>() < PAGES);
}
