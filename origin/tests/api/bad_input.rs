//! What is wrong is answered clearly, stores nothing, and leaves the process alive.

use std::time::Duration;

use common::{Clock as _, SystemClock};
use http::Method;
use origin::{
    api::limits::{BODY_READ_MS_MAX, QUERY_BYTES_MAX, SMALL_BODY_BYTES_MAX},
    domain::Role,
    photos::pipeline::{DECODES_AT_ONCE_MAX, WAITING_MAX},
};
use serde_json::json;

use crate::{
    client::raw,
    harness::{App, photograph},
};

/// The places bound the memory that uploads take, so one without a place is not even read.
#[tokio::test]
async fn an_upload_without_a_place_is_refused_before_it_is_read() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Author).await;
    let taken: Vec<_> = std::iter::from_fn(|| app.state.pipeline.admit().ok()).collect();
    assert_eq!(taken.len(), WAITING_MAX + DECODES_AT_ONCE_MAX);
    // The body is announced and never sent: whoever waits for it, waits in vain.
    let head = format!(
        "POST /v1/editorial/photographs HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nidempotency-key: k\r\n\
         content-length: 1000000\r\nconnection: close\r\n\r\n",
        ana.token
    );
    let asked = SystemClock.now();
    let answer = raw(app.address, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(SystemClock.now() - asked < Duration::from_millis(BODY_READ_MS_MAX));
    drop(taken);
    let upload = app.post("/v1/editorial/photographs").token(&ana.token).bytes("image/jpeg", photograph());
    upload.send().await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn every_mistake_in_a_body_is_named_at_once() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let post = |target: &str, body: serde_json::Value| app.post(target).token(&ana.token).json(&body).send();
    let review = json!({"camera": "Not A Slug", "locale": "fr", "title": 7, "rating": 101, "body_markdown": "",
        "photographs": [{"sha256": "x", "alt": ""}], "extra": true});
    let got = post("/v1/editorial/reviews", review).await;
    got.problem(422, "validation");
    let expected = [
        "/camera",
        "/locale",
        "/title",
        "/summary",
        "/body_markdown",
        "/rating",
        "/photographs/0/sha256",
        "/photographs/0/alt",
        "/extra",
    ];
    assert_eq!(got.pointers(), expected);

    let camera =
        json!({"maker": "", "model": 3, "kind": "toaster", "state": "broken", "crop_factor": -1, "picture": "x", "slug": "A B"});
    let got = post("/v1/editorial/cameras", camera).await;
    got.problem(422, "validation");
    assert_eq!(got.pointers(), ["/maker", "/model", "/kind", "/state", "/crop_factor", "/picture", "/slug"]);

    let offer =
        json!({"market": "br", "store": 1, "price": {"minor": -5, "currency": "BRL"}, "condition": "old", "url": "http://x"});
    let got = post("/v1/editorial/cameras/x/offers", offer).await;
    got.problem(422, "validation");
    assert_eq!(got.pointers(), ["/market", "/store", "/price", "/condition", "/url"]);

    let editor = json!({"email": "nobody", "role": "king", "password": "short", "name": null});
    let got = post("/v1/editorial/editors", editor).await;
    got.problem(422, "validation");
    assert_eq!(got.pointers(), ["/email", "/name", "/role", "/password"]);

    let got = app.ask(Method::POST, "/v1/editorial/sessions").json(&json!({"email": 1})).send().await;
    got.problem(422, "validation");
    assert_eq!(got.pointers(), ["/email", "/password"]);
    app.stop().await;
}

#[tokio::test]
async fn bodies_that_are_too_large_not_json_or_of_another_type_are_refused() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let target = "/v1/editorial/cameras";
    let post = || app.post(target).token(&ana.token);
    let large = "x".repeat(SMALL_BODY_BYTES_MAX + 1);
    let got = post().bytes("application/json", large.clone()).send().await;
    assert_eq!(got.problem(413, "too-large")["limit_bytes"], SMALL_BODY_BYTES_MAX);
    // Without an announced length it is noticed on the way.
    let head = format!(
        "POST /v1/editorial/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
        large.len()
    );
    let chunked = [head.as_bytes(), large.as_bytes(), b"\r\n0\r\n\r\n"].concat();
    assert!(raw(app.address, &chunked).await.starts_with("HTTP/1.1 413 "));

    for body in ["", "{", "{\"a\":}", "not json", "{} {}"] {
        post().bytes("application/json", body).send().await.problem(400, "not-json");
    }
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    post().bytes("application/json", deep).send().await.problem(400, "not-json");
    post().bytes("application/json", "[]").send().await.problem(422, "validation");
    post().bytes("text/plain", "{}").send().await.problem(415, "unsupported-type");
    post().bytes("application/json; charset=utf-8", "{}").send().await.problem(422, "validation");
    post().bytes("application/json", "{\"maker\": \"a\\u0000b\"}").send().await.problem(422, "validation");
    assert_eq!(app.get("/v1/cameras").send().await.json()["items"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn a_photograph_that_is_none_is_refused_whatever_it_is_called() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Contributor).await;
    let upload = |bytes: Vec<u8>| app.post("/v1/editorial/photographs").token(&ana.token).bytes("image/jpeg", bytes).send();
    upload(b"<html>".to_vec()).await.problem(415, "unsupported-type");
    upload(Vec::new()).await.problem(415, "unsupported-type");
    let whole = photograph();
    upload(whole[..whole.len() / 2].to_vec()).await.problem(422, "validation");
    let mut noise = vec![0xFF, 0xD8, 0xFF];
    noise.extend_from_slice(&[7; 4096]);
    upload(noise).await.problem(422, "validation");
    upload(vec![0; 20 * 1024 * 1024 + 1]).await.problem(413, "too-large");
    upload(whole).await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn paths_that_climb_or_hide_something_are_refused() {
    let app = App::start().await;
    for target in [
        "/v1/../internal/head",
        "/v1/reviews/..",
        "/v1/reviews/%2e%2e",
        "/v1/reviews/a%00b",
        "/media/..%2f..%2fetc/480",
        "/v1/reviews/%ff",
        "/v1/reviews/%4",
        "/v1/reviews/a%0d%0ab",
        "/v1/./reviews",
    ] {
        let got = app.get(target).send().await;
        got.problem(400, "bad-path");
        assert_eq!(got.header("cache-control"), "no-store");
    }
    app.get(&format!("/v1/reviews/{}", "a".repeat(600))).send().await.problem(414, "uri-too-long");
    assert!(raw(app.address, b"GET /v1/reviews/a\0b HTTP/1.1\r\nhost: x\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    assert!(raw(app.address, b"nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    app.get("/v1/reviews").send().await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn queries_are_strict_and_ten_thousand_parameters_cost_nothing() {
    let app = App::start().await;
    let got = app.get("/v1/reviews?colour=red&locale=es&locale=en&limit=0&sort").send().await;
    got.problem(400, "bad-query");
    assert_eq!(got.pointers(), ["?colour", "?locale", "?sort"]);
    let got = app.get("/v1/reviews?limit=0&cursor=x&locale=fr&author=A%20B&include=all").send().await;
    got.problem(400, "bad-query");
    assert_eq!(got.pointers(), ["?author", "?locale", "?limit", "?cursor", "?include"]);
    app.get("/v1/search").send().await.problem(400, "bad-query");
    app.get("/v1/reviews/x?include=camera,author,offers,more").send().await.problem(400, "bad-query");
    app.get("/go/01ARZ3NDEKTSV4RRFFQ69G5FAV?to=https://evil.example").send().await.problem(400, "bad-query");

    let many: String = (0..10_000).map(|_| "a&").collect();
    let got = app.get(&format!("/v1/reviews?{many}")).send().await;
    assert_eq!(got.problem(414, "uri-too-long")["limit_bytes"], QUERY_BYTES_MAX);
    app.get(&format!("/v1/reviews?{}", "a&".repeat(100))).send().await.problem(400, "bad-query");
    let longer: String = (0..10_000).map(|index| format!("p{index}=1&")).collect();
    let head = format!("GET /v1/reviews?{longer} HTTP/1.1\r\nhost: x\r\n\r\n");
    let answer = raw(app.address, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    app.stop().await;
}

#[tokio::test]
async fn headers_that_are_too_large_are_431() {
    let app = App::start().await;
    let name = http::HeaderName::from_static("x-large");
    app.get("/v1/reviews").header(name, &"x".repeat(20_000)).send().await.problem(431, "headers-too-large");
    app.stop().await;
}

#[tokio::test]
async fn methods_without_a_route_are_405_and_paths_without_one_404() {
    let app = App::start().await;
    let got = app.ask(Method::PATCH, "/v1/editorial/reviews").send().await;
    got.problem(405, "method-not-allowed");
    assert_eq!(got.header("allow"), "GET, HEAD, OPTIONS, POST");
    let options = app.ask(Method::OPTIONS, "/v1/editorial/reviews").send().await.expect(204);
    assert_eq!((options.header("allow"), options.header("access-control-allow-origin")), ("GET, HEAD, OPTIONS, POST", ""));
    for target in ["/", "/v1", "/v1/reviews/", "/v1/editorial", "/v2/reviews", "/metrics"] {
        app.get(target).send().await.problem(404, "not-found");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_problem_names_the_callers_trace() {
    let app = App::start().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let got = app.get("/nowhere").header(common::headers::TRACEPARENT, trace).send().await;
    assert_eq!(got.problem(404, "not-found")["instance"], "4bf92f3577b34da6a3ce929d0e0e4736");
    app.stop().await;
}
