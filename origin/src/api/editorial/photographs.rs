//! Uploading photographs.

use common::Problem;
use http::{HeaderValue, StatusCode, header};

use crate::{
    api::{
        auth::Actor,
        kinds, problem,
        reply::Reply,
        route::Call,
        views::{self, photograph::UploadView},
    },
    domain::Photograph,
    photos::{
        PhotoError, Variant,
        pipeline::{CONTENT_TYPE, UPLOAD_BYTES_MAX},
    },
    store::photographs,
};

/// Upload a photograph: JPEG, PNG or WebP, as its bytes say. Everything but the pixels is
/// dropped.
#[utoipa::path(post, path = "/v1/editorial/photographs", tag = "photographs", security(("session" = [])),
    params(("Idempotency-Key" = String, Header)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = UploadView), (status = 413, body = views::Problem), (status = 415, body = views::Problem),
        (status = 422, body = views::Problem), (status = 503, body = views::Problem)))]
pub async fn upload(mut call: Call, actor: Actor) -> Result<Reply, Problem> {
    let Some(place) = call.place.take() else { return Err(problem::internal(&"an upload without a place")) };
    // Moved, not copied: the bytes go when they are decoded.
    let upload = std::mem::take(&mut call.body);
    let processed = call.state.pipeline.process_at(place, upload).await.map_err(refused)?;
    call.state.photos.put_all(&processed).await.map_err(problem::from_objects)?;
    let photograph = Photograph {
        sha256: processed.id,
        width: processed.width,
        height: processed.height,
        content_type: CONTENT_TYPE.to_owned(),
        uploader: actor.id(),
        widths: Variant::widths(),
    };
    let location = format!("/media/{}/{}", photograph.sha256, photograph.widths.last().copied().unwrap_or_default());
    let location = HeaderValue::try_from(location).map_err(|error| problem::internal(&error))?;
    let reply =
        Reply::json(StatusCode::CREATED, &UploadView::new(&photograph, &call.state.media))?.header(header::LOCATION, location);
    let mut tx = call.write(&actor).await?;
    if photographs::add(&mut tx, &photograph).await.map_err(problem::from_store)? {
        return call.commit(tx, reply).await;
    }
    // The same bytes were here already: nothing changed, so there is no number to take.
    drop(tx);
    call.answered(reply).await
}

/// What the pipeline said, as a problem.
pub fn refused(error: PhotoError) -> Problem {
    let detail = crate::api::form::sentence(&error.to_string());
    match error {
        PhotoError::TooManyBytes { .. } => {
            Problem::new(kinds::TOO_LARGE).detail(detail).extension("limit_bytes", UPLOAD_BYTES_MAX)
        }
        PhotoError::NotAPhotograph => Problem::new(kinds::UNSUPPORTED_TYPE).detail(detail),
        PhotoError::TooManyPixels { .. } => problem::invalid("", "too_many_pixels", detail),
        PhotoError::Truncated => problem::invalid("", "truncated", detail),
        PhotoError::Broken(why) => {
            tracing::info!(why, "a photograph could not be decoded");
            problem::invalid("", "broken", detail)
        }
        PhotoError::Busy => problem::unavailable().detail(detail),
    }
}
