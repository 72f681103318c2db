//! What edges see: head, feed, receipts; and what the admin port says.

use common::sse::{Decoder, Message};
use http::{Method, header};
use http_body_util::BodyExt as _;
use origin::domain::Role;
use serde_json::json;

use crate::harness::{App, EDGE_TOKEN};

#[tokio::test]
async fn the_internal_routes_want_an_edges_token() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    for (method, target) in [
        (Method::GET, "/internal/head"),
        (Method::GET, "/internal/feed"),
        (Method::GET, "/internal/pages"),
        (Method::POST, "/internal/receipts"),
    ] {
        app.ask(method.clone(), target).send().await.problem(401, "unauthenticated");
        app.ask(method, target).token(&ana.token).send().await.problem(401, "unauthenticated");
    }
    let head = app.get("/internal/head").token(EDGE_TOKEN).send().await.expect(200);
    let value = head.json();
    assert_eq!(value["seq"], 1);
    assert_eq!((head.header("cache-control"), value.get("from")), ("no-store", None));
    app.get("/internal/head").token("another-token-during-rotation").send().await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_feed_begins_with_a_head_and_tells_of_the_next_write() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let response = app.get("/internal/feed?back=1").token(EDGE_TOKEN).open().await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut body = response.into_body();
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    while messages.len() < 2 {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        decoder.push(&frame, &mut messages).unwrap();
    }
    assert!(matches!(&messages[0], Message::Head(head) if head.from.is_some_and(|from| from.get() == 0)), "{messages:?}");
    assert!(matches!(&messages[1], Message::Change(event) if event.kind == "editor.added"), "{messages:?}");
    app.camera(&ana, "Canon", "EOS R5").await;
    while !messages.iter().any(|message| matches!(message, Message::Change(event) if event.kind == "camera.added")) {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        decoder.push(&frame, &mut messages).unwrap();
    }

    let resume = |after: &str| app.get("/internal/feed").token(EDGE_TOKEN).header(common::headers::LAST_EVENT_ID, after).send();
    resume("999").await.problem(410, "log-gone");
    resume("x").await.problem(400, "bad-request");
    app.get("/internal/feed?back=x").token(EDGE_TOKEN).send().await.problem(400, "bad-query");
    app.get("/internal/feed?from=1").token(EDGE_TOKEN).send().await.problem(400, "bad-query");
    app.stop().await;
}

#[tokio::test]
async fn receipts_of_edges_come_out_by_region() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let head = app.get("/internal/head").token(EDGE_TOKEN).send().await.json();
    let report = json!({"process": app.unique(), "region": "eu", "log": head["log"], "rtt_ms": 0.0, "seq": 1,
        "applied": [{"seq": 1, "held_ms": 0.0}]});
    let post = |body: &serde_json::Value| app.ask(Method::POST, "/internal/receipts").token(EDGE_TOKEN).json(body).send();
    post(&report).await.expect(204);
    let got = app.get("/v1/editorial/changes/1/receipts").token(&ana.token).send().await.expect(200).json();
    assert_eq!((&got["seq"], &got["kind"]), (&json!(1), &json!("editor.added")));
    let region = &got["regions"][0];
    assert_eq!((&region["region"], &region["applied"], &region["processes"]), (&json!("eu"), &json!(true), &json!(1)));
    assert!(region["applied_ms"].as_f64().is_some_and(|ms| ms >= 0.0));
    app.get("/v1/editorial/changes/999/receipts").token(&ana.token).send().await.problem(404, "not-found");
    app.get("/v1/editorial/changes/0/receipts").token(&ana.token).send().await.problem(404, "not-found");
    app.get("/v1/editorial/changes/x/receipts").token(&ana.token).send().await.problem(404, "not-found");

    // A later edge may say more.
    let mut later = report.clone();
    later["more"] = json!(1);
    post(&later).await.expect(204);
    for (name, value) in [("region", json!("EU!")), ("rtt_ms", json!(-1)), ("process", json!("x"))] {
        let mut wrong = report.clone();
        wrong[name] = value;
        post(&wrong).await.problem(422, "validation");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_admin_port_tells_health_readiness_and_counters() {
    let app = App::start().await;
    app.get("/v1/reviews").send().await.expect(200);
    let admin = |target: &str| crate::client::Ask::new(app.admin, Method::GET, target).send();
    assert_eq!(&admin("/healthz").await.expect(200).body[..], b"ok\n");
    assert_eq!(&admin("/readyz").await.expect(200).body[..], b"ready\n");
    let metrics = String::from_utf8(admin("/metrics").await.expect(200).body.to_vec()).unwrap();
    let counted = "origin_http_requests_total{method=\"GET\",route=\"/v1/reviews\",status=\"200\"} 1";
    for expected in [
        counted,
        "origin_http_request_duration_seconds_bucket",
        "origin_feed_connections 0",
        "origin_writes_total 0",
        "origin_head_seq 0",
    ] {
        assert!(metrics.contains(expected), "{expected} in {metrics}");
    }
    app.state.db.close().await;
    admin("/readyz").await.expect(503);
    app.stop().await;
}

#[tokio::test]
async fn edges_learn_which_pages_there_are() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let mut review = app.draft(&ana, &camera, "Seen by all").await;
    let draft = app.draft(&ana, &camera, "Seen by nobody").await;
    let list = || app.get("/internal/pages").token(EDGE_TOKEN);
    let before = list().send().await.expect(200);
    assert_eq!(before.json(), json!({"pages": [format!("/v1/cameras/{camera}")], "next": null}));
    let same = list().header(header::IF_NONE_MATCH, &before.etag()).send().await;
    assert_eq!((same.status.as_u16(), same.etag()), (304, before.etag()));

    app.publish(&ana, &mut review).await.expect(200);
    let after = list().header(header::IF_NONE_MATCH, &before.etag()).send().await.expect(200).json();
    let mut pages: Vec<_> = after["pages"].as_array().unwrap().iter().map(|page| page.as_str().unwrap().to_owned()).collect();
    assert!(!pages.iter().any(|page| page.contains(&draft.slug)));
    assert_eq!(pages.len(), 2);
    // What is told is what readers find.
    for page in &pages {
        app.get(page).send().await.expect(200);
    }
    // Coded for who takes it, under a tag of its own, which is as good to ask by.
    let coded = list().header(header::ACCEPT_ENCODING, "zstd").send().await.expect(200);
    assert_eq!(coded.header("content-encoding"), if coded.body.len() < 512 { "" } else { "zstd" });
    let same = list().header(header::ACCEPT_ENCODING, "zstd").header(header::IF_NONE_MATCH, &coded.etag()).send().await;
    assert_eq!(same.status.as_u16(), 304);
    // The list goes on behind any of its pages.
    pages.sort_by_key(|page| page.rsplit('/').next().unwrap().to_owned());
    let behind = app.get(&format!("/internal/pages?after={camera},")).token(EDGE_TOKEN).send().await.expect(200).json();
    assert_eq!(behind["pages"], json!([&pages[1]]));
    for wrong in ["x", "x,xx", "..,en"] {
        app.get(&format!("/internal/pages?after={wrong}")).token(EDGE_TOKEN).send().await.problem(400, "bad-query");
    }
    app.stop().await;
}
