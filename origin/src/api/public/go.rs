//! The way to a shop: an address of ours, so that a buyer can leave while a copy is all there is.

use common::Problem;
use http::StatusCode;

use crate::{
    api::{
        kinds, problem,
        route::{Answer, Read},
        views,
    },
    domain::{OfferId, tags},
    store::offers,
};

/// Leave for a shop.
#[utoipa::path(get, path = "/go/{offer}", tag = "cameras", params(("offer" = String, Path)),
    responses((status = 302, description = "To the shop. The target comes from the database only."),
        (status = 404, body = views::Problem)))]
pub async fn redirect(read: Read) -> Result<Answer, Problem> {
    let Read { opening, path, .. } = read;
    let id = path.parse("offer", OfferId::parse)?;
    let mut snapshot = opening.begin().await?;
    let offer = offers::active_by_id(&mut snapshot, id).await.map_err(problem::from_store)?;
    snapshot.end().await;
    match offer {
        Some(offer) => Answer::moved(StatusCode::FOUND, offer.url.as_str(), tags::of_go(id)),
        None => Ok(Answer::absent(Problem::new(kinds::NOT_FOUND), tags::of_go(id))),
    }
}
