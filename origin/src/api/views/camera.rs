//! Cameras and offers as readers get them.

use common::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Links,
    photograph::{MediaBase, PictureView},
};
use crate::domain::{Camera, CameraKind, CameraState, CameraSummary, Condition, Currency, Market, Offer, OfferId, Slug};

/// A camera as named in a review.
#[derive(Debug, Serialize, ToSchema)]
pub struct CameraRefView {
    #[schema(value_type = String)]
    pub slug: Slug,
    pub maker: String,
    pub model: String,
    #[schema(value_type = String)]
    pub state: CameraState,
    pub picture: Option<PictureView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CameraView {
    #[schema(value_type = String)]
    pub slug: Slug,
    pub maker: String,
    pub model: String,
    #[schema(value_type = String)]
    pub kind: CameraKind,
    /// The lens mount.
    pub mount: Option<String>,
    /// Against 36 × 24 mm.
    pub crop_factor: Option<f64>,
    /// `announced`, `available` or `discontinued`.
    #[schema(value_type = String)]
    pub state: CameraState,
    pub picture: Option<PictureView>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CameraPageView {
    #[serde(flatten)]
    pub camera: CameraView,
    /// Of the market asked for, or of all; cheapest first.
    pub offers: Vec<OfferView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CameraListView {
    pub items: Vec<CameraView>,
    pub links: Links,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OfferView {
    #[schema(value_type = String)]
    pub id: OfferId,
    #[schema(value_type = String)]
    pub market: Market,
    /// The seller.
    pub store: String,
    pub price: MoneyView,
    /// `new`, `used` or `refurbished`.
    #[schema(value_type = String)]
    pub condition: Condition,
    /// Where the buyer leaves: an address of ours that redirects.
    pub url: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MoneyView {
    /// In the currency's minor unit.
    pub minor: i64,
    /// ISO 4217.
    #[schema(value_type = String)]
    pub currency: Currency,
}

impl CameraRefView {
    pub fn new(camera: CameraSummary, base: &MediaBase) -> CameraRefView {
        CameraRefView {
            slug: camera.slug,
            maker: camera.maker,
            model: camera.model,
            state: camera.state,
            picture: camera.picture.map(|sha256| PictureView::new(sha256, base)),
        }
    }
}

impl CameraView {
    pub fn new(camera: Camera, base: &MediaBase) -> CameraView {
        CameraView {
            slug: camera.slug,
            maker: camera.maker,
            model: camera.model,
            kind: camera.kind,
            mount: camera.mount,
            crop_factor: camera.crop_factor,
            state: camera.state,
            picture: camera.picture.map(|sha256| PictureView::new(sha256, base)),
            updated_at: camera.updated_at,
        }
    }
}

impl From<Offer> for OfferView {
    fn from(offer: Offer) -> OfferView {
        OfferView {
            id: offer.id,
            market: offer.market,
            store: offer.store,
            price: MoneyView { minor: offer.price.minor(), currency: offer.price.currency() },
            condition: offer.condition,
            // Never the shop's own address: only the database decides where a buyer goes.
            url: format!("/go/{}", offer.id),
        }
    }
}
