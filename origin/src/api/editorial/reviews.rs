//! Reviews, as their editors begin and see them.

use std::collections::HashMap;

use common::Problem;
use http::{HeaderValue, StatusCode, header};

use super::{inputs::ReviewInput, manuscript};
use crate::{
    api::{
        auth::Actor,
        form::{self, Form},
        pages, problem,
        reply::Reply,
        route::Call,
        views::{
            self,
            editorial::{EditorialListView, EditorialReviewView, EditorialSummaryView},
        },
    },
    domain::{Action, Locale, Ownership, ReviewId, Slug, review::NewReview},
    store::{Snapshot, editorial, reviews},
};

/// Reviews, the latest begun first: one's own, or everybody's for those who may edit them.
#[utoipa::path(get, path = "/v1/editorial/reviews", tag = "editing", security(("session" = [])),
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = EditorialListView), (status = 401, body = views::Problem)))]
pub async fn list(mut call: Call, actor: Actor) -> Result<Reply, Problem> {
    let request = pages::request(&mut call.query);
    call.query.check()?;
    let everybodys = actor.editor.role.may(Action::WriteDraft, Ownership::Others);
    let author = (!everybodys).then(|| actor.id());
    let mut snapshot = Snapshot::begin(&call.state.db).await.map_err(problem::from_store)?;
    let page = editorial::list(&mut snapshot, author, &request).await.map_err(problem::from_store)?;
    snapshot.end().await;
    let links = pages::links("/v1/editorial/reviews", &call.query, page.next.as_ref(), page.prev.as_ref());
    let view = EditorialListView { items: page.items.into_iter().map(EditorialSummaryView::from).collect(), links };
    Ok(pages::linked(Reply::json(StatusCode::OK, &view)?, &view.links))
}

/// Begin a review with its first draft.
#[utoipa::path(post, path = "/v1/editorial/reviews", tag = "editing", security(("session" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = ReviewInput,
    responses((status = 201, body = EditorialReviewView), (status = 409, body = views::Problem),
        (status = 422, body = views::Problem), (status = 503, body = views::Problem)))]
pub async fn begin(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let mut form = Form::parse(&call.body)?;
    let camera = form.required("camera", form::parsed(Slug::parse));
    let locale = form.required("locale", form::parsed(str::parse::<Locale>));
    let text = manuscript::Text::read(&mut form);
    let slug = form::slug_or(&mut form, text.as_ref().map(|text| text.title.as_str()));
    let (((camera, locale), text), slug) = form.finish(camera.zip(locale).zip(text).zip(slug))?;

    let id = ReviewId(call.new_id());
    let (draft, markdown) = text.store(&call, &actor, id, locale).await?;
    let new = NewReview { id, slug, camera, author: actor.id() };
    let mut tx = call.write(&actor).await?;
    let review = reviews::create(&mut tx, &new, &draft).await.map_err(problem::from_store)?;
    let location = HeaderValue::try_from(format!("/v1/editorial/reviews/{id}")).map_err(|error| problem::internal(&error))?;
    let manuscripts = HashMap::from([(draft.revision, markdown)]);
    let reply = manuscript::reply(&call, StatusCode::CREATED, review, &manuscripts)?.header(header::LOCATION, location);
    call.commit(tx, reply).await
}

/// A review with all its languages and drafts.
#[utoipa::path(get, path = "/v1/editorial/reviews/{id}", tag = "editing", security(("session" = [])),
    params(("id" = String, Path)),
    responses((status = 200, body = EditorialReviewView), (status = 403, body = views::Problem), (status = 404, body = views::Problem)))]
pub async fn show(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let id = call.path.parse("id", ReviewId::parse)?;
    let review = manuscript::present(&call, id).await?;
    actor.may_on(Action::WriteDraft, review.author_id)?;
    let manuscripts = manuscript::manuscripts(&call, &review).await?;
    manuscript::reply(&call, StatusCode::OK, review, &manuscripts)
}
