//! R13: what is sent to the origin as a validator, and what its 304 makes.

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge, s, seq};

const ETAG: &str = "\"v1\"";

async fn following() -> (Origin, TestEdge) {
    let origin = Origin::starting_at(5).await;
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    (origin, edge)
}

fn page() -> Page {
    Page::new("text").tags("page").cache("max-age=60").etag(Some(ETAG))
}

#[tokio::test]
async fn a_304_makes_a_new_entry_with_its_own_number_and_tags() {
    let (origin, edge) = following().await;
    origin.put("/page", page());
    edge.get("/page").await;
    let number = origin.write(Purge::hard(&["page"]), &[("/page", page().tags("other"))]);
    edge.has_applied(number).await;
    let reply = edge.get("/page").await;
    assert_eq!((reply.status, reply.text()), (200, "text"));
    assert!(reply.did().contains("fwd-status=304; stored"), "{reply:?}");
    let stored = edge.stored("/page").unwrap();
    assert_eq!((stored.as_of, stored.tags.len(), stored.tags[0].as_str()), (seq(6), 1, "other"));
    // The old tag no longer concerns it, the new one does.
    for (tag, did) in [("page", "; hit"), ("other", "fwd=stale")] {
        let number = origin.write(Purge::hard(&[tag]), &[]);
        edge.has_applied(number).await;
        assert!(edge.get("/page").await.did().contains(did), "{tag}");
    }
}

#[tokio::test]
async fn a_weak_etag_is_never_sent() {
    let (origin, edge) = following().await;
    origin.put("/page", page().etag(Some("W/\"v1\"")));
    edge.get("/page").await;
    edge.passes(s(61)).await;
    assert_eq!(edge.get("/page").await.text(), "text");
    let asked = origin.requests("/page");
    assert_eq!((asked.len(), asked[1].header("if-none-match")), (2, None));
}

#[tokio::test]
async fn a_304_that_does_not_say_its_snapshot_refreshes_nothing() {
    for (name, page) in [
        ("no number", page().without_in_304("rcr-as-of")),
        ("no log", page().without_in_304("rcr-log")),
        ("no tags", page().without_in_304("surrogate-key")),
        ("a lower number", page().with_in_304("rcr-as-of", "4")),
        ("another log", page().with_in_304("rcr-log", "01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        ("another etag", page().with_in_304("etag", "\"v2\"")),
    ] {
        let (origin, edge) = following().await;
        origin.put("/page", page);
        edge.get("/page").await;
        let number = origin.write(Purge::hard(&["page"]), &[]);
        edge.has_applied(number).await;
        let reply = edge.get("/page").await;
        // Asked again, without a validator.
        assert_eq!((reply.status, reply.text()), (200, "text"), "{name}: {reply:?}");
        let validators: Vec<_> = origin.requests("/page").iter().map(|asked| asked.header("if-none-match").is_some()).collect();
        assert_eq!(validators, [false, true, false], "{name}");
    }
}

#[tokio::test]
async fn a_gone_entry_is_never_a_validator_a_purged_one_is() {
    for (purge, validator) in [(Purge::gone(&["page"]), None), (Purge::hard(&["page"]), Some(ETAG))] {
        let (origin, edge) = following().await;
        origin.put("/page", page());
        edge.get("/page").await;
        let number = origin.write(purge, &[]);
        edge.has_applied(number).await;
        edge.get("/page").await;
        assert_eq!(origin.requests("/page")[1].header("if-none-match"), validator);
    }
}

#[tokio::test]
async fn what_is_one_readers_own_never_reaches_the_origin_in_a_fill() {
    let (origin, edge) = following().await;
    origin.put("/page", page());
    let date = "Sun, 22 Nov 2026 17:00:00 GMT";
    let headers = [
        ("if-none-match", "\"mine\""),
        ("if-modified-since", date),
        ("if-match", "\"mine\""),
        ("if-unmodified-since", date),
        ("if-range", "\"mine\""),
        ("range", "bytes=0-1"),
        ("cookie", "session=1"),
    ];
    let reply = edge.get_with("/page", &headers).await;
    assert_eq!((reply.status, reply.text()), (200, "text"));
    let asked = origin.requests("/page");
    for (name, _) in headers {
        assert_eq!(asked[0].header(name), None, "{name}");
    }
    assert_eq!(edge.stored_text("/page").as_deref(), Some("text"));
}

#[tokio::test]
async fn the_edge_itself_answers_a_readers_condition() {
    let (origin, edge) = following().await;
    origin.put("/page", page());
    // Cold and warm alike.
    for _ in 0..2 {
        let reply = edge.get_with("/page", &[("if-none-match", ETAG)]).await;
        assert_eq!((reply.status, reply.text(), reply.header("etag").as_str()), (304, "", ETAG));
    }
    assert_eq!(origin.count("/page"), 1);
}
