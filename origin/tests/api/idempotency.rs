//! The same POST twice is done once and answered twice.

use http::Method;
use origin::{
    api::{route::Access, table::ROUTES},
    domain::Role,
};
use serde_json::json;

use crate::harness::{App, photograph, review_body};

#[tokio::test]
async fn a_repeated_post_gets_the_same_answer_and_does_nothing() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let body = review_body(&camera, "Uma");
    let ask = || app.ask(Method::POST, "/v1/editorial/reviews").token(&ana.token).key("k1").json(&body);
    let first = ask().send().await.expect(201);
    let second = ask().send().await.expect(201);
    assert_eq!(second.body, first.body);
    for name in ["rcr-seq", "rcr-log", "etag", "location", "content-type", "cache-control"] {
        assert_eq!(second.header(name), first.header(name), "{name}");
        assert!(!first.header(name).is_empty(), "{name}");
    }
    let list = app.get("/v1/editorial/reviews").token(&ana.token).send().await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);

    // Another body under the key, or another address: refused.
    let other = app.ask(Method::POST, "/v1/editorial/reviews").token(&ana.token).key("k1").json(&review_body(&camera, "Outra"));
    other.send().await.problem(422, "idempotency-key-reused");
    let elsewhere =
        app.ask(Method::POST, "/v1/editorial/photographs").token(&ana.token).key("k1").bytes("image/jpeg", photograph());
    elsewhere.send().await.problem(422, "idempotency-key-reused");
    // Somebody else's key of the same name is another key.
    let eva = app.editor("eva", Role::Editor).await;
    let theirs = app.ask(Method::POST, "/v1/editorial/reviews").token(&eva.token).key("k1").json(&review_body(&camera, "De Eva"));
    theirs.send().await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn a_replay_answers_even_after_the_version_has_moved_on() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let review = app.draft(&ana, &camera, "Uma").await;
    let target = format!("/v1/editorial/reviews/{}/locales/pt-BR/publish", review.id);
    let ask = || app.ask(Method::POST, &target).token(&ana.token).key("publish-1").if_match(&review.etag);
    let first = ask().send().await.expect(200);
    let second = ask().send().await.expect(200);
    assert_eq!((second.seq(), second.etag(), second.body), (first.seq(), first.etag(), first.body));
    app.stop().await;
}

#[tokio::test]
async fn a_post_that_changes_nothing_is_answered_again_too() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let ask = |key: &str| {
        app.ask(Method::POST, "/v1/editorial/photographs").token(&ana.token).key(key).bytes("image/jpeg", photograph())
    };
    let first = ask("a").send().await.expect(201);
    // The same photograph once more, and that request once more.
    let second = ask("b").send().await.expect(201);
    let third = ask("b").send().await.expect(201);
    assert_eq!((&second.body, &third.body), (&first.body, &first.body));
    assert!(first.seq() > 0);
    app.stop().await;
}

#[tokio::test]
async fn concurrent_requests_with_one_key_do_the_work_once() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let body = review_body(&camera, "Uma");
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..16 {
        racing.spawn(app.ask(Method::POST, "/v1/editorial/reviews").token(&ana.token).key("race").json(&body).send());
    }
    let mut bodies = std::collections::BTreeSet::new();
    for got in racing.join_all().await {
        match got.status.as_u16() {
            201 => drop(bodies.insert(got.body.to_vec())),
            409 => {
                got.problem(409, "in-flight");
                assert!(!got.header("retry-after").is_empty());
            }
            _ => panic!("{got:?}"),
        }
    }
    assert_eq!(bodies.len(), 1);
    let list = app.get("/v1/editorial/reviews").token(&ana.token).send().await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_failed_post_frees_its_key() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let body = review_body("canon-eos-r5", "Uma");
    let ask = || app.ask(Method::POST, "/v1/editorial/reviews").token(&ana.token).key("k").json(&body).send();
    ask().await.problem(422, "validation");
    app.camera(&ana, "Canon", "EOS R5").await;
    // The key is freed behind the answer: until then it counts as in flight.
    let got = loop {
        let got = ask().await;
        if got.status != 409 {
            break got;
        }
    };
    got.expect(201);
    app.stop().await;
}

/// A plain digest of the body would let whoever sees the table try passwords at the speed of
/// SHA-256.
#[tokio::test]
async fn a_password_leaves_no_digest_of_itself_behind() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let body = |password: &str| json!({"email": "new@rcr.test", "name": "Neu", "role": "author", "password": password});
    let ask =
        |password: &str| app.ask(Method::POST, "/v1/editorial/editors").token(&ana.token).key("k").json(&body(password)).send();
    let first = ask("a long enough password").await.expect(201);
    assert_eq!(ask("a long enough password").await.expect(201).body, first.body);
    ask("another long password").await.problem(422, "idempotency-key-reused");

    let (parts, ()) = http::Request::builder().method(Method::POST).uri("/v1/editorial/editors").body(()).unwrap().into_parts();
    let body = body("a long enough password").to_string();
    let plain = origin::api::idempotency::fingerprint(&parts, body.as_bytes());
    let stored: Vec<u8> = sqlx::query_scalar("SELECT fingerprint FROM idempotency_keys WHERE key = 'k'")
        .fetch_one(app.state.db.pool())
        .await
        .unwrap();
    assert_eq!(stored.len(), plain.0.len());
    assert_ne!(stored, plain.0);
    app.stop().await;
}

#[tokio::test]
async fn every_post_but_sign_in_wants_a_key() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    for route in ROUTES.iter().filter(|route| route.method == Method::POST) {
        let Access::Editorial { .. } = route.access else { continue };
        let target = route.path.replace("{slug}", "x").replace("{locale}", "es").replace("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
        app.ask(Method::POST, &target).token(&ana.token).json(&json!({})).send().await.problem(400, "idempotency-key-missing");
        let long = "k".repeat(129);
        for bad in ["", "a b", long.as_str()] {
            let got = app.ask(Method::POST, &target).token(&ana.token).key(bad).json(&json!({})).send().await;
            got.problem(400, "idempotency-key-missing");
        }
    }
    app.stop().await;
}
