//! This API, described.

use common::Problem;
use http::HeaderValue;

use crate::{
    api::{
        openapi,
        route::{Answer, Read},
    },
    domain::tags::Tags,
};

/// This description.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "meta", responses((status = 200, description = "OpenAPI 3.1.")))]
pub async fn show(_read: Read) -> Result<Answer, Problem> {
    let json = HeaderValue::from_static("application/json");
    Ok(Answer::found(json, openapi::json()?, Tags::all(), "en"))
}
