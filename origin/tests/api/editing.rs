//! Changes need the version that their author has read.

use http::Method;
use origin::domain::Role;
use serde_json::json;

use crate::harness::App;

#[tokio::test]
async fn a_change_without_if_match_is_428_and_with_an_old_one_412() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let offer = app.offer(&ana, &camera).await.json()["id"].as_str().unwrap().to_owned();
    let review = app.draft(&ana, &camera, "Uma").await;
    let bob = app.editor("bob", Role::Author).await;
    let draft = json!({"title": "Outra", "summary": "S.", "body_markdown": "B."});
    let locale = format!("/v1/editorial/reviews/{}/locales/pt-BR", review.id);
    let changes = [
        (Method::PATCH, format!("/v1/editorial/cameras/{camera}"), json!({"state": "discontinued"})),
        (Method::PATCH, format!("/v1/editorial/offers/{offer}"), json!({"store": "Outra"})),
        (Method::PATCH, format!("/v1/editorial/editors/{}", bob.id), json!({"role": "editor", "name": "Bob"})),
        (Method::POST, format!("/v1/editorial/editors/{}/suspension", bob.id), json!(null)),
        (Method::DELETE, format!("/v1/editorial/editors/{}/suspension", bob.id), json!(null)),
        (Method::PUT, locale.clone(), draft),
        (Method::POST, format!("{locale}/publish"), json!(null)),
        (Method::POST, format!("{locale}/archive"), json!(null)),
        (Method::DELETE, format!("/v1/editorial/offers/{offer}"), json!(null)),
    ];
    for (method, target, body) in changes {
        let ask = || {
            let ask = app.ask(method.clone(), &target).token(&ana.token).json(&body);
            if method == Method::POST { ask.key(&app.unique()) } else { ask }
        };
        ask().send().await.problem(428, "precondition-required");
        for old in ["\"v999\"", "W/\"v1\"", "*", "\"x\""] {
            ask().if_match(old).send().await.problem(412, "stale");
        }
        // What holds now is in the editorial view; suspension and states have theirs above.
        let show = target.trim_end_matches("/suspension").split("/locales/").next().unwrap();
        let present = app.get(show).token(&ana.token).send().await.expect(200).etag();
        let changed = ask().if_match(&present).send().await;
        assert!(changed.status.is_success(), "{method} {target}: {changed:?}");
        assert!(changed.seq() > 0 && changed.header("rcr-log").len() == 26, "{method} {target}");
        assert_eq!(changed.header("cache-control"), "no-store");
        // The same once more is stale: the change has moved the version.
        let again = ask().if_match(&present).send().await;
        assert!(again.status == 412 || again.status == 404, "{method} {target}: {again:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_null_clears() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let body = json!({"maker": "Canon", "model": "EOS R5", "kind": "mirrorless", "state": "announced", "mount": "RF", "crop_factor": 1.0});
    let added = app.post("/v1/editorial/cameras").token(&ana.token).json(&body).send().await.expect(201);
    let target = "/v1/editorial/cameras/canon-eos-r5";
    let patch = json!({"state": "available", "mount": null});
    let changed =
        app.ask(Method::PATCH, target).token(&ana.token).if_match(&added.etag()).json(&patch).send().await.expect(200).json();
    assert_eq!((&changed["state"], &changed["mount"], &changed["crop_factor"]), (&json!("available"), &json!(null), &json!(1.0)));

    let bob = app.editor("bob", Role::Author).await;
    let target = format!("/v1/editorial/editors/{}", bob.id);
    let etag = app.get(&target).token(&ana.token).send().await.etag();
    let patch = json!({"role": "editor", "bio": "Fotógrafo."});
    let changed = app.ask(Method::PATCH, &target).token(&ana.token).if_match(&etag).json(&patch).send().await.expect(200).json();
    assert_eq!((&changed["role"], &changed["bio"], &changed["name"]), (&json!("editor"), &json!("Fotógrafo."), &json!("bob")));
    app.stop().await;
}

#[tokio::test]
async fn two_saves_of_one_version_are_one_save_and_one_412() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Author).await;
    let eva = app.editor("eva", Role::Editor).await;
    let camera = app.camera(&eva, "Canon", "EOS R5").await;
    let review = app.draft(&ana, &camera, "Uma").await;
    let target = format!("/v1/editorial/reviews/{}/locales/pt-BR", review.id);
    let save = |token: &str, title: &str| {
        let body = json!({"title": title, "summary": "S.", "body_markdown": "B."});
        app.ask(Method::PUT, &target).token(token).if_match(&review.etag).json(&body).send()
    };
    let (a, b) = tokio::join!(save(&ana.token, "De Ana"), save(&eva.token, "De Eva"));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    app.stop().await;
}

#[tokio::test]
async fn names_that_are_taken_or_dangling_are_said_by_name() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let again = json!({"maker": "Canon", "model": "EOS R5", "kind": "mirrorless", "state": "available"});
    let taken = app.post("/v1/editorial/cameras").token(&ana.token).json(&again).send().await;
    taken.problem(409, "conflict");
    assert_eq!(taken.pointers(), ["/slug"]);
    let dangling = crate::harness::review_body("no-such-camera", "Uma");
    let dangling = app.post("/v1/editorial/reviews").token(&ana.token).json(&dangling).send().await;
    dangling.problem(422, "validation");
    assert_eq!(dangling.pointers(), ["/camera"]);
    let mut body = crate::harness::review_body(&camera, "Uma");
    body["photographs"] = json!([{"sha256": "0".repeat(64), "alt": "Nada"}]);
    let dangling = app.post("/v1/editorial/reviews").token(&ana.token).json(&body).send().await;
    dangling.problem(422, "validation");
    assert_eq!(dangling.pointers(), ["/photographs"]);
    app.stop().await;
}

/// Readers see a photograph only where it is placed: an image of another would be a hole.
#[tokio::test]
async fn a_text_shows_only_photographs_that_are_placed_in_it() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let upload = app.post("/v1/editorial/photographs").token(&ana.token).bytes("image/jpeg", crate::harness::photograph());
    let sha256 = upload.send().await.expect(201).json()["sha256"].as_str().unwrap().to_owned();
    let mut body = crate::harness::review_body(&camera, "Uma");
    body["body_markdown"] = json!(format!("![a](/media/{sha256}/960) ![b](https://elsewhere.example/b.png)"));
    let begin = |body: &serde_json::Value| app.post("/v1/editorial/reviews").token(&ana.token).json(body).send();
    let refused = begin(&body).await;
    let problem = refused.problem(422, "validation");
    assert_eq!((refused.pointers(), &problem["errors"][0]["code"]), (vec!["/body_markdown".to_owned()], &json!("not_placed")));
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(&sha256), "{problem}");
    body["photographs"] = json!([{"sha256": sha256, "alt": "De frente"}]);
    begin(&body).await.expect(201);
    // Placed, but in a width that there is not.
    body["body_markdown"] = json!(format!("![a](/media/{sha256}/961)"));
    begin(&body).await.problem(422, "validation");
    app.stop().await;
}

/// With one connection for everything: a handler that wants a second one inside of its
/// transaction waits for itself.
#[tokio::test]
async fn no_change_of_an_editor_needs_a_second_connection() {
    let app = App::start_as(|inner| inner, |database| database.pool_connections_max = 1, |_| {}).await;
    let ana = app.editor("ana", Role::Admin).await;
    let target = format!("/v1/editorial/editors/{}", ana.id);
    let etag = app.get(&target).token(&ana.token).send().await.etag();
    let patch = |etag: String| {
        let body = json!({"bio": "Fotógrafa."});
        app.ask(Method::PATCH, &target).token(&ana.token).if_match(&etag).json(&body).send()
    };
    let changed = patch(etag.clone()).await.expect(200);
    assert_eq!(changed.json()["bio"], "Fotógrafa.");
    patch(etag).await.problem(412, "stale");
    patch(changed.etag()).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_last_admin_cannot_be_suspended_and_a_suspended_editor_is_out_at_once() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let bob = app.editor("bob", Role::Author).await;
    let suspend = async |person: &crate::harness::Person| {
        let target = format!("/v1/editorial/editors/{}", person.id);
        let etag = app.get(&target).token(&ana.token).send().await.etag();
        app.post(&format!("{target}/suspension")).token(&ana.token).if_match(&etag).send().await
    };
    suspend(&ana).await.problem(409, "conflict");
    app.get("/v1/editorial/me").token(&bob.token).send().await.expect(200);
    let suspended = suspend(&bob).await.expect(200);
    assert_ne!(suspended.json()["suspended_at"], json!(null));
    app.get("/v1/editorial/me").token(&bob.token).send().await.problem(401, "unauthenticated");
    app.sign_in(&bob.email, crate::harness::PASSWORD).await.problem(401, "bad-credentials");
    let target = format!("/v1/editorial/editors/{}/suspension", bob.id);
    app.ask(Method::DELETE, &target).token(&ana.token).if_match(&suspended.etag()).send().await.expect(200);
    app.sign_in(&bob.email, crate::harness::PASSWORD).await.expect(201);
    app.stop().await;
}
