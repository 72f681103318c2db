//! Authors' pages.

use common::Problem;

use super::reviews::{languages, locale};
use crate::{
    api::{
        kinds, pages, problem,
        route::{Answer, Read},
        views::{self, editor::AuthorPageView, review::ReviewSummaryView},
    },
    domain::{Slug, tags},
    store::{
        editors,
        published::{self, ReviewFilter},
    },
};

pub const PAGE_PARAMS: &[&str] = &["locale", "limit", "cursor"];

/// An author's profile and reviews.
#[utoipa::path(get, path = "/v1/editors/{slug}", tag = "authors",
    params(("slug" = String, Path), ("locale" = Option<String>, Query), ("limit" = Option<u16>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = AuthorPageView), (status = 404, body = views::Problem)))]
pub async fn show(read: Read) -> Result<Answer, Problem> {
    let Read { state, opening, path, mut query, uri_path, .. } = read;
    let slug = path.parse("slug", Slug::parse)?;
    let locale = locale(&mut query);
    let request = pages::request(&mut query);
    query.check()?;
    let mut snapshot = opening.begin().await?;
    let profile = editors::profile(&mut snapshot, &slug).await.map_err(problem::from_store)?;
    let Some(profile) = profile else {
        return Ok(Answer::absent(Problem::new(kinds::NOT_FOUND), tags::of_author(&slug)));
    };
    let filter = ReviewFilter { author: Some(slug.clone()), camera: None, locale };
    let page = published::list(&mut snapshot, &filter, &request).await.map_err(problem::from_store)?;
    snapshot.end().await;
    let tags = tags::of_author(&slug).and(tags::of_review_list(&page.items, Some(&slug), None));
    let language = languages(&page.items, locale);
    let links = pages::links(&uri_path, &query, page.next.as_ref(), page.prev.as_ref());
    let reviews = page.items.into_iter().map(|review| ReviewSummaryView::new(review, &state.media)).collect();
    let view = AuthorPageView { author: profile.into(), reviews, links };
    Ok(Answer::json(&view, tags, language)?.links(&view.links))
}
