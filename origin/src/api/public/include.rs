//! `?include=`: further parts of a page in the same answer, from the same snapshot.

use std::collections::BTreeSet;

use common::Problem;

use crate::{
    api::{
        problem,
        query::Query,
        views::{camera::CameraView, photograph::MediaBase, review::IncludedView},
    },
    domain::{
        Market, PublishedSummary, Slug,
        tags::{self, Tags},
    },
    store::{Snapshot, included, offers},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Camera,
    Author,
    Offers,
}

/// What a list can include. Not offers: those of fifty cameras are more tags than an answer
/// may carry.
pub const OF_LIST: &[(&str, Part)] = &[("camera", Part::Camera), ("author", Part::Author)];
pub const OF_PAGE: &[(&str, Part)] = &[("camera", Part::Camera), ("author", Part::Author), ("offers", Part::Offers)];

/// Mistakes are left in `query`.
pub fn read(query: &mut Query, known: &[(&str, Part)]) -> BTreeSet<Part> {
    let parts = query.read("include", |text| {
        let part = |name: &str| known.iter().find(|(known, _)| *known == name).map(|(_, part)| *part);
        text.split(',').map(part).collect::<Option<BTreeSet<Part>>>().ok_or_else(|| {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            format!("Expected a list of {}, separated by commas.", names.join(", "))
        })
    });
    parts.unwrap_or_default()
}

/// Loads what `parts` asks for, each camera and author once, and adds its tags.
pub async fn load(
    snapshot: &mut Snapshot,
    parts: &BTreeSet<Part>,
    of: &[PublishedSummary],
    market: Option<Market>,
    base: &MediaBase,
) -> Result<(IncludedView, Tags), Problem> {
    let mut view = IncludedView::default();
    let mut all_tags = Tags::all();
    if parts.contains(&Part::Camera) {
        let slugs = each(of, |review| &review.camera.slug);
        let found = included::cameras(snapshot, &slugs).await.map_err(problem::from_store)?;
        all_tags = slugs.iter().fold(all_tags, |all_tags, slug| all_tags.and(tags::of_camera(slug)));
        view.cameras = Some(found.into_iter().map(|camera| CameraView::new(camera, base)).collect());
    }
    if parts.contains(&Part::Author) {
        let slugs = each(of, |review| &review.author.slug);
        let found = included::authors(snapshot, &slugs).await.map_err(problem::from_store)?;
        all_tags = slugs.iter().fold(all_tags, |all_tags, slug| all_tags.and(tags::of_author(slug)));
        view.authors = Some(found.into_iter().map(Into::into).collect());
    }
    if parts.contains(&Part::Offers) {
        let mut found = Vec::new();
        // Of one review only (see `OF_LIST`).
        for slug in each(of, |review| &review.camera.slug) {
            let shown = offers::of_camera(snapshot, slug, market).await.map_err(problem::from_store)?;
            all_tags = all_tags.and(tags::of_offers(slug, shown.iter().map(|offer| &offer.id)));
            found.extend(shown.into_iter().map(Into::into));
        }
        view.offers = Some(found);
    }
    Ok((view, all_tags))
}

/// Each of what the reviews name, once and in order.
fn each<'a>(of: &'a [PublishedSummary], name: impl Fn(&'a PublishedSummary) -> &'a Slug) -> Vec<&'a Slug> {
    of.iter().map(name).collect::<BTreeSet<_>>().into_iter().collect()
}
