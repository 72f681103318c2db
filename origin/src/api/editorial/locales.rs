//! A review in one language: save, publish, archive.

use std::collections::HashMap;

use common::Problem;
use http::StatusCode;

use super::{inputs::DraftInput, manuscript};
use crate::{
    api::{
        auth::Actor,
        conditional::{ETag, if_match, stale},
        form::Form,
        problem,
        reply::Reply,
        route::Call,
        views::{self, editorial::EditorialReviewView},
    },
    domain::{Action, Locale, ReviewId, RevisionId, Version},
    store::reviews,
};

/// What a change is about, checked as far as can be before it begins: who may do it, and
/// whether it is of the version that its author has read. The write judges again, under its
/// lock.
struct Target {
    id: ReviewId,
    locale: Locale,
    version: Version,
    manuscripts: HashMap<RevisionId, String>,
}

async fn target(call: &Call, actor: &Actor, action: Action) -> Result<Target, Problem> {
    let id = call.path.parse("id", ReviewId::parse)?;
    let locale = call.path.parse("locale", str::parse::<Locale>)?;
    let version = if_match(&call.headers)?;
    let review = manuscript::present(call, id).await?;
    actor.may_on(action, review.author_id)?;
    if review.version != version {
        return Err(stale(&ETag::version(review.version)));
    }
    let manuscripts = manuscript::manuscripts(call, &review).await?;
    Ok(Target { id, locale, version, manuscripts })
}

/// Save a draft. What readers see stays as it is.
#[utoipa::path(put, path = "/v1/editorial/reviews/{id}/locales/{locale}", tag = "editing", security(("session" = [])),
    params(("id" = String, Path), ("locale" = String, Path), ("If-Match" = String, Header)), request_body = DraftInput,
    responses((status = 200, body = EditorialReviewView), (status = 412, body = views::Problem), (status = 422, body = views::Problem),
        (status = 428, body = views::Problem), (status = 503, body = views::Problem)))]
pub async fn save(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let Target { id, locale, version, mut manuscripts } = target(&call, &actor, Action::WriteDraft).await?;
    let mut form = Form::parse(&call.body)?;
    let text = manuscript::Text::read(&mut form);
    let text = form.finish(text)?;
    let (draft, markdown) = text.store(&call, &actor, id, locale).await?;
    manuscripts.insert(draft.revision, markdown);
    let mut tx = call.write(&actor).await?;
    let review = reviews::save_draft(&mut tx, id, version, &draft).await.map_err(problem::from_store)?;
    let reply = manuscript::reply(&call, StatusCode::OK, review, &manuscripts)?;
    call.commit(tx, reply).await
}

/// Publish the draft: readers see it from now on.
#[utoipa::path(post, path = "/v1/editorial/reviews/{id}/locales/{locale}/publish", tag = "editing", security(("session" = [])),
    params(("id" = String, Path), ("locale" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = EditorialReviewView), (status = 403, body = views::Problem), (status = 409, body = views::Problem),
        (status = 412, body = views::Problem), (status = 428, body = views::Problem)))]
pub async fn publish(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let Target { id, locale, version, manuscripts } = target(&call, &actor, Action::Publish).await?;
    let mut tx = call.write(&actor).await?;
    let review = reviews::publish(&mut tx, id, locale, version).await.map_err(problem::from_store)?;
    let reply = manuscript::reply(&call, StatusCode::OK, review, &manuscripts)?;
    call.commit(tx, reply).await
}

/// Take a language away from readers for good. The text stays with its editors.
#[utoipa::path(post, path = "/v1/editorial/reviews/{id}/locales/{locale}/archive", tag = "editing", security(("session" = [])),
    params(("id" = String, Path), ("locale" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = EditorialReviewView), (status = 403, body = views::Problem), (status = 409, body = views::Problem),
        (status = 412, body = views::Problem), (status = 428, body = views::Problem)))]
pub async fn archive(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let Target { id, locale, version, manuscripts } = target(&call, &actor, Action::Archive).await?;
    let mut tx = call.write(&actor).await?;
    let review = reviews::archive(&mut tx, id, locale, version).await.map_err(problem::from_store)?;
    let reply = manuscript::reply(&call, StatusCode::OK, review, &manuscripts)?;
    call.commit(tx, reply).await
}
