//! Reviews as readers get them.

use common::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Links,
    camera::{CameraRefView, CameraView, OfferView},
    editor::{AuthorRefView, AuthorView},
    photograph::{MediaBase, PhotographView},
};
use crate::domain::{Locale, PublishedReview, PublishedSummary, Rating, Slug};

/// A review in one language, in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewSummaryView {
    #[schema(value_type = String)]
    pub slug: Slug,
    #[schema(value_type = String)]
    pub locale: Locale,
    pub title: String,
    pub summary: String,
    /// In tenths: 0 to 100.
    #[schema(value_type = Option<u8>)]
    pub rating: Option<Rating>,
    pub camera: CameraRefView,
    pub author: AuthorRefView,
    pub picture: Option<PhotographView>,
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewListView {
    pub items: Vec<ReviewSummaryView>,
    pub links: Links,
    /// What `include` asked for, each once.
    pub included: IncludedView,
}

/// A review's page.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewView {
    #[serde(flatten)]
    pub review: ReviewSummaryView,
    /// What a reader gets who asks for no language.
    #[schema(value_type = String)]
    pub first_locale: Locale,
    /// Every language it can be read in.
    #[schema(value_type = Vec<String>)]
    pub locales: Vec<Locale>,
    /// Sanitised; safe to show as it is.
    pub body_html: String,
    pub photographs: Vec<PhotographView>,
    pub included: IncludedView,
}

/// Further parts of a page; what was not asked for is null.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct IncludedView {
    pub cameras: Option<Vec<CameraView>>,
    pub authors: Option<Vec<AuthorView>>,
    pub offers: Option<Vec<OfferView>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchView {
    /// The language that was searched.
    #[schema(value_type = String)]
    pub locale: Locale,
    pub items: Vec<ReviewSummaryView>,
    pub links: Links,
}

impl ReviewSummaryView {
    pub fn new(review: PublishedSummary, base: &MediaBase) -> ReviewSummaryView {
        ReviewSummaryView {
            slug: review.slug,
            locale: review.locale,
            title: review.title,
            summary: review.summary,
            rating: review.rating,
            camera: CameraRefView::new(review.camera, base),
            author: review.author.into(),
            picture: review.picture.map(|picture| PhotographView::new(picture, base)),
            published_at: review.published_at,
            updated_at: review.updated_at,
        }
    }
}

impl ReviewView {
    pub fn new(review: PublishedReview, body_html: String, included: IncludedView, base: &MediaBase) -> ReviewView {
        ReviewView {
            review: ReviewSummaryView::new(review.summary, base),
            first_locale: review.first_locale,
            locales: review.locales,
            body_html,
            photographs: review.photographs.into_iter().map(|photograph| PhotographView::new(photograph, base)).collect(),
            included,
        }
    }
}
