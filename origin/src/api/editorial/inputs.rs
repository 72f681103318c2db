//! What editors send, as the documentation shows it. The handlers read the bodies field by
//! field (`form.rs`), so that every mistake is reported at once; these types are for
//! `openapi.json`, and a test holds them against what the handlers take.

use utoipa::ToSchema;

/// A new editor.
#[derive(ToSchema)]
pub struct EditorInput {
    pub email: String,
    pub name: String,
    /// `contributor`, `author`, `editor` or `admin`.
    pub role: String,
    /// At least 12 characters; to be changed by its owner.
    pub password: String,
    /// Of the public page; made of the name when it is absent.
    pub slug: Option<String>,
    pub bio: Option<String>,
}

/// What of an editor to change; absent members stay.
#[derive(ToSchema)]
pub struct EditorPatch {
    pub role: Option<String>,
    pub name: Option<String>,
    pub bio: Option<String>,
}

/// A new camera.
#[derive(ToSchema)]
pub struct CameraInput {
    pub maker: String,
    pub model: String,
    pub kind: String,
    pub state: String,
    /// Made of maker and model when it is absent.
    pub slug: Option<String>,
    pub mount: Option<String>,
    pub crop_factor: Option<f64>,
    /// A photograph's digest.
    pub picture: Option<String>,
}

/// What of a camera to change; absent members stay, null clears.
#[derive(ToSchema)]
pub struct CameraPatch {
    pub maker: Option<String>,
    pub model: Option<String>,
    pub kind: Option<String>,
    pub state: Option<String>,
    pub mount: Option<String>,
    pub crop_factor: Option<f64>,
    pub picture: Option<String>,
}

/// A new offer.
#[derive(ToSchema)]
pub struct OfferInput {
    /// ISO 3166-1 alpha-2.
    pub market: String,
    pub store: String,
    pub price: PriceInput,
    /// `new`, `used` or `refurbished`.
    pub condition: String,
    /// `https://…`
    pub url: String,
}

#[derive(ToSchema)]
pub struct PriceInput {
    /// In the currency's minor unit.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

/// What of an offer to change; absent members stay.
#[derive(ToSchema)]
pub struct OfferPatch {
    pub market: Option<String>,
    pub store: Option<String>,
    pub price: Option<PriceInput>,
    pub condition: Option<String>,
    pub url: Option<String>,
}

/// A new review with its first text.
#[derive(ToSchema)]
pub struct ReviewInput {
    /// The camera's slug.
    pub camera: String,
    pub locale: String,
    pub title: String,
    pub summary: String,
    pub body_markdown: String,
    /// Made of the title when it is absent.
    pub slug: Option<String>,
    /// In tenths: 0 to 100.
    pub rating: Option<u8>,
    pub photographs: Option<Vec<PlacementInput>>,
}

/// A draft in one language. It replaces the previous one whole.
#[derive(ToSchema)]
pub struct DraftInput {
    pub title: String,
    pub summary: String,
    pub body_markdown: String,
    pub rating: Option<u8>,
    pub photographs: Option<Vec<PlacementInput>>,
}

#[derive(ToSchema)]
pub struct PlacementInput {
    /// A photograph's digest.
    pub sha256: String,
    /// What it shows, for those who cannot see it.
    pub alt: String,
}
