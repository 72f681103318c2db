//! What is reviewed.

use common::Timestamp;

use crate::domain::{CameraId, Offer, Sha256, Slug, Version, locale::names};

names! {
    /// Where a camera stands in its life on the market.
    CameraState, "announced, available or discontinued", {
        Announced = "announced",
        Available = "available",
        Discontinued = "discontinued",
    }
}

names! {
    /// What sort of camera it is.
    CameraKind, "slr, mirrorless, compact, rangefinder, action, drone, phone, medium-format or other", {
        Slr = "slr",
        Mirrorless = "mirrorless",
        Compact = "compact",
        Rangefinder = "rangefinder",
        Action = "action",
        Drone = "drone",
        Phone = "phone",
        MediumFormat = "medium-format",
        Other = "other",
    }
}

/// Everything about a camera but its offers. Also what an upsert takes, with `version` and
/// `updated_at` left to the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    pub id: CameraId,
    pub slug: Slug,
    pub maker: String,
    pub model: String,
    pub kind: CameraKind,
    pub mount: Option<String>,
    /// Against 36 × 24 mm.
    pub crop_factor: Option<f64>,
    pub state: CameraState,
    pub picture: Option<Sha256>,
    pub version: Version,
    pub updated_at: Timestamp,
}

/// A camera's facts, as an editor gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraFacts {
    pub maker: String,
    pub model: String,
    pub kind: CameraKind,
    pub mount: Option<String>,
    pub crop_factor: Option<f64>,
    pub state: CameraState,
    pub picture: Option<Sha256>,
}

/// A camera as named in a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraSummary {
    pub slug: Slug,
    pub maker: String,
    pub model: String,
    pub state: CameraState,
    pub picture: Option<Sha256>,
}

/// A camera's page.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraPage {
    pub camera: Camera,
    /// Active ones of the market asked for (of all markets, if none was), cheapest first.
    pub offers: Vec<Offer>,
}
