//! Search.

use common::Problem;

use super::reviews::locale;
use crate::{
    api::{
        pages, problem,
        route::{Answer, Read},
        views::{
            self,
            review::{ReviewSummaryView, SearchView},
        },
    },
    domain::{Locale, tags},
    store::search::{self, QUERY_BYTES_MAX},
};

pub const PARAMS: &[&str] = &["q", "locale", "limit", "cursor"];

/// The newsroom's own language: never the reader's, which the address does not say.
const LOCALE_DEFAULT: Locale = Locale::PtBr;

/// Search in published reviews of one language.
#[utoipa::path(get, path = "/v1/search", tag = "reviews",
    params(("q" = String, Query, description = "Words, \"phrases\", `or`, `-not`."),
        ("locale" = Option<String>, Query, description = "`pt-BR` by default; the answer says which."),
        ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = SearchView), (status = 400, body = views::Problem)))]
pub async fn run(read: Read) -> Result<Answer, Problem> {
    let Read { state, opening, mut query, uri_path, .. } = read;
    if query.get("q").is_none() {
        query.mistake("q", "required", "Is required.");
    }
    let words = query.read("q", |text| {
        let fits = !text.trim().is_empty() && text.len() <= QUERY_BYTES_MAX;
        if fits { Ok(text.trim().to_owned()) } else { Err(format!("Expected 1 to {QUERY_BYTES_MAX} bytes.")) }
    });
    let locale = locale(&mut query).unwrap_or(LOCALE_DEFAULT);
    let request = pages::request(&mut query);
    query.check()?;
    let words = words.unwrap_or_default();
    let mut snapshot = opening.begin().await?;
    let page = search::search(&mut snapshot, &words, locale, &request).await.map_err(problem::from_store)?;
    snapshot.end().await;
    let links = pages::links(&uri_path, &query, page.next.as_ref(), page.prev.as_ref());
    let reviews: Vec<_> = page.items.into_iter().map(|hit| hit.review).collect();
    let tags = tags::of_search(&reviews);
    let items = reviews.into_iter().map(|review| ReviewSummaryView::new(review, &state.media)).collect();
    let view = SearchView { locale, items, links };
    Ok(Answer::json(&view, tags, locale.as_str())?.links(&view.links))
}
