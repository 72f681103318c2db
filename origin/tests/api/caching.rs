//! The cache contract, for every public route of the table.

use http::Method;
use origin::{
    api::{query::no_vary_search, route::Access, table::ROUTES},
    domain::Role,
};

use crate::harness::{App, photograph};

/// An address with content and one without, for each public route; a new route without an
/// entry fails the test.
struct Examples {
    found: Vec<(&'static str, String)>,
    absent: Vec<(&'static str, String)>,
}

async fn examples(app: &App) -> Examples {
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let offer = app.offer(&ana, &camera).await.json()["id"].as_str().unwrap().to_owned();
    let upload = app.post("/v1/editorial/photographs").token(&ana.token).bytes("image/jpeg", photograph()).send().await;
    let sha256 = upload.expect(201).json()["sha256"].as_str().unwrap().to_owned();
    let mut body = crate::harness::review_body(&camera, "Canon EOS R5");
    body["photographs"] = serde_json::json!([{"sha256": sha256, "alt": "De frente"}]);
    let begun = app.post("/v1/editorial/reviews").token(&ana.token).json(&body).send().await.expect(201);
    let text = |name: &str| begun.json()[name].as_str().unwrap().to_owned();
    let mut review = crate::harness::Review { id: text("id"), slug: text("slug"), etag: begun.etag() };
    app.publish(&ana, &mut review).await;
    Examples {
        found: vec![
            ("/v1/reviews", "/v1/reviews?locale=pt-BR".to_owned()),
            ("/v1/reviews/{slug}", format!("/v1/reviews/{}", review.slug)),
            ("/v1/cameras", "/v1/cameras".to_owned()),
            ("/v1/cameras/{slug}", format!("/v1/cameras/{camera}")),
            ("/v1/editors/{slug}", "/v1/editors/ana".to_owned()),
            ("/v1/search", "/v1/search?q=silencioso".to_owned()),
            ("/v1/openapi.json", "/v1/openapi.json".to_owned()),
            ("/media/{sha256}/{width}", format!("/media/{sha256}/960")),
            ("/go/{offer}", format!("/go/{offer}")),
        ],
        absent: vec![
            ("/v1/reviews", "/v1/reviews?author=nobody".to_owned()),
            ("/v1/reviews/{slug}", "/v1/reviews/nothing".to_owned()),
            ("/v1/cameras", "/v1/cameras?maker=Nobody".to_owned()),
            ("/v1/cameras/{slug}", "/v1/cameras/nothing".to_owned()),
            ("/v1/editors/{slug}", "/v1/editors/nobody".to_owned()),
            ("/v1/search", "/v1/search?q=inexistente".to_owned()),
            ("/media/{sha256}/{width}", format!("/media/{}/480", "0".repeat(64))),
            ("/go/{offer}", "/go/01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned()),
        ],
    }
}

#[tokio::test]
async fn every_public_route_renders_the_whole_contract() {
    let app = App::start().await;
    let examples = examples(&app).await;
    for route in ROUTES {
        let Access::Public { policy, .. } = route.access else { continue };
        let (_, target) = examples.found.iter().find(|(path, _)| *path == route.path).expect(route.path);
        let got = app.get(target).send().await;
        assert!(got.status.is_success() || got.status == 302, "{target}: {}", got.status);
        assert_eq!(got.header("cache-control"), policy.browser(), "{target}");
        assert_eq!(got.header("cdn-cache-control"), policy.edge(), "{target}");
        assert!(got.header("surrogate-key").split(' ').any(|tag| tag == "all"), "{target}");
        assert!(got.header("cache-tag").split(',').any(|tag| tag == "all"), "{target}");
        assert!(got.header("rcr-as-of").parse::<u64>().is_ok_and(|number| number > 0), "{target}");
        assert_eq!(got.header("rcr-log").len(), 26, "{target}");
        assert!(got.etag().starts_with('"') && got.etag().len() > 20, "{target}");
        assert!(got.header("last-modified").ends_with(" GMT"), "{target}");
        assert!(!got.header("content-language").is_empty(), "{target}");
        assert_eq!(got.header("no-vary-search"), no_vary_search(route.query), "{target}");
        assert_eq!(got.header("access-control-allow-origin"), "*", "{target}");
        assert_eq!(got.header("access-control-expose-headers"), "ETag, Cache-Status, Rcr-Seq, Rcr-As-Of", "{target}");
        // Only where it is true: what is short, or no text, is never coded.
        let codable = got.body.len() >= 512 && got.header("content-type").ends_with("json");
        assert_eq!(got.header("vary"), if codable { "accept-encoding" } else { "" }, "{target}");

        // With credentials it is the same answer.
        let authorised = app.get(target).token("whoever").send().await;
        assert_eq!((&authorised.body, authorised.etag()), (&got.body, got.etag()), "{target}");
        assert_eq!(authorised.header("cache-control"), policy.browser(), "{target}");

        // HEAD is GET without the body.
        let head = app.ask(Method::HEAD, target).send().await;
        assert_eq!((head.status, head.etag(), head.body.len()), (got.status, got.etag(), 0), "{target}");
        if got.status == 200 {
            assert_eq!(head.header("content-length"), got.body.len().to_string(), "{target}");
            // A 304 renews a copy: number, log and tags are there.
            let again = app.get(target).header(http::header::IF_NONE_MATCH, &got.etag()).send().await.expect(304);
            assert!(again.body.is_empty());
            for name in [
                "rcr-as-of",
                "rcr-log",
                "surrogate-key",
                "cache-tag",
                "etag",
                "cache-control",
                "cdn-cache-control",
                "no-vary-search",
            ] {
                assert_eq!(again.header(name), got.header(name), "{target} {name}");
            }
        }

        let options = app.ask(Method::OPTIONS, target).send().await.expect(204);
        assert_eq!(options.header("allow"), "GET, HEAD, OPTIONS", "{target}");
        assert_eq!(options.header("access-control-allow-methods"), "GET, HEAD, OPTIONS", "{target}");
        let refused = app.ask(Method::PUT, target).send().await;
        refused.problem(405, "method-not-allowed");
        assert_eq!((refused.header("allow"), refused.header("cache-control")), ("GET, HEAD, OPTIONS", "no-store"), "{target}");
    }
    app.stop().await;
}

#[tokio::test]
async fn absence_is_content_with_tags_and_a_number() {
    let app = App::start().await;
    let examples = examples(&app).await;
    for (path, target) in &examples.absent {
        let got = app.get(target).send().await;
        if got.status == 200 {
            assert_eq!(got.json()["items"], serde_json::json!([]), "{target}");
        } else {
            got.problem(404, "not-found");
            assert!(got.header("cdn-cache-control").starts_with("max-age=60,"), "{target}");
        }
        assert!(got.header("surrogate-key").split(' ').count() >= 2, "{path}: {}", got.header("surrogate-key"));
        assert!(!got.header("rcr-as-of").is_empty() && !got.header("rcr-log").is_empty(), "{target}");
    }
    // What has no legal spelling can never exist, and is nobody's content.
    for target in ["/v1/reviews/Not%20A%20Slug", "/go/x", "/media/x/480", "/v1/nowhere", "/"] {
        let got = app.get(target).send().await;
        got.problem(404, "not-found");
        assert_eq!((got.header("cache-control"), got.header("surrogate-key")), ("no-store", ""), "{target}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_list_includes_each_camera_and_author_once() {
    let app = App::start().await;
    let (ana, eva) = (app.editor("ana", Role::Editor).await, app.editor("eva", Role::Editor).await);
    let (nikon, canon) = (app.camera(&ana, "Nikon", "Z8").await, app.camera(&ana, "Canon", "EOS R5").await);
    app.camera(&ana, "Sony", "A7").await;
    for (author, camera, title) in [(&eva, &nikon, "Uma"), (&ana, &canon, "Duas"), (&ana, &nikon, "Três")] {
        let mut review = app.draft(author, camera, title).await;
        app.publish(author, &mut review).await;
    }
    let got = app.get("/v1/reviews?include=author,camera").send().await.expect(200);
    let included = &got.json()["included"];
    let slugs = |of: &str| -> Vec<String> {
        included[of].as_array().unwrap().iter().map(|one| one["slug"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((slugs("cameras"), slugs("authors")), (vec![canon, nikon], vec!["ana".to_owned(), "eva".to_owned()]));
    assert!(got.header("surrogate-key").split(' ').any(|tag| tag == "author:eva"));
    let none = app.get("/v1/reviews?author=nobody&include=author,camera").send().await.expect(200).json();
    assert_eq!((&none["included"]["cameras"], &none["included"]["authors"]), (&serde_json::json!([]), &serde_json::json!([])));
    app.stop().await;
}

/// Its entity tag too: an edge that revalidates a stored absence gets the same one.
#[tokio::test]
async fn an_absence_is_the_same_for_every_reader() {
    let app = App::start().await;
    for target in ["/v1/reviews/nothing", "/v1/cameras/nothing", "/go/01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
        let (first, second) = (app.get(target).send().await, app.get(target).send().await);
        first.problem(404, "not-found");
        assert_eq!((first.etag(), &first.body), (second.etag(), &second.body), "{target}");
    }
    app.stop().await;
}

/// Without a database it is still refused for what it is.
#[tokio::test]
async fn what_cannot_be_asked_costs_the_database_nothing() {
    let app = App::start().await;
    app.state.db.close().await;
    for target in ["/v1/reviews?limit=0", "/v1/cameras?cursor=x", "/v1/search", "/v1/editors/a?locale=xx"] {
        app.get(target).send().await.problem(400, "bad-query");
    }
    for target in ["/v1/reviews/Not%20A%20Slug", "/media/x/480", "/go/x"] {
        app.get(target).send().await.problem(404, "not-found");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_entity_tag_follows_the_content_and_not_the_number() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let target = format!("/v1/cameras/{camera}");
    let before = app.get(&target).send().await;
    app.camera(&ana, "Nikon", "Z8").await;
    let other_write = app.get(&target).send().await;
    assert_eq!(other_write.etag(), before.etag());
    assert_ne!(other_write.header("rcr-as-of"), before.header("rcr-as-of"));
    app.offer(&ana, &camera).await;
    assert_ne!(app.get(&target).send().await.etag(), before.etag());
    app.get(&target).header(http::header::IF_NONE_MATCH, &before.etag()).send().await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_reader_can_insist_on_a_write_and_not_on_one_that_never_was() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Editor).await;
    app.camera(&ana, "Canon", "EOS R5").await;
    let head = app.get("/v1/cameras").send().await;
    let (seq, log) = (head.header("rcr-as-of").parse::<u64>().unwrap(), head.header("rcr-log").to_owned());
    let ask = |min_seq: String, log: Option<&str>| {
        let ask = app.get("/v1/cameras").header(common::headers::RCR_MIN_SEQ, &min_seq);
        match log {
            Some(log) => ask.header(common::headers::RCR_LOG, log),
            None => ask,
        }
    };
    ask(seq.to_string(), None).send().await.expect(200);
    ask(seq.to_string(), Some(&log)).send().await.expect(200);
    ask((seq + 1).to_string(), Some("01ARZ3NDEKTSV4RRFFQ69G5FAV")).send().await.expect(200);
    ask((seq + 1).to_string(), None).send().await.problem(400, "bad-min-seq");
    ask((seq + 1).to_string(), Some(&log)).send().await.problem(400, "bad-min-seq");
    for malformed in ["-1", "1.5", "many", "99999999999999999999"] {
        ask(malformed.to_owned(), None).send().await.problem(400, "bad-min-seq");
    }
    app.stop().await;
}
