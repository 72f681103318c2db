//! Published reviews.

use std::{collections::BTreeSet, sync::Arc};

use common::Problem;
use http::StatusCode;

use super::include;
use crate::{
    api::{
        kinds, pages, problem,
        query::Query,
        route::{Answer, Read},
        views::{
            self,
            review::{ReviewListView, ReviewSummaryView, ReviewView},
        },
    },
    domain::{Locale, Market, PublishedSummary, RevisionId, Slug, tags},
    state::AppState,
    store::published::{self, Found, ReviewFilter},
};

pub const LIST_PARAMS: &[&str] = &["author", "camera", "locale", "limit", "cursor", "include"];
pub const PAGE_PARAMS: &[&str] = &["locale", "include", "market"];

/// What an answer without content is written in.
const ENGLISH: &str = "en";

/// Reviews, the newest first.
#[utoipa::path(get, path = "/v1/reviews", tag = "reviews",
    params(("author" = Option<String>, Query, description = "An author's slug."),
        ("camera" = Option<String>, Query, description = "A camera's slug."),
        ("locale" = Option<String>, Query, description = "`pt-BR`, `es` or `en`; without it each review appears in its first language."),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query),
        ("include" = Option<String>, Query, description = "`camera`, `author`, separated by commas.")),
    responses((status = 200, body = ReviewListView), (status = 400, body = views::Problem)))]
pub async fn list(read: Read) -> Result<Answer, Problem> {
    let Read { state, opening, mut query, uri_path, .. } = read;
    let filter = ReviewFilter {
        author: query.read("author", |text| Slug::parse(text).map_err(|error| error.to_string())),
        camera: query.read("camera", |text| Slug::parse(text).map_err(|error| error.to_string())),
        locale: locale(&mut query),
    };
    let request = pages::request(&mut query);
    let parts = include::read(&mut query, include::OF_LIST);
    query.check()?;
    let mut snapshot = opening.begin().await?;
    let page = published::list(&mut snapshot, &filter, &request).await.map_err(problem::from_store)?;
    let (included, more_tags) = include::load(&mut snapshot, &parts, &page.items, None, &state.media).await?;
    snapshot.end().await;

    let tags = tags::of_review_list(&page.items, filter.author.as_ref(), filter.camera.as_ref()).and(more_tags);
    let language = languages(&page.items, filter.locale);
    let links = pages::links(&uri_path, &query, page.next.as_ref(), page.prev.as_ref());
    let items = page.items.into_iter().map(|review| ReviewSummaryView::new(review, &state.media)).collect();
    let view = ReviewListView { items, links, included };
    Ok(Answer::json(&view, tags, language)?.links(&view.links))
}

/// A review's page.
#[utoipa::path(get, path = "/v1/reviews/{slug}", tag = "reviews",
    params(("slug" = String, Path), ("locale" = Option<String>, Query, description = "The review's first language by default."),
        ("market" = Option<String>, Query, description = "Whose offers to include: ISO 3166-1 alpha-2."),
        ("include" = Option<String>, Query, description = "`camera`, `author`, `offers`, separated by commas.")),
    responses((status = 200, body = ReviewView), (status = 301, description = "The slug has changed."),
        (status = 404, body = views::Problem), (status = 503, body = views::Problem)))]
pub async fn show(read: Read) -> Result<Answer, Problem> {
    let Read { state, opening, path, mut query, .. } = read;
    let slug = path.parse("slug", Slug::parse)?;
    let locale = locale(&mut query);
    let market = market(&mut query);
    let parts = include::read(&mut query, include::OF_PAGE);
    query.check()?;
    let mut snapshot = opening.begin().await?;
    let review = match published::by_slug(&mut snapshot, &slug, locale).await.map_err(problem::from_store)? {
        Found::Review(review) => *review,
        Found::Moved { id, to } => {
            let tags = tags::of_review_elsewhere(&slug, id);
            return Answer::moved(StatusCode::MOVED_PERMANENTLY, &query.onto(&format!("/v1/reviews/{to}")), tags);
        }
        Found::OtherLocales { id, locales } => {
            let locales: Vec<&str> = locales.into_iter().map(Locale::as_str).collect();
            let problem = Problem::new(kinds::NOT_FOUND).detail("Not published in this language.").extension("locales", locales);
            return Ok(Answer::absent(problem, tags::of_review_elsewhere(&slug, id)));
        }
        Found::Nothing => return Ok(Answer::absent(Problem::new(kinds::NOT_FOUND), tags::of_review_absent(&slug))),
    };
    let shown = std::slice::from_ref(&review.summary);
    let (included, more_tags) = include::load(&mut snapshot, &parts, shown, market, &state.media).await?;
    // The connection is given back before another store is waited for.
    snapshot.end().await;
    let html = html(&state, review.revision).await?;
    let tags = tags::of_review(&review).and(more_tags);
    let language = review.summary.locale.as_str().to_owned();
    Answer::json(&ReviewView::new(review, html.as_ref().to_owned(), included, &state.media), tags, language)
}

/// A revision as readers get it.
async fn html(state: &AppState, revision: RevisionId) -> Result<Arc<str>, Problem> {
    if let Some(html) = state.api.rendering.kept(revision) {
        return Ok(html);
    }
    let manuscript = state.manuscripts.get(revision.0).await.map_err(problem::from_manuscripts)?;
    let rendered = state.api.rendering.render(&state.renderer, manuscript.markdown).await?;
    let html: Arc<str> = rendered.map_err(|error| problem::internal(&error))?.html.into();
    state.api.rendering.keep(revision, &html);
    Ok(html)
}

/// `?locale=`.
pub fn locale(query: &mut Query) -> Option<Locale> {
    query.read("locale", |text| text.parse::<Locale>().map_err(|error| crate::api::form::sentence(&error.to_string())))
}

/// `?market=`.
pub fn market(query: &mut Query) -> Option<Market> {
    query.read("market", |text| Market::parse(text).map_err(|error| crate::api::form::sentence(&error.to_string())))
}

/// The languages of a list's items.
pub fn languages(items: &[PublishedSummary], asked: Option<Locale>) -> String {
    let shown: BTreeSet<&str> = items.iter().map(|item| item.locale.as_str()).chain(asked.map(Locale::as_str)).collect();
    if shown.is_empty() { ENGLISH.to_owned() } else { shown.into_iter().collect::<Vec<_>>().join(", ") }
}
