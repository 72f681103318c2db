//! Reviews, as editors and as readers see them.

use std::fmt;

use common::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    AuthorRef, CameraSummary, EditorId, Locale, PlacedPhotograph, ReviewId, ReviewState, RevisionId, Slug, photograph::Placement,
};

/// In tenths: 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Rating(u8);

/// A rating above ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rating is given in tenths, 0 to 100")]
pub struct InvalidRating;

impl TryFrom<u8> for Rating {
    type Error = InvalidRating;

    fn try_from(tenths: u8) -> Result<Rating, InvalidRating> {
        if tenths > 100 { Err(InvalidRating) } else { Ok(Rating(tenths)) }
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> u8 {
        rating.0
    }
}

/// Counts the changes of one thing, for `ETag` and `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version(pub i64);

impl Version {
    pub const FIRST: Version = Version(1);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A new review. It comes with its first text, whose language is its first one.
#[derive(Clone, Debug)]
pub struct NewReview {
    pub id: ReviewId,
    pub slug: Slug,
    pub camera: Slug,
    pub author: EditorId,
}

/// A text to be saved. Its manuscript is stored already, under the same id.
#[derive(Clone, Debug)]
pub struct Draft {
    pub revision: RevisionId,
    pub locale: Locale,
    pub title: String,
    pub summary: String,
    /// The text without markup, for search.
    pub plain_text: String,
    /// In the order shown.
    pub photographs: Vec<Placement>,
    /// What the next publication shows, in any language; `None` leaves it as it is.
    pub rating: Option<Rating>,
    pub saved_by: EditorId,
}

/// A review in one language, as its editors see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorialLocale {
    pub locale: Locale,
    pub state: ReviewState,
    pub draft: Option<EditorialText>,
    pub published: Option<EditorialText>,
    pub scheduled_at: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

/// One revision without its manuscript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorialText {
    pub revision: RevisionId,
    pub title: String,
    pub summary: String,
    pub photographs: Vec<PlacedPhotograph>,
    pub saved_by: EditorId,
    pub saved_at: Timestamp,
}

/// A review as its editors see it, all languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorialReview {
    pub id: ReviewId,
    pub slug: Slug,
    pub camera: CameraSummary,
    pub author_id: EditorId,
    pub author: AuthorRef,
    pub first_locale: Locale,
    /// As readers see it.
    pub rating: Option<Rating>,
    /// As the next publication will show it.
    pub draft_rating: Option<Rating>,
    pub version: Version,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub locales: Vec<EditorialLocale>,
}

/// A line in the editors' list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorialSummary {
    pub id: ReviewId,
    pub slug: Slug,
    pub camera: Slug,
    pub author: AuthorRef,
    /// In the first language; the draft's, if there is one.
    pub title: String,
    pub version: Version,
    pub updated_at: Timestamp,
    pub states: Vec<(Locale, ReviewState)>,
}

/// A line in a public list: one review in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedSummary {
    pub id: ReviewId,
    pub slug: Slug,
    pub locale: Locale,
    pub title: String,
    pub summary: String,
    pub rating: Option<Rating>,
    pub camera: CameraSummary,
    pub author: AuthorRef,
    /// The first photograph.
    pub picture: Option<PlacedPhotograph>,
    pub published_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A review's page, without the manuscript that `revision` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedReview {
    pub summary: PublishedSummary,
    pub revision: RevisionId,
    pub first_locale: Locale,
    /// Every language it can be read in, in a fixed order.
    pub locales: Vec<Locale>,
    pub photographs: Vec<PlacedPhotograph>,
}

/// A search result.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchHit {
    pub review: PublishedSummary,
    /// Higher is better; comparable within one search only.
    pub rank: f32,
}
