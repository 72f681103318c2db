//! What the origin sends coded, to spare the long way packets, is kept as it was before.

use crate::support::{EdgeBuilder, Origin, Page, s};

fn text() -> String {
    "a word or two on cameras, ".repeat(100)
}

fn page() -> Page {
    Page::new(text()).etag(Some("\"v1\"")).cache("max-age=60")
}

#[tokio::test]
async fn it_is_kept_plain_under_its_plain_tag() {
    let origin = Origin::start().await;
    origin.put("/page", page().in_zstd());
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    for did in ["fwd=uri-miss", "; hit"] {
        let reply = edge.get("/page").await;
        assert!(reply.did().contains(did), "{reply:?}");
        assert_eq!((reply.text(), reply.header("etag")), (text().as_str(), "\"v1\"".to_owned()));
        assert_eq!((reply.header("content-encoding"), reply.header("vary")), (String::new(), "accept-encoding".to_owned()));
    }
    assert_eq!(origin.requests("/page")[0].header("accept-encoding"), Some("zstd"));
}

#[tokio::test]
async fn it_is_renewed_by_its_plain_tag() {
    let origin = Origin::start().await;
    origin.put("/page", page().in_zstd());
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    edge.get("/page").await;
    edge.passes(s(61)).await;
    let reply = edge.get("/page").await;
    assert!(reply.did().contains("fwd-status=304; stored"), "{reply:?}");
    assert_eq!(reply.text(), text());
    assert_eq!(origin.requests("/page")[1].header("if-none-match"), Some("\"v1\""));
}

#[tokio::test]
async fn one_for_its_reader_alone_is_asked_for_again_in_that_readers_words() {
    let origin = Origin::start().await;
    origin.put("/page", page().cache("private").in_zstd());
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    edge.get_with("/page", &[("accept-encoding", "gzip")]).await;
    let asked: Vec<_> = origin.requests("/page").iter().map(|asked| asked.header("accept-encoding").map(str::to_owned)).collect();
    assert_eq!(asked, [Some("zstd".to_owned()), Some("gzip".to_owned())]);
}

#[tokio::test]
async fn one_that_cannot_be_read_is_neither_shown_nor_kept() {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("no zstd").with("content-encoding", "zstd"));
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    let reply = edge.get("/page").await;
    assert_eq!(reply.status, 502, "{reply:?}");
    assert!(edge.stored("/page").is_none());
    origin.put("/page", page().in_zstd());
    assert_eq!(edge.get("/page").await.text(), text());
}

#[tokio::test]
async fn without_a_feed_the_origin_is_asked_for_identity() {
    let origin = Origin::start().await;
    origin.put("/page", Page::plain(text()).with("cache-control", "max-age=60"));
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").start().await;
    assert_eq!(edge.get("/page").await.text(), text());
    assert_eq!(origin.requests("/page")[0].header("accept-encoding"), Some("identity"));
}
