//! `POST /purge`: what it does, whom it obeys, and what it refuses.

use serde_json::json;

use crate::support::{EdgeBuilder, HOST, Mood, Origin, PURGE_TOKEN, Page, Purge, TestEdge, eventually, redis_url, s, seq};

fn url(path: &str) -> String {
    format!("http://{HOST}{path}")
}

/// A page of either mode.
fn page(plain: bool, text: &str, tag: &str) -> Page {
    let cache = "max-age=3600, stale-while-revalidate=60, stale-if-error=600";
    if plain {
        Page::plain(text).with("surrogate-key", tag).with("cache-control", cache)
    } else {
        Page::new(text).etag(None).tags(tag).cache(cache)
    }
}

async fn running(plain: bool) -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", if plain { "off" } else { "on" }).manual_clock().following().await;
    (origin, edge)
}

/// Each way to name `/page`, which carries the tag `a`.
fn each_way() -> [serde_json::Value; 3] {
    [json!({"tags": ["a"]}), json!({"urls": [url("/page")]}), json!({"all": true})]
}

#[tokio::test]
async fn a_hard_purge_is_followed_by_a_question_to_the_origin() {
    for plain in [false, true] {
        let (origin, edge) = running(plain).await;
        for (n, order) in each_way().into_iter().enumerate() {
            let (old, new) = (format!("old {n}"), format!("new {n}"));
            origin.put("/page", page(plain, &old, "a"));
            edge.purge(json!({"all": true})).await;
            assert_eq!(edge.get("/page").await.text(), old);
            origin.put("/page", page(plain, &new, "a"));
            assert!(edge.get("/page").await.did().contains("; hit"), "not purged yet");
            edge.purge(order.clone()).await;
            let reply = edge.get("/page").await;
            assert_eq!(reply.text(), new, "{order} plain={plain}: {reply:?}");
            assert!(reply.did().contains("fwd=stale") && reply.did().contains("; stored"), "{reply:?}");
            assert!(edge.get("/page").await.did().contains("; hit; ttl="));
        }
    }
}

#[tokio::test]
async fn a_soft_purge_is_served_inside_its_window_and_refreshed_behind() {
    for plain in [false, true] {
        for mut order in each_way() {
            let (origin, edge) = running(plain).await;
            origin.put("/page", page(plain, "old", "a"));
            edge.get("/page").await;
            origin.put("/page", page(plain, "new", "a"));
            order["strength"] = json!("soft");
            edge.purge(order.clone()).await;
            let reply = edge.get("/page").await;
            assert_eq!(reply.text(), "old", "{order}");
            assert!(reply.did().contains("detail=stale"), "{order}: {reply:?}");
            assert_eq!(reply.header("cache-control"), "no-store");
            let fresh = edge.reads_until("the refresh has come", "/page", |reply| reply.text() == "new").await;
            assert_eq!(fresh.status, 200);
            // Past its window, soft counts as hard.
            edge.purge(order.clone()).await;
            edge.jumps(s(61));
            if !plain {
                edge.confirmed().await;
            }
            origin.put("/page", page(plain, "newest", "a"));
            assert_eq!(edge.get("/page").await.text(), "newest", "{order} plain={plain}");
        }
    }
}

#[tokio::test]
async fn a_hard_purged_copy_is_shown_marked_while_the_origin_cannot_be_reached() {
    for order in each_way() {
        let (origin, edge) = running(true).await;
        origin.put("/page", page(true, "old", "a"));
        edge.get("/page").await;
        edge.purge(order.clone()).await;
        origin.pages_are(Mood::Status(503));
        let reply = edge.get("/page").await;
        assert_eq!((reply.status, reply.text()), (200, "old"), "{order}");
        assert!(reply.did().contains("; hit; detail=purged"), "{order}: {reply:?}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn only_what_is_named_is_purged() {
    let (origin, edge) = running(true).await;
    for (path, tag) in [("/page", "a"), ("/other", "b"), ("/page?x", "b")] {
        origin.put(path, page(true, "text", tag));
        edge.get(path).await;
    }
    for order in [json!({"tags": ["a"]}), json!({"urls": [url("/page")]})] {
        edge.purge(order).await;
        assert!(edge.get("/other").await.did().contains("; hit"));
        assert!(edge.get("/page?x").await.did().contains("; hit"));
        assert!(edge.get("/page").await.did().contains("fwd=stale"));
    }
}

#[tokio::test]
async fn every_variant_of_a_url_is_purged() {
    let (origin, edge) = running(true).await;
    origin.put("/page", page(true, "text", "a").with("vary", "accept"));
    for accept in ["text/html", "text/plain"] {
        edge.get_with("/page", &[("accept", accept)]).await;
    }
    let done = edge.purge(json!({"urls": [url("/p%61ge"), url("/absent")]})).await;
    assert_eq!(done["urls"][0], json!({"url": url("/p%61ge"), "key": format!("{HOST}/page"), "entries": 2}));
    assert_eq!(done["urls"][1]["entries"], 0);
    for accept in ["text/html", "text/plain"] {
        assert!(edge.get_with("/page", &[("accept", accept)]).await.did().contains("fwd=stale"), "{accept}");
    }
}

#[tokio::test]
async fn it_answers_with_what_it_did() {
    let (origin, edge) = running(false).await;
    origin.put("/page", page(false, "text", "a b"));
    edge.get("/page").await;
    let done = edge.purge(json!({"tags": ["a", "never"], "strength": "soft"})).await;
    assert!(done["microseconds"].is_u64());
    let expected = [
        ("number", json!(1)),
        ("strength", json!("soft")),
        ("all", json!(false)),
        ("tags", json!(2)),
        ("tags_carried", json!(1)),
    ];
    for (name, value) in expected {
        assert_eq!(done[name], value, "{name} in {done}");
    }
    assert_eq!(edge.purge(json!({"all": true})).await["number"], 2);
    assert_eq!(edge.admin("/status").await.json()["purges_by_hand"], 2);
    assert_eq!(edge.metric("edge_purges_total{source=\"hand\",strength=\"hard\"}").await, 1.0);
}

/// The numbers of the feed and those of purges by hand are two things.
#[tokio::test]
async fn it_leaves_the_feeds_numbers_alone() {
    let (origin, edge) = running(false).await;
    origin.put("/page", page(false, "one", "a"));
    for _ in 0..5 {
        edge.purge(json!({"tags": ["a"]})).await;
    }
    edge.get("/page").await;
    assert_eq!(edge.applied(), seq(0));
    let number = origin.write(Purge::hard(&["a"]), &[("/page", page(false, "two", "a"))]);
    edge.has_applied(number).await;
    assert_eq!(edge.get("/page").await.text(), "two");
}

#[tokio::test]
async fn it_outlives_the_epoch_it_was_made_in() {
    let origin = Origin::start().await;
    let build = || EdgeBuilder::new(&origin).set("EDGE_REDIS_WAIT_MS", 2000).set("REDIS_URL", redis_url()).following();
    let edge = build().await;
    origin.put("/page", page(false, "old", "a"));
    edge.get("/page").await;
    in_redis(&edge).await;
    edge.purge(json!({"tags": ["a"]})).await;
    // The same log in a new epoch: what Redis holds of it is found again.
    let before = edge.epoch();
    origin.feed_is(Mood::Status(410));
    crate::support::until("a new epoch", || !std::sync::Arc::ptr_eq(&before, &edge.epoch())).await;
    origin.feed_is(Mood::Well);
    edge.confirmed().await;
    origin.put("/page", page(false, "new", "a"));
    assert_eq!(edge.get("/page").await.text(), "new");
}

async fn in_redis(edge: &TestEdge) {
    eventually("the page is in Redis", async || {
        (edge.metric("edge_regional_total{reason=\"stored\"}").await > 0.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_copy_in_redis_from_before_the_purge_is_not_used() {
    let origin = Origin::start().await;
    let build = || EdgeBuilder::new(&origin).set("EDGE_REDIS_WAIT_MS", 2000).set("REDIS_URL", redis_url()).following();
    for (n, order) in each_way().into_iter().enumerate() {
        origin.renew_log(0);
        let (old, new) = (format!("old {n}"), format!("new {n}"));
        let neighbour = build().await;
        origin.put("/page", page(false, &old, "a"));
        neighbour.get("/page").await;
        in_redis(&neighbour).await;
        origin.put("/page", page(false, &new, "a"));

        let untouched = build().await;
        assert!(untouched.get("/page").await.did().contains("detail=regional"), "Redis was not used");
        let edge = build().await;
        edge.purge(order.clone()).await;
        let reply = edge.get("/page").await;
        assert_eq!(reply.text(), new, "{order}: {reply:?}");

        // What this process has stored there since is as good as any.
        in_redis(&edge).await;
        edge.epoch().memory.invalidate(&TestEdge::key("/page"));
        let reply = edge.get("/page").await;
        assert!(reply.text() == new && reply.did().contains("detail=regional"), "{order}: {reply:?}");
    }
}

#[tokio::test]
async fn only_the_token_opens_it() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").start().await;
    let right = format!("Bearer {PURGE_TOKEN}");
    let order = r#"{"all": true}"#;
    for wrong in [None, Some("Bearer "), Some("Bearer purge-token-of-the-testz"), Some(PURGE_TOKEN), Some(&*format!("{right}x"))]
    {
        let headers: Vec<_> = wrong.map(|value| ("authorization", value)).into_iter().collect();
        let reply = edge.admin_send("POST", "/purge", &headers, order).await;
        reply.assert_problem(401);
        assert_eq!(reply.header("www-authenticate"), "Bearer", "{wrong:?}");
    }
    assert_eq!(edge.admin_send("POST", "/purge", &[("authorization", &right)], order).await.status, 200);
    edge.admin_send("GET", "/purge", &[("authorization", &right)], "").await.assert_problem(405);
    // Readers do not reach it.
    origin.put("/purge", Page::plain("the origin's"));
    assert_eq!(edge.send("POST", "/purge", &[("authorization", &right)], order).await.text(), "the origin's");

    let closed = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").unset("EDGE_PURGE_TOKEN").start().await;
    let reply = closed.admin_send("POST", "/purge", &[("authorization", &right)], order).await;
    reply.assert_problem(404);
    assert!(reply.text().contains("EDGE_PURGE_TOKEN"), "it says how to enable it: {reply:?}");
}

#[tokio::test]
async fn what_it_cannot_do_whole_it_does_not_do_at_all() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FEED", "off").set("EDGE_HOSTS", format!("{HOST},other.test")).start().await;
    let bearer = format!("Bearer {PURGE_TOKEN}");
    let many: Vec<_> = (0..=1000).map(|n| format!("t{n}")).collect();
    let many_urls: Vec<_> = (0..=1000).map(|n| url(&format!("/{n}"))).collect();
    let cases = [
        (400, "not json".to_owned(), ""),
        (400, json!({"tag": ["a"]}).to_string(), "unknown field"),
        (400, json!({"tags": ["a"], "strength": "gone"}).to_string(), "unknown variant"),
        (400, json!({"tags": "a"}).to_string(), "invalid type"),
        (422, json!({}).to_string(), "empty"),
        (422, json!({"tags": ["a", "b c"]}).to_string(), "/tags/1"),
        (422, json!({"tags": many}).to_string(), "too_many"),
        (422, json!({"urls": many_urls}).to_string(), "too_many"),
        (422, json!({"urls": ["/page"]}).to_string(), "/urls/0"),
        (422, json!({"urls": ["ftp://edge.test/"]}).to_string(), "/urls/0"),
        (422, json!({"urls": ["http://elsewhere.test/"]}).to_string(), "not served"),
        (413, format!("{{\"tags\": [\"{}\"]}}", "x".repeat(1024 * 1024)), "limit_bytes"),
    ];
    for (status, body, says) in cases {
        let reply = edge.admin_send("POST", "/purge", &[("authorization", &bearer)], &body).await;
        reply.assert_problem(status);
        assert!(reply.text().contains(says), "{says:?} in {reply:?}");
    }
    assert_eq!(edge.admin("/status").await.json()["purges_by_hand"], 0);
    // At the limit it does.
    let at_limit = edge.purge(json!({"tags": many[1..], "urls": many_urls[1..]})).await;
    assert_eq!(at_limit["tags"], 1000);
    edge.purge(json!({"urls": ["https://OTHER.test"]})).await;
}
