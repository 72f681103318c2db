//! Signing in and out.

use std::sync::Arc;

use common::{SystemClock, entropy::SystemEntropy, forwarded::X_FORWARDED_FOR};
use http::{Method, StatusCode};
use origin::{
    api::{limiter::Limiter, limits::SIGN_IN_ACCOUNT_MAX, shared::Shared},
    domain::{Role, Sha256},
    store::sessions,
};
use serde_json::json;

use crate::harness::{App, PASSWORD};

#[tokio::test]
async fn a_session_lasts_until_it_is_ended_or_over() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Author).await;
    let me = app.get("/v1/editorial/me").token(&ana.token).send().await.expect(200).json();
    assert_eq!((&me["email"], &me["role"]), (&json!("ana@rcr.test"), &json!("author")));
    assert!(me.get("password_hash").is_none());

    let other = app.sign_in("ANA@rcr.test", PASSWORD).await.expect(201).json();
    let other_token = other["token"].as_str().unwrap();
    assert!(other_token.len() >= 43, "256 bits");
    app.ask(Method::DELETE, "/v1/editorial/sessions/current").token(other_token).send().await.expect(204);
    app.get("/v1/editorial/me").token(other_token).send().await.problem(401, "unauthenticated");
    app.get("/v1/editorial/me").token(&ana.token).send().await.expect(200);

    let past = common::Timestamp::parse("2020-01-01T00:00:00Z").unwrap();
    sessions::set_expiry(&app.state.db, Sha256::of(ana.token.as_bytes()), past).await.unwrap();
    app.get("/v1/editorial/me").token(&ana.token).send().await.problem(401, "unauthenticated");
    app.stop().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Author).await;
    let mut wrong = app.sign_in(&ana.email, "wrong").await.problem(401, "bad-credentials");
    let mut unknown = app.sign_in("nobody@rcr.test", "wrong").await.problem(401, "bad-credentials");
    for problem in [&mut wrong, &mut unknown] {
        problem["instance"] = json!(null);
    }
    assert_eq!(wrong, unknown);
    app.stop().await;
}

#[tokio::test]
async fn guessing_is_rate_limited_per_account() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Author).await;
    let bob = app.editor("bob", Role::Author).await;
    for attempt in 0..SIGN_IN_ACCOUNT_MAX {
        let got = app.sign_in(&ana.email, "wrong").await;
        got.problem(401, "bad-credentials");
        assert!(
            got.header("ratelimit").starts_with(&format!("\"account\";r={};t=", SIGN_IN_ACCOUNT_MAX - attempt - 1)),
            "{got:?}"
        );
    }
    // Even the right password has to wait now, however the address is written.
    let limited = app.sign_in("Ana@RCR.test", PASSWORD).await;
    limited.problem(429, "rate-limited");
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(limited.header("ratelimit-policy"), format!("\"account\";q={SIGN_IN_ACCOUNT_MAX};w=60"));
    app.sign_in(&bob.email, PASSWORD).await.expect(201);
    app.stop().await;
}

/// An edge passes sign-ins on for many readers, and says for whom.
#[tokio::test]
async fn readers_behind_an_edge_are_limited_each_by_itself() {
    let limit = |shared: &mut Shared| {
        shared.sign_in_by_peer = Limiter::new("peer", 1, 60, Arc::new(SystemClock), &SystemEntropy);
    };
    let app = App::start_as(|manuscripts| manuscripts, |_| {}, limit).await;
    let attempt = async |forwarded_for: &str| {
        let body = json!({"email": "nobody@rcr.test", "password": "wrong"});
        let ask = app.ask(Method::POST, "/v1/editorial/sessions").header(X_FORWARDED_FOR, forwarded_for);
        ask.json(&body).send().await.status
    };
    for client in ["192.0.2.1", "6.6.6.6, 192.0.2.2"] {
        assert_eq!((attempt(client).await, attempt(client).await), (StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS));
    }
    app.stop().await;
}

#[tokio::test]
async fn an_admin_adds_an_editor_who_can_sign_in_and_reads_it_in_the_audit_log() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let body = json!({"email": "zoe@rcr.test", "name": "Zoé Sá", "role": "author", "password": "a long enough password"});
    let added = app.post("/v1/editorial/editors").token(&ana.token).json(&body).send().await.expect(201).json();
    assert_eq!((&added["slug"], &added["role"], &added["bio"]), (&json!("zoe-sa"), &json!("author"), &json!("")));
    app.sign_in("zoe@rcr.test", "a long enough password").await.expect(201);
    app.get("/v1/editors/zoe-sa").send().await.expect(200);
    let listed = app.get("/v1/editorial/editors?limit=1").token(&ana.token).send().await.expect(200).json();
    assert_eq!((listed["items"][0]["slug"].as_str(), listed["links"]["next"].is_string()), (Some("ana"), true));
    let audit = app.get("/v1/editorial/audit").token(&ana.token).send().await.expect(200).json();
    let actions: Vec<_> = audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"editor.added") && actions.contains(&"session.opened"), "{actions:?}");
    app.stop().await;
}
