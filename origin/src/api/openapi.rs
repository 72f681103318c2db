//! `openapi.json`: OpenAPI 3.1, made from the handlers. A golden file (`origin/openapi.json`)
//! holds the reviewed version; a test compares them, and the routes with the table.

use std::sync::LazyLock;

use bytes::Bytes;
use common::{Problem, headers::PROBLEM_JSON};
use http::StatusCode;
use utoipa::{
    OpenApi as _,
    openapi::{
        OpenApi, RefOr, Response, Schema,
        schema::SchemaType,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{editorial as e, internal as i, problem, public as p};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "RandomCameraReviews",
        description = "Reviews of cameras. Errors are problem+json (RFC 9457). \
        Public answers may be stored: see their Cache-Control, CDN-Cache-Control and Surrogate-Key."
    ),
    paths(
        p::reviews::list,
        p::reviews::show,
        p::cameras::list,
        p::cameras::show,
        p::editors::show,
        p::search::run,
        p::openapi::show,
        p::media::show,
        p::go::redirect,
        e::sessions::open,
        e::sessions::close,
        e::me::show,
        e::editors::list,
        e::editors::add,
        e::editors::show,
        e::editors::change,
        e::editors::suspend,
        e::editors::reinstate,
        e::audit::list,
        e::cameras::add,
        e::cameras::show,
        e::cameras::change,
        e::offers::add,
        e::offers::show,
        e::offers::change,
        e::offers::withdraw,
        e::reviews::list,
        e::reviews::begin,
        e::reviews::show,
        e::locales::save,
        e::locales::publish,
        e::locales::archive,
        e::photographs::upload,
        e::changes::receipts,
        i::feed::follow,
        i::head::show,
        i::pages::list,
        i::receipts::record,
    )
)]
struct Documentation;

static JSON: LazyLock<Result<Bytes, String>> = LazyLock::new(|| {
    let mut text = document().to_pretty_json().map_err(|error| error.to_string())?;
    text.push('\n');
    Ok(text.into())
});

/// The document as it is served.
///
/// # Errors
/// When it cannot be written, which the golden test excludes.
pub fn json() -> Result<Bytes, Problem> {
    JSON.clone().map_err(|error| problem::internal(&error))
}

pub fn document() -> OpenApi {
    let mut document = Documentation::openapi();
    let components = document.components.get_or_insert_default();
    for (name, description) in [("session", "The token of a sign-in."), ("edge", "The token of an edge.")] {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build();
        components.security_schemes.insert(name.to_owned(), RefOr::T(SecurityScheme::Http(scheme)));
    }
    // Handlers have short names in their own modules; clients' generators want unique ones.
    for (path, item) in &mut document.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
                for (status, response) in &mut operation.responses.responses {
                    if let RefOr::T(response) = response {
                        complete(status, response);
                    }
                }
            }
        }
    }
    let components = document.components.get_or_insert_default();
    // Absent is null, never missing: of what we send, every member is required. What we are
    // sent is called …Input or …Patch.
    for (name, schema) in &mut components.schemas {
        if !name.ends_with("Input") && !name.ends_with("Patch") {
            require_all(schema);
        }
    }
    document
}

/// `get_v1_reviews_slug`: of what never changes.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(method).chain(words).collect::<Vec<_>>().join("_")
}

/// What every response of a status has in common is written once: OpenAPI wants a description
/// of each, and errors are problems.
fn complete(status: &str, response: &mut Response) {
    let Ok(status) = status.parse::<StatusCode>() else { return };
    if response.description.is_empty() {
        status.canonical_reason().unwrap_or_default().clone_into(&mut response.description);
    }
    if let Some(content) = response.content.swap_remove("application/json") {
        let is_error = status.is_client_error() || status.is_server_error();
        response.content.insert(if is_error { PROBLEM_JSON } else { "application/json" }.to_owned(), content);
    }
}

fn require_all(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) if matches!(object.schema_type, SchemaType::Type(_)) => {
            object.required = object.properties.keys().cloned().collect();
        }
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(require_all),
        _ => {}
    }
}
