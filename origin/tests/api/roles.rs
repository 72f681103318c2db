//! Who may call what: every route of the table, every role.

use http::Method;
use origin::{
    api::{
        route::{Access, Needs},
        table::ROUTES,
    },
    domain::{Action, Role},
};
use serde_json::json;

use crate::harness::App;

/// The least role that a route lets in, as api.md has it. Written down here once more, so
/// that a change of the table or of the rules is noticed; a route without a line fails.
#[rustfmt::skip]
const LEAST: &[(&str, &str, Role)] = &[
    ("DELETE", "/v1/editorial/sessions/current", Role::Contributor),
    ("GET", "/v1/editorial/me", Role::Contributor),
    ("GET", "/v1/editorial/editors", Role::Admin),
    ("POST", "/v1/editorial/editors", Role::Admin),
    ("GET", "/v1/editorial/editors/{id}", Role::Admin),
    ("PATCH", "/v1/editorial/editors/{id}", Role::Admin),
    ("POST", "/v1/editorial/editors/{id}/suspension", Role::Admin),
    ("DELETE", "/v1/editorial/editors/{id}/suspension", Role::Admin),
    ("GET", "/v1/editorial/audit", Role::Admin),
    ("POST", "/v1/editorial/cameras", Role::Editor),
    ("GET", "/v1/editorial/cameras/{slug}", Role::Editor),
    ("PATCH", "/v1/editorial/cameras/{slug}", Role::Editor),
    ("POST", "/v1/editorial/cameras/{slug}/offers", Role::Editor),
    ("GET", "/v1/editorial/offers/{id}", Role::Editor),
    ("PATCH", "/v1/editorial/offers/{id}", Role::Editor),
    ("DELETE", "/v1/editorial/offers/{id}", Role::Editor),
    ("GET", "/v1/editorial/reviews", Role::Contributor),
    ("POST", "/v1/editorial/reviews", Role::Contributor),
    ("GET", "/v1/editorial/reviews/{id}", Role::Contributor),
    ("PUT", "/v1/editorial/reviews/{id}/locales/{locale}", Role::Contributor),
    ("POST", "/v1/editorial/reviews/{id}/locales/{locale}/publish", Role::Author),
    ("POST", "/v1/editorial/reviews/{id}/locales/{locale}/archive", Role::Editor),
    ("POST", "/v1/editorial/photographs", Role::Contributor),
    ("GET", "/v1/editorial/changes/{seq}/receipts", Role::Contributor),
];

fn fill(path: &str) -> String {
    let path = path.replace("{slug}", "nothing").replace("{locale}", "pt-BR").replace("{seq}", "999999");
    path.replace("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
}

#[tokio::test]
async fn every_editorial_route_lets_in_exactly_the_roles_of_the_table() {
    let app = App::start().await;
    let mut people = Vec::new();
    for role in Role::ALL {
        people.push((*role, app.editor(role.as_str(), *role).await));
    }
    let editorial = ROUTES.iter().filter(|route| matches!(route.access, Access::Editorial { .. }));
    let mut known = 0;
    for route in editorial {
        let line = LEAST.iter().find(|(method, path, _)| *method == route.method.as_str() && *path == route.path);
        let (_, _, least) = line.unwrap_or_else(|| panic!("{} {} has no line in this test", route.method, route.path));
        known += 1;
        let target = fill(route.path);
        let ask = || {
            let ask = app.ask(route.method.clone(), &target).if_match("\"v1\"").json(&json!({}));
            if route.method == Method::POST { ask.key(&app.unique()) } else { ask }
        };
        let anonymous = ask().send().await;
        anonymous.problem(401, "unauthenticated");
        assert_eq!(anonymous.header("www-authenticate"), "Bearer realm=\"rcr\"");
        ask().token("made-up").send().await.problem(401, "unauthenticated");
        ask().token(crate::harness::EDGE_TOKEN).send().await.problem(401, "unauthenticated");
        for (role, person) in &people {
            // Signing out would end the session that the other routes need.
            let fresh = route.path.ends_with("/current").then(|| app.sign_in(&person.email, crate::harness::PASSWORD));
            let token = match fresh {
                Some(fresh) => fresh.await.expect(201).json()["token"].as_str().unwrap().to_owned(),
                None => person.token.clone(),
            };
            let got = ask().token(&token).send().await;
            assert_eq!(got.header("cache-control"), "no-store", "{} {target}", route.method);
            if *role >= *least {
                assert!(got.status != 401 && got.status != 403, "{} {target} as {role}: {got:?}", route.method);
                assert!(!got.status.is_server_error(), "{} {target} as {role}: {got:?}", route.method);
            } else {
                got.problem(403, "forbidden");
            }
        }
    }
    assert_eq!(known, LEAST.len(), "this test has lines for routes that are gone");
    app.stop().await;
}

#[test]
fn what_a_route_needs_agrees_with_the_roles_of_domain() {
    for route in ROUTES {
        let Access::Editorial { needs, .. } = route.access else { continue };
        let (_, _, least) =
            LEAST.iter().find(|(method, path, _)| *method == route.method.as_str() && *path == route.path).unwrap();
        for role in Role::ALL {
            let may = match needs {
                Needs::Session => true,
                Needs::Action(action) => role.may(action, origin::domain::Ownership::Own),
            };
            assert_eq!(may, *role >= *least, "{} {} as {role}", route.method, route.path);
        }
    }
    assert!(!Action::ALL.is_empty());
}

#[tokio::test]
async fn others_reviews_belong_to_editors_and_ones_own_to_their_author() {
    let app = App::start().await;
    let eva = app.editor("eva", Role::Editor).await;
    let ana = app.editor("ana", Role::Author).await;
    let bob = app.editor("bob", Role::Author).await;
    let cia = app.editor("cia", Role::Contributor).await;
    let camera = app.camera(&eva, "Canon", "EOS R5").await;
    let mut review = app.draft(&ana, &camera, "De Ana").await;
    let mut contributed = app.draft(&cia, &camera, "De Cia").await;

    let show = |review: &crate::harness::Review, token: &str| {
        app.get(&format!("/v1/editorial/reviews/{}", review.id)).token(token).send()
    };
    let save = |review: &crate::harness::Review, token: &str| {
        let body = json!({"title": "T", "summary": "S", "body_markdown": "B"});
        let target = format!("/v1/editorial/reviews/{}/locales/pt-BR", review.id);
        app.ask(Method::PUT, &target).token(token).if_match(&review.etag).json(&body).send()
    };
    show(&review, &bob.token).await.problem(403, "forbidden");
    save(&review, &bob.token).await.problem(403, "forbidden");
    app.step(&bob, &mut review, "publish").await.problem(403, "forbidden");
    app.step(&cia, &mut contributed, "publish").await.problem(403, "forbidden");
    show(&review, &ana.token).await.expect(200);
    show(&review, &eva.token).await.expect(200);

    // One's own list, or everybody's.
    let titles = async |token: &str| {
        let list = app.get("/v1/editorial/reviews").token(token).send().await.json();
        list["items"].as_array().unwrap().len()
    };
    assert_eq!((titles(&bob.token).await, titles(&ana.token).await, titles(&eva.token).await), (0, 1, 2));

    app.step(&ana, &mut review, "publish").await.expect(200);
    app.step(&ana, &mut review, "archive").await.problem(403, "forbidden");
    app.step(&eva, &mut review, "archive").await.expect(200);
    app.step(&eva, &mut contributed, "publish").await.expect(200);
    app.stop().await;
}
