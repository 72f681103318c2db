//! What editors get.

use common::{Seq, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Links,
    camera::{CameraRefView, MoneyView},
    editor::AuthorRefView,
    photograph::{MediaBase, PhotographView},
};
use crate::domain::{
    Condition, Editor, EditorId, EditorialLocale, EditorialReview, EditorialSummary, Locale, Market, Offer, OfferId, Rating,
    ReviewId, ReviewState, RevisionId, Role, Slug, review::EditorialText,
};

/// Somebody who can sign in.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditorView {
    #[schema(value_type = String)]
    pub id: EditorId,
    pub email: String,
    pub name: String,
    #[schema(value_type = String)]
    pub slug: Slug,
    pub bio: String,
    #[schema(value_type = String)]
    pub role: Role,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub suspended_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EditorListView {
    pub items: Vec<EditorView>,
    pub links: Links,
}

/// A new session. The token is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    pub token: String,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    pub editor: EditorView,
}

/// An offer, withdrawn ones too.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditorialOfferView {
    #[schema(value_type = String)]
    pub id: OfferId,
    #[schema(value_type = String)]
    pub camera: Slug,
    #[schema(value_type = String)]
    pub market: Market,
    pub store: String,
    pub price: MoneyView,
    #[schema(value_type = String)]
    pub condition: Condition,
    /// Where the buyer is sent.
    pub url: String,
    pub active: bool,
}

/// A line in the editors' list of reviews.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditorialSummaryView {
    #[schema(value_type = String)]
    pub id: ReviewId,
    #[schema(value_type = String)]
    pub slug: Slug,
    #[schema(value_type = String)]
    pub camera: Slug,
    pub author: AuthorRefView,
    pub title: String,
    pub states: Vec<LocaleStateView>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LocaleStateView {
    #[schema(value_type = String)]
    pub locale: Locale,
    #[schema(value_type = String)]
    pub state: ReviewState,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EditorialListView {
    pub items: Vec<EditorialSummaryView>,
    pub links: Links,
}

/// A review as its editors see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditorialReviewView {
    #[schema(value_type = String)]
    pub id: ReviewId,
    #[schema(value_type = String)]
    pub slug: Slug,
    pub camera: CameraRefView,
    pub author: AuthorRefView,
    #[schema(value_type = String)]
    pub first_locale: Locale,
    /// As readers see it.
    #[schema(value_type = Option<u8>)]
    pub rating: Option<Rating>,
    /// As the next publication will show it.
    #[schema(value_type = Option<u8>)]
    pub draft_rating: Option<Rating>,
    pub locales: Vec<EditorialLocaleView>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EditorialLocaleView {
    #[schema(value_type = String)]
    pub locale: Locale,
    #[schema(value_type = String)]
    pub state: ReviewState,
    pub draft: Option<EditorialTextView>,
    pub published: Option<EditorialTextView>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub scheduled_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub published_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// One revision with its manuscript.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditorialTextView {
    #[schema(value_type = String)]
    pub revision: RevisionId,
    pub title: String,
    pub summary: String,
    pub body_markdown: String,
    pub photographs: Vec<PhotographView>,
    #[schema(value_type = String)]
    pub saved_by: EditorId,
    #[schema(value_type = String, format = DateTime)]
    pub saved_at: Timestamp,
}

/// How far a write has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptsView {
    #[schema(value_type = u64)]
    pub seq: Seq,
    pub kind: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub regions: Vec<RegionReceiptView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RegionReceiptView {
    pub region: String,
    /// Whether every live process of the region has applied the write.
    pub applied: bool,
    /// The slowest process's time from the commit.
    pub applied_ms: Option<f64>,
    /// Live processes.
    pub processes: u32,
}

impl From<Editor> for EditorView {
    fn from(editor: Editor) -> EditorView {
        EditorView {
            id: editor.id,
            email: editor.email,
            name: editor.name,
            slug: editor.slug,
            bio: editor.bio,
            role: editor.role,
            suspended_at: editor.suspended_at,
            created_at: editor.created_at,
        }
    }
}

impl From<Offer> for EditorialOfferView {
    fn from(offer: Offer) -> EditorialOfferView {
        EditorialOfferView {
            id: offer.id,
            camera: offer.camera,
            market: offer.market,
            store: offer.store,
            price: MoneyView { minor: offer.price.minor(), currency: offer.price.currency() },
            condition: offer.condition,
            url: offer.url.into(),
            active: offer.active,
        }
    }
}

impl From<EditorialSummary> for EditorialSummaryView {
    fn from(review: EditorialSummary) -> EditorialSummaryView {
        let states = review.states.into_iter().map(|(locale, state)| LocaleStateView { locale, state }).collect();
        EditorialSummaryView {
            id: review.id,
            slug: review.slug,
            camera: review.camera,
            author: review.author.into(),
            title: review.title,
            states,
            updated_at: review.updated_at,
        }
    }
}

impl EditorialReviewView {
    /// `markdown` gives the manuscript of a revision.
    pub fn new(review: EditorialReview, base: &MediaBase, markdown: impl Fn(RevisionId) -> String) -> EditorialReviewView {
        let locales = review.locales.into_iter().map(|locale| EditorialLocaleView::new(locale, base, &markdown)).collect();
        EditorialReviewView {
            id: review.id,
            slug: review.slug,
            camera: CameraRefView::new(review.camera, base),
            author: review.author.into(),
            first_locale: review.first_locale,
            rating: review.rating,
            draft_rating: review.draft_rating,
            locales,
            created_at: review.created_at,
            updated_at: review.updated_at,
        }
    }
}

impl EditorialLocaleView {
    fn new(locale: EditorialLocale, base: &MediaBase, markdown: &impl Fn(RevisionId) -> String) -> EditorialLocaleView {
        let text = |text: EditorialText| EditorialTextView {
            revision: text.revision,
            title: text.title,
            summary: text.summary,
            body_markdown: markdown(text.revision),
            photographs: text.photographs.into_iter().map(|photograph| PhotographView::new(photograph, base)).collect(),
            saved_by: text.saved_by,
            saved_at: text.saved_at,
        };
        EditorialLocaleView {
            locale: locale.locale,
            state: locale.state,
            draft: locale.draft.map(text),
            published: locale.published.map(text),
            scheduled_at: locale.scheduled_at,
            published_at: locale.published_at,
            updated_at: locale.updated_at,
        }
    }
}
