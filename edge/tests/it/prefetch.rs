//! Pages fetched before any reader asks for them.

use serde_json::json;

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge, eventually};

const HOST: &str = "api.test";
const LISTS: &str = "/internal/pages";

fn list(pages: &[&str], next: Option<&str>) -> Page {
    let etag = format!("\"{}\"", pages.len());
    Page::plain(json!({"pages": pages, "next": next}).to_string()).etag(Some(&etag))
}

fn page(text: &str) -> Page {
    Page::new(text).cache("max-age=3600")
}

fn ahead(origin: &Origin) -> EdgeBuilder {
    EdgeBuilder::new(origin).set("EDGE_PREFETCH_HOST", HOST).set("EDGE_PREFETCH_EVERY_MS", 250).set("EDGE_PREFETCH_PER_S", 500)
}

async fn walked(edge: &TestEdge, how: &str, count: u32) {
    eventually("the pages are looked at", async || {
        let walks = edge.metric(&format!("edge_prefetch_walks_total{{reason=\"{how}\"}}")).await;
        (walks >= f64::from(count)).then_some(())
    })
    .await;
}

/// So many have been stored: asked for is not yet there.
async fn stored(edge: &TestEdge, count: u32) {
    eventually("pages are stored ahead", async || {
        let stored = edge.metric("edge_prefetches_total{reason=\"stored\"}").await;
        (stored >= f64::from(count)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_first_reader_of_a_page_finds_it() {
    let origin = Origin::start().await;
    origin.put(LISTS, list(&["/a?x=1", "/b"], Some("/internal/pages?after=b")));
    // As the origin sends it, and with what no reader may ask for.
    let more = list(&["/c", "/not-there", "no path", "/internal/head", "/d?y=1"], None);
    origin.put("/internal/pages?after=b", more.in_zstd());
    for path in ["/a?x=1", "/b", "/c", "/d?y=1"] {
        origin.put(path, page(path).with("no-vary-search", "params=(\"utm\")"));
    }
    let edge = ahead(&origin).following().await;
    walked(&edge, "done", 2).await;
    for path in ["/a?x=1", "/b", "/c", "/d?y=1"] {
        let reply = edge.get_with(path, &[("host", HOST)]).await;
        assert!(reply.did().contains("; hit"), "{reply:?}");
        assert_eq!((reply.text(), origin.count(path)), (path, 1));
    }
    // And that there is no such page; what is no page was not asked for.
    assert_eq!(edge.metric("edge_prefetches_total{reason=\"stored\"}").await, 5.0);
    // Under another name it is another page.
    assert!(edge.get_with("/b", &[("host", "other.test")]).await.did().contains("fwd=uri-miss"));
}

#[tokio::test]
async fn what_is_purged_is_fetched_again_and_what_is_fresh_is_not() {
    let origin = Origin::start().await;
    origin.put(LISTS, list(&["/a", "/b"], None));
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
        let lists = origin.requests(LISTS);
        lists.iter().any(|asked| asked.header("if-none-match") == Some("\"2\"")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_nobody_has_read_is_there_when_the_origin_is_not() {
    let origin = Origin::start().await;
    origin.put(LISTS, list(&["/a"], None));
    origin.put("/a", page("text"));
    let edge = ahead(&origin).following().await;
    stored(&edge, 1).await;
    origin.down();
    let reply = edge.get_with("/a", &[("host", HOST)]).await;
    assert_eq!((reply.status, reply.text()), (200, "text"));
}

#[tokio::test]
async fn a_list_that_cannot_be_had_is_asked_for_again() {
    let origin = Origin::start().await;
    origin.put(LISTS, Page::plain("no list"));
    origin.put("/a", page("text"));
    // An hour from one walk to the next; but this one is none.
    let edge = ahead(&origin).set("EDGE_PREFETCH_EVERY_MS", 3_600_000).following().await;
    walked(&edge, "no-list", 1).await;
    origin.put(LISTS, list(&["/a"], None));
    stored(&edge, 1).await;
}

#[tokio::test]
async fn a_crowded_memory_is_left_to_readers() {
    const PAGES: usize = 40;
    let origin = Origin::start().await;
    let paths: Vec<_> = (0..PAGES).map(|n| format!("/{n}")).collect();
    origin.put(LISTS, list(&paths.iter().map(String::as_str).collect::<Vec<_>>(), None));
    for path in &paths {
        origin.put(path, page(&"x".repeat(64 * 1024)));
    }
    origin.put("/read", page(&"x".repeat(64 * 1024)));
    // Room for sixteen.
    let edge = ahead(&origin).set("EDGE_MEMORY_BYTES", 1024 * 1024).set("EDGE_PREFETCH_PER_S", 100).following().await;
    edge.get_with("/read", &[("host", HOST)]).await;
    walked(&edge, "crowded", 3).await;
    // Nothing is driven out, and what a reader has read is there.
    assert!(edge.get_with("/read", &[("host", HOST)]).await.did().contains("; hit"));
    assert_eq!(edge.metric("edge_evictions_total").await, 0.0);
    assert!(paths.iter().map(|path| origin.count(path)).sum::<usize>() < PAGES);
}
