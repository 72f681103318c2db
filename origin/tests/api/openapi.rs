//! The description of the API is the reviewed one, and whole.

use origin::{
    api::{body::Accepts, openapi, route::Access, table::ROUTES},
    domain::Role,
};
use serde_json::{Value, json};

use crate::harness::App;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_golden_file_is_what_the_code_says() {
    let made = String::from_utf8(openapi::json().unwrap().to_vec()).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &made).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(made == golden, "origin/openapi.json is not up to date: UPDATE_GOLDEN=1 rewrites it, then review the difference");
}

#[test]
fn every_route_is_described_with_its_parameters_and_nothing_else_is() {
    let document: Value = serde_json::from_slice(&openapi::json().unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described += 1;
            let route = ROUTES.iter().find(|route| route.path == path && route.method.as_str().eq_ignore_ascii_case(method));
            let route = route.unwrap_or_else(|| panic!("{method} {path} is described and does not exist"));
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let named = |place: &str| -> Vec<String> {
                let of_place = parameters.iter().filter(|parameter| parameter["in"] == place);
                let mut names: Vec<String> = of_place.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect();
                names.sort_unstable();
                names
            };
            let mut known: Vec<&str> = route.query.to_vec();
            known.sort_unstable();
            assert_eq!(named("query"), known, "{method} {path}");
            let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let mut in_path: Vec<&str> = in_path.collect();
            in_path.sort_unstable();
            assert_eq!(named("path"), in_path, "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(response["description"].is_string(), "{method} {path} {status}");
                let is_error = status.as_str() >= "400";
                let types = response["content"].as_object().map(|content| content.keys().cloned().collect::<Vec<_>>());
                assert_eq!(types == Some(vec!["application/problem+json".to_owned()]), is_error, "{method} {path} {status}");
            }
        }
    }
    assert_eq!(described, ROUTES.len(), "a route is not described");
}

#[test]
fn every_reference_leads_somewhere_and_operation_ids_are_unique() {
    let document: Value = serde_json::from_slice(&openapi::json().unwrap()).unwrap();
    let mut references = Vec::new();
    let mut ids = Vec::new();
    walk(&document, &mut references, &mut ids);
    for reference in &references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "operation ids repeat: client generators need them unique");
}

/// The handlers read bodies member by member, so nothing else holds the description to them.
#[tokio::test]
async fn every_described_body_is_what_the_handler_takes() {
    let app = App::start().await;
    let ana = app.editor("ana", Role::Admin).await;
    let camera = app.camera(&ana, "Canon", "EOS R5").await;
    let review = app.draft(&ana, &camera, "Uma").await;
    let document: Value = serde_json::from_slice(&openapi::json().unwrap()).unwrap();
    for route in ROUTES {
        let takes_json = match route.access {
            Access::Editorial { accepts, .. } => matches!(accepts, Accepts::Json(_) | Accepts::SecretJson(_)),
            Access::SignIn { .. } => true,
            Access::Public { .. } | Access::Edge { .. } => false,
        };
        if !takes_json {
            continue;
        }
        let method = route.method.as_str().to_lowercase();
        let body = &document["paths"][route.path][&method]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let schema =
            document.pointer(body.as_str().unwrap_or_else(|| panic!("{method} {}", route.path)).trim_start_matches('#')).unwrap();
        let target = route.path.replace("{slug}", &camera).replace("{locale}", "pt-BR").replace("{id}", &review.id);
        let refused = async |body: Value| {
            let ask = app.ask(route.method.clone(), &target).token(&ana.token).key(&app.unique()).if_match(&review.etag);
            let got = ask.json(&body).send().await;
            got.problem(422, "validation");
            got.pointers()
        };
        // Wrong in every member: each is known, and named once; another is not.
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let mut wrong: serde_json::Map<String, Value> = names.iter().map(|name| ((*name).clone(), json!({"wrong": 1}))).collect();
        wrong.insert("zzz".to_owned(), json!(1));
        let mut expected: Vec<String> = names.iter().map(|name| format!("/{name}")).chain(["/zzz".to_owned()]).collect();
        expected.sort_unstable();
        let mut found = refused(Value::Object(wrong)).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{method} {}", route.path);
        // Empty: the required ones are missing.
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        if !required.is_empty() {
            let mut expected: Vec<String> = required.iter().map(|name| format!("/{}", name.as_str().unwrap())).collect();
            expected.sort_unstable();
            let mut found = refused(json!({})).await;
            found.sort_unstable();
            assert_eq!(found, expected, "{method} {}", route.path);
        }
    }
    app.stop().await;
}

fn walk(value: &Value, references: &mut Vec<String>, ids: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            ids.extend(members.get("operationId").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|value| walk(value, references, ids));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, references, ids)),
        _ => {}
    }
}
