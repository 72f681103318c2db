//! Authors as readers get them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Links, review::ReviewSummaryView};
use crate::domain::{AuthorProfile, AuthorRef, Slug};

/// An author as named under a review.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorRefView {
    #[schema(value_type = String)]
    pub slug: Slug,
    pub name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorView {
    #[schema(value_type = String)]
    pub slug: Slug,
    pub name: String,
    /// Plain text.
    pub bio: String,
}

/// An author's page.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuthorPageView {
    #[serde(flatten)]
    pub author: AuthorView,
    /// The newest first; `links` lead to the others.
    pub reviews: Vec<ReviewSummaryView>,
    pub links: Links,
}

impl From<AuthorRef> for AuthorRefView {
    fn from(author: AuthorRef) -> AuthorRefView {
        AuthorRefView { slug: author.slug, name: author.name }
    }
}

impl From<AuthorProfile> for AuthorView {
    fn from(author: AuthorProfile) -> AuthorView {
        AuthorView { slug: author.slug, name: author.name, bio: author.bio }
    }
}
