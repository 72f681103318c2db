//! Cameras, managed.

use common::Problem;
use http::{HeaderValue, StatusCode, header};

use super::inputs::{CameraInput, CameraPatch};
use crate::{
    api::{
        auth::Actor,
        conditional::{ETag, if_match},
        form::{self, Form, Mistake},
        limits::NAME_CHARS_MAX,
        problem,
        reply::Reply,
        route::Call,
        views::{self, camera::CameraView},
    },
    domain::{Camera, CameraId, CameraKind, CameraState, Sha256, Slug, camera::CameraFacts},
    store::{Snapshot, cameras},
};

const CROP_FACTOR_MAX: f64 = 100.0;

/// Add a camera.
#[utoipa::path(post, path = "/v1/editorial/cameras", tag = "cameras", security(("session" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = CameraInput,
    responses((status = 201, body = CameraView), (status = 409, body = views::Problem), (status = 422, body = views::Problem)))]
pub async fn add(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let mut form = Form::parse(&call.body)?;
    let maker = form.required("maker", form::line(NAME_CHARS_MAX));
    let model = form.required("model", form::line(NAME_CHARS_MAX));
    let kind = form.required("kind", form::parsed(str::parse::<CameraKind>));
    let state = form.required("state", form::parsed(str::parse::<CameraState>));
    let mount = form.optional("mount", form::line(NAME_CHARS_MAX));
    let crop_factor = form.optional("crop_factor", crop_factor);
    let picture = form.optional("picture", form::parsed(Sha256::parse));
    let name = maker.as_ref().zip(model.as_ref()).map(|(maker, model)| format!("{maker} {model}"));
    let slug = form::slug_or(&mut form, name.as_deref());
    let facts =
        (|| Some(CameraFacts { maker: maker?, model: model?, kind: kind?, mount, crop_factor, state: state?, picture }))();
    let (facts, slug) = form.finish(facts.zip(slug))?;

    let mut tx = call.write(&actor).await?;
    let added = cameras::upsert(&mut tx, CameraId(call.new_id()), &slug, &facts, None).await.map_err(problem::from_store)?;
    let location = HeaderValue::try_from(format!("/v1/cameras/{slug}")).map_err(|error| problem::internal(&error))?;
    let reply = reply(&call, StatusCode::CREATED, added)?.header(header::LOCATION, location);
    call.commit(tx, reply).await
}

/// Show a camera with its ETag, for a change.
#[utoipa::path(get, path = "/v1/editorial/cameras/{slug}", tag = "cameras", security(("session" = [])),
    params(("slug" = String, Path)), responses((status = 200, body = CameraView), (status = 404, body = views::Problem)))]
pub async fn show(call: Call, _actor: Actor) -> Result<Reply, Problem> {
    let slug = call.path.parse("slug", Slug::parse)?;
    let camera = find(&call, &slug).await?;
    reply(&call, StatusCode::OK, camera)
}

/// Change a camera.
#[utoipa::path(patch, path = "/v1/editorial/cameras/{slug}", tag = "cameras", security(("session" = [])),
    params(("slug" = String, Path), ("If-Match" = String, Header)), request_body = CameraPatch,
    responses((status = 200, body = CameraView), (status = 412, body = views::Problem), (status = 428, body = views::Problem)))]
pub async fn change(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let slug = call.path.parse("slug", Slug::parse)?;
    let version = if_match(&call.headers)?;
    let mut form = Form::parse(&call.body)?;
    form.refuse_empty();
    let maker = form.optional("maker", form::line(NAME_CHARS_MAX));
    let model = form.optional("model", form::line(NAME_CHARS_MAX));
    let kind = form.optional("kind", form::parsed(str::parse::<CameraKind>));
    let state = form.optional("state", form::parsed(str::parse::<CameraState>));
    let mount = form.change("mount", form::line(NAME_CHARS_MAX));
    let crop_factor = form.change("crop_factor", crop_factor);
    let picture = form.change("picture", form::parsed(Sha256::parse));
    form.finish(Some(()))?;

    // Read outside of the transaction, but of the version that the change insists on.
    let present = find(&call, &slug).await?;
    let facts = CameraFacts {
        maker: maker.unwrap_or(present.maker),
        model: model.unwrap_or(present.model),
        kind: kind.unwrap_or(present.kind),
        mount: mount.unwrap_or(present.mount),
        crop_factor: crop_factor.unwrap_or(present.crop_factor),
        state: state.unwrap_or(present.state),
        picture: picture.unwrap_or(present.picture),
    };
    let mut tx = call.write(&actor).await?;
    let changed = cameras::upsert(&mut tx, present.id, &slug, &facts, Some(version)).await.map_err(problem::from_store)?;
    call.commit(tx, reply(&call, StatusCode::OK, changed)?).await
}

async fn find(call: &Call, slug: &Slug) -> Result<Camera, Problem> {
    let mut snapshot = Snapshot::begin(&call.state.db).await.map_err(problem::from_store)?;
    let camera = cameras::by_slug(&mut snapshot, slug).await.map_err(problem::from_store)?;
    snapshot.end().await;
    camera.ok_or_else(|| Problem::new(crate::api::kinds::NOT_FOUND))
}

fn reply(call: &Call, status: StatusCode, camera: Camera) -> Result<Reply, Problem> {
    let etag = ETag::version(camera.version);
    Ok(Reply::json(status, &CameraView::new(camera, &call.state.media))?.etag(etag))
}

fn crop_factor(value: &serde_json::Value) -> Result<f64, Mistake> {
    let number = value.as_f64().ok_or_else(|| Mistake::new("type", "Expected a number."))?;
    if number > 0.0 && number <= CROP_FACTOR_MAX {
        return Ok(number);
    }
    Err(Mistake::new("out_of_range", format!("Must be above 0 and at most {CROP_FACTOR_MAX}.")))
}
