//! Photographs as readers get them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{Photograph, PlacedPhotograph, Sha256};

/// The width of a picture that is named without its variants.
const PICTURE_WIDTH: u32 = 960;

/// Where photographs are served from: `MEDIA_BASE_URL`, or this origin.
#[derive(Clone, Debug, Default)]
pub struct MediaBase(String);

impl MediaBase {
    pub fn new(base_url: Option<&str>) -> MediaBase {
        MediaBase(base_url.unwrap_or_default().trim_end_matches('/').to_owned())
    }

    fn url(&self, sha256: Sha256, width: u32) -> String {
        format!("{}/media/{sha256}/{width}", self.0)
    }
}

/// A photograph at its place in a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhotographView {
    #[schema(value_type = String)]
    pub sha256: Sha256,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    pub width: u32,
    pub height: u32,
    /// From the smallest to the largest.
    pub sources: Vec<SourceView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SourceView {
    pub width: u32,
    pub url: String,
}

/// A picture named by a camera.
#[derive(Debug, Serialize, ToSchema)]
pub struct PictureView {
    #[schema(value_type = String)]
    pub sha256: Sha256,
    pub url: String,
}

/// The answer to an upload.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadView {
    #[schema(value_type = String)]
    pub sha256: Sha256,
    pub width: u32,
    pub height: u32,
    pub widths: Vec<u32>,
    /// Of the largest width.
    pub url: String,
}

impl PhotographView {
    pub fn new(photograph: PlacedPhotograph, base: &MediaBase) -> PhotographView {
        let PlacedPhotograph { sha256, alt, width, height, widths } = photograph;
        let sources = widths.into_iter().map(|width| SourceView { width, url: base.url(sha256, width) }).collect();
        PhotographView { sha256, alt, width, height, sources }
    }
}

impl PictureView {
    pub fn new(sha256: Sha256, base: &MediaBase) -> PictureView {
        PictureView { sha256, url: base.url(sha256, PICTURE_WIDTH) }
    }
}

impl UploadView {
    pub fn new(photograph: &Photograph, base: &MediaBase) -> UploadView {
        let largest = photograph.widths.last().copied().unwrap_or(photograph.width);
        UploadView {
            sha256: photograph.sha256,
            width: photograph.width,
            height: photograph.height,
            widths: photograph.widths.clone(),
            url: base.url(photograph.sha256, largest),
        }
    }
}
