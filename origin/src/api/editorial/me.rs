//! Who am I.

use common::Problem;
use http::StatusCode;

use crate::api::{
    auth::Actor,
    conditional::ETag,
    reply::Reply,
    route::Call,
    views::{self, editorial::EditorView},
};

/// The editor who is signed in.
#[utoipa::path(get, path = "/v1/editorial/me", tag = "sessions", security(("session" = [])),
    responses((status = 200, body = EditorView), (status = 401, body = views::Problem)))]
pub async fn show(_call: Call, actor: Actor) -> Result<Reply, Problem> {
    let editor = (*actor.editor).clone();
    let etag = ETag::version(editor.version);
    Ok(Reply::json(StatusCode::OK, &EditorView::from(editor))?.etag(etag))
}
