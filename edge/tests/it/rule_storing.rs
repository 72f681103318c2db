//! R8, R10 and R11: what may be stored with the feed on, and what comes before freshness.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, header};

use crate::support::{EdgeBuilder, Origin, Page, Purge, TestEdge, s, seq, until};

async fn following() -> (Origin, TestEdge) {
    let origin = Origin::starting_at(5).await;
    let edge = EdgeBuilder::new(&origin).manual_clock().following().await;
    (origin, edge)
}

#[tokio::test]
async fn only_an_answer_that_names_its_snapshot_and_tags_is_stored() {
    let (origin, edge) = following().await;
    let many = (0..513).map(|n| format!("t{n}")).collect::<Vec<_>>().join(" ");
    let page = || Page::new("text");
    for (name, page) in [
        ("no number", page().without("rcr-as-of")),
        ("two numbers", page().with("rcr-as-of", "5")),
        ("no number at all", page().without("rcr-as-of").with("rcr-as-of", "-5")),
        ("no log", page().without("rcr-log")),
        ("two logs", page().with("rcr-log", "01ARZ3NDEKTSV4RRFFQ69G5FAV")),
        ("no tags", page().without("surrogate-key")),
        ("empty tags", page().tags(" ")),
        ("too many tags", page().tags(&many)),
        ("too long a tag", page().tags(&"x".repeat(129))),
        ("an illegal tag", page().tags("a,b")),
    ] {
        let before = origin.count("/page");
        origin.put("/page", page);
        for _ in 0..2 {
            let reply = edge.get("/page").await;
            assert_eq!((reply.status, reply.text()), (200, "text"), "{name}: {reply:?}");
        }
        assert_eq!(origin.count("/page") - before, 2, "{name}");
        assert!(edge.stored("/page").is_none(), "{name}");
    }
}

#[tokio::test]
async fn an_answer_of_another_log_answers_nobody() {
    let (origin, edge) = following().await;
    let other = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    origin.put("/page", Page::new("text").without("rcr-log").with("rcr-log", other));
    edge.get("/page").await.assert_problem(502);
    assert!(edge.stored("/page").is_none());
    assert_eq!(origin.count("/page"), 2);
}

#[tokio::test]
async fn an_answer_with_the_most_tags_allowed_is_stored_with_all_of_them() {
    let (origin, edge) = following().await;
    let tags = (0..512).map(|n| format!("t{n}")).collect::<Vec<_>>().join(" ");
    origin.put("/page", Page::new("old").tags(&tags));
    edge.get("/page").await;
    assert_eq!(edge.stored("/page").unwrap().tags.len(), 512);
    let number = origin.write(Purge::hard(&["t511"]), &[("/page", Page::new("new").tags(&tags))]);
    edge.has_applied(number).await;
    assert_eq!(edge.get("/page").await.text(), "new");
}

#[tokio::test]
async fn an_entry_is_never_replaced_by_one_with_a_lower_number() {
    let (origin, edge) = following().await;
    let number = origin.write(Purge::hard(&["other"]), &[]);
    edge.has_applied(number).await;
    origin.put("/page", Page::new("at 6").tags("page").cache("max-age=60"));
    edge.get("/page").await;
    edge.passes(s(61)).await;
    // Nothing of it was purged since, so it may answer; but it is the older of the two.
    origin.answers_next("/page", Page::new("at 5").tags("page").cache("max-age=60"), 5);
    assert_eq!(edge.get("/page").await.text(), "at 5");
    let stored = edge.stored("/page").unwrap();
    assert_eq!((stored.as_of, stored.message.body()), (seq(6), b"at 6".as_ref()));
}

#[tokio::test]
async fn each_variant_has_its_own_number_and_tags() {
    let (origin, edge) = following().await;
    let page = |tag: &str| Page::new(tag).tags(tag).with("vary", "accept");
    origin.put("/page", page("html"));
    edge.get_with("/page", &[("accept", "text/html")]).await;
    let number = origin.write(Purge::hard(&["other"]), &[("/page", page("json"))]);
    edge.has_applied(number).await;
    edge.get_with("/page", &[("accept", "application/json")]).await;

    let variant = |accept| {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        let entry = edge.epoch().memory.get(&TestEdge::key("/page"), &headers).unwrap();
        (entry.as_of, entry.tags[0].to_string())
    };
    assert_eq!(variant("text/html"), (seq(5), "html".to_owned()));
    assert_eq!(variant("application/json"), (seq(6), "json".to_owned()));
    // A purge of one leaves the other alone.
    let number = origin.write(Purge::hard(&["html"]), &[]);
    edge.has_applied(number).await;
    assert!(edge.get_with("/page", &[("accept", "application/json")]).await.did().contains("; hit"));
    assert!(edge.get_with("/page", &[("accept", "text/html")]).await.did().contains("fwd=stale"));
}

#[tokio::test]
async fn a_purge_comes_before_every_freshness_rule() {
    let (origin, edge) = following().await;
    let cache = "max-age=3600, stale-while-revalidate=3600, stale-if-error=3600";
    for (path, purge) in [("/hard", Purge::hard(&["page"])), ("/gone", Purge::gone(&["page"]))] {
        origin.put(path, Page::new("old").tags("page").cache(cache));
        edge.get(path).await;
        let number = origin.write(purge, &[(path, Page::new("new").tags("page").cache(cache))]);
        edge.has_applied(number).await;
        assert_eq!(edge.get(path).await.text(), "new", "{path}");
    }
}

#[tokio::test]
async fn a_purge_of_one_tag_leaves_other_pages_alone() {
    let (origin, edge) = following().await;
    origin.put("/a", Page::new("a").tags("a all"));
    origin.put("/b", Page::new("b").tags("b all"));
    edge.get("/a").await;
    edge.get("/b").await;
    let stored = edge.stored("/b").unwrap();
    let number = origin.write(Purge::hard(&["a"]), &[]);
    edge.has_applied(number).await;
    assert!(edge.get("/b").await.did().contains("; hit"));
    assert!(Arc::ptr_eq(&stored, &edge.stored("/b").unwrap()));
    let number = origin.write(Purge::hard(&["all"]), &[]);
    edge.has_applied(number).await;
    assert!(edge.get("/b").await.did().contains("fwd=stale"));
}

/// R8.
#[tokio::test]
async fn a_sweep_of_unused_tags_loses_no_purge() {
    let (origin, edge) = following().await;
    origin.put("/page", Page::new("old").tags("page"));
    edge.get("/page").await;
    assert_eq!(edge.epoch().tags.sweep(), 1, "the entry holds its tag");
    let number = origin.write(Purge::hard(&["page"]), &[("/page", Page::new("new").tags("other"))]);
    edge.has_applied(number).await;
    assert_eq!(edge.get("/page").await.text(), "new");
    // The fill that asked with the old entry's validator may be the last to let go of it.
    until("only the new entry's tag is left", || {
        edge.epoch().memory.maintain();
        edge.epoch().tags.sweep() == 1
    })
    .await;
    // A late answer with the swept tag is judged all the same.
    origin.answers_next("/late", Page::new("late").tags("page").cache("max-age=60"), 5);
    origin.put("/late", Page::new("in time").tags("page"));
    assert_eq!(edge.get("/late").await.text(), "in time");
    assert_eq!(origin.count("/late"), 2);
}
