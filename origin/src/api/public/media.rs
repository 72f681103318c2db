//! Photographs.

use common::Problem;
use http::HeaderValue;

use crate::{
    api::{
        kinds, problem,
        route::{Answer, Read},
        views,
    },
    domain::{Sha256, tags},
    photos::{PhotoKey, Variant, pipeline::CONTENT_TYPE},
    store::photographs,
};

/// A photograph in one width.
#[utoipa::path(get, path = "/media/{sha256}/{width}", tag = "photographs",
    params(("sha256" = String, Path), ("width" = u32, Path, description = "480, 960 or 1920.")),
    responses((status = 200, content_type = "image/jpeg", body = Vec<u8>), (status = 404, body = views::Problem),
        (status = 503, body = views::Problem)))]
pub async fn show(read: Read) -> Result<Answer, Problem> {
    let Read { state, opening, path, .. } = read;
    let digest = path.parse("sha256", Sha256::parse)?;
    let variant = path.parse("width", |text| Variant::parse_width(text).ok_or(()))?;
    let mut snapshot = opening.begin().await?;
    let photograph = photographs::public(&mut snapshot, digest).await.map_err(problem::from_store)?;
    // The connection is given back before another store is waited for.
    snapshot.end().await;
    let tags = tags::of_media(digest);
    if photograph.is_none() {
        return Ok(Answer::absent(Problem::new(kinds::NOT_FOUND), tags));
    }
    let key = PhotoKey { id: digest, variant };
    let jpeg = state.photos.get(&key).await.map_err(problem::from_objects)?;
    Ok(Answer::image(HeaderValue::from_static(CONTENT_TYPE), jpeg, tags))
}
