//! Cameras and where to buy them.

use common::Problem;

use super::reviews::market;
use crate::{
    api::{
        kinds, pages, problem,
        route::{Answer, Read},
        views::{
            self,
            camera::{CameraListView, CameraPageView, CameraView},
        },
    },
    domain::{CameraState, Slug, tags},
    store::cameras::{self, CameraFilter},
};

pub const LIST_PARAMS: &[&str] = &["state", "maker", "limit", "cursor"];
pub const PAGE_PARAMS: &[&str] = &["market"];

/// Names are proper nouns and codes; what is written around them is English.
const LANGUAGE: &str = "en";
const MAKER_CHARS_MAX: usize = 100;

/// Cameras, by slug.
#[utoipa::path(get, path = "/v1/cameras", tag = "cameras",
    params(("state" = Option<String>, Query, description = "`announced`, `available` or `discontinued`."),
        ("maker" = Option<String>, Query), ("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = CameraListView), (status = 400, body = views::Problem)))]
pub async fn list(read: Read) -> Result<Answer, Problem> {
    let Read { state, opening, mut query, uri_path, .. } = read;
    let filter = CameraFilter {
        maker: query.read("maker", |text| {
            let fits = !text.is_empty() && text.chars().count() <= MAKER_CHARS_MAX;
            if fits { Ok(text.to_owned()) } else { Err(format!("Expected 1 to {MAKER_CHARS_MAX} characters.")) }
        }),
        state: query
            .read("state", |text| text.parse::<CameraState>().map_err(|error| crate::api::form::sentence(&error.to_string()))),
    };
    let request = pages::request(&mut query);
    query.check()?;
    let mut snapshot = opening.begin().await?;
    let page = cameras::list(&mut snapshot, &filter, &request).await.map_err(problem::from_store)?;
    snapshot.end().await;
    let tags = tags::of_camera_list(page.items.iter().map(|camera| &camera.slug));
    let links = pages::links(&uri_path, &query, page.next.as_ref(), page.prev.as_ref());
    let items = page.items.into_iter().map(|camera| CameraView::new(camera, &state.media)).collect();
    let view = CameraListView { items, links };
    Ok(Answer::json(&view, tags, LANGUAGE)?.links(&view.links))
}

/// A camera with its offers.
#[utoipa::path(get, path = "/v1/cameras/{slug}", tag = "cameras",
    params(("slug" = String, Path), ("market" = Option<String>, Query, description = "ISO 3166-1 alpha-2; all by default.")),
    responses((status = 200, body = CameraPageView), (status = 404, body = views::Problem)))]
pub async fn show(read: Read) -> Result<Answer, Problem> {
    let Read { state, opening, path, mut query, .. } = read;
    let slug = path.parse("slug", Slug::parse)?;
    let market = market(&mut query);
    query.check()?;
    let mut snapshot = opening.begin().await?;
    let page = cameras::page(&mut snapshot, &slug, market).await.map_err(problem::from_store)?;
    snapshot.end().await;
    let Some(page) = page else {
        return Ok(Answer::absent(Problem::new(kinds::NOT_FOUND), tags::of_camera(&slug)));
    };
    let tags = tags::of_camera(&slug).and(tags::of_offers(&slug, page.offers.iter().map(|offer| &offer.id)));
    let camera = CameraView::new(page.camera, &state.media);
    let view = CameraPageView { camera, offers: page.offers.into_iter().map(Into::into).collect() };
    Answer::json(&view, tags, LANGUAGE)
}
