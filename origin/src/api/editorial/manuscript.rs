//! A text on its way in: read from the body, rendered for search, stored before anything
//! points at it (rule R4).

use std::collections::HashMap;

use common::Problem;
use http::StatusCode;

use crate::{
    api::{
        auth::Actor,
        conditional::ETag,
        form::{self, Form, Mistake},
        limits::{ALT_CHARS_MAX, SUMMARY_CHARS_MAX, TITLE_CHARS_MAX},
        problem,
        reply::Reply,
        route::Call,
        views::editorial::EditorialReviewView,
    },
    domain::{
        Draft, EditorialReview, Locale, Rating, ReviewId, RevisionId, Sha256,
        photograph::{PHOTOGRAPHS_MAX, Placement},
    },
    manuscripts::{MARKDOWN_BYTES_MAX, Rendered, Revision},
    photos::Variant,
    store::{Snapshot, editorial},
};

/// Images named by a problem; a text can have thousands.
const MISSING_NAMED_MAX: usize = 8;

/// What of a body is the text.
pub struct Text {
    pub title: String,
    pub summary: String,
    pub markdown: String,
    pub rating: Option<Rating>,
    pub photographs: Vec<Placement>,
}

impl Text {
    /// `None` after a mistake, which is noted in `form`.
    pub fn read(form: &mut Form) -> Option<Text> {
        let title = form.required("title", form::line(TITLE_CHARS_MAX));
        let summary = form.required("summary", form::line(SUMMARY_CHARS_MAX));
        let markdown = form.required("body_markdown", |value| {
            // Characters are at most as many as bytes; the store's limit is in bytes.
            let markdown = form::text(MARKDOWN_BYTES_MAX)(value)?;
            if markdown.trim().is_empty() {
                return Err(Mistake::new("empty", "Must not be empty."));
            }
            if markdown.len() > MARKDOWN_BYTES_MAX {
                return Err(Mistake::new("too_long", format!("At most {MARKDOWN_BYTES_MAX} bytes.")));
            }
            Ok(markdown)
        });
        let rating = form.optional("rating", |value| {
            let tenths = form::whole(0..=100)(value)?;
            let rating = u8::try_from(tenths).ok().and_then(|tenths| Rating::try_from(tenths).ok());
            rating.ok_or_else(|| Mistake::new("out_of_range", "A rating is given in tenths, 0 to 100."))
        });
        let photographs = form.list("photographs", PHOTOGRAPHS_MAX, |item| {
            let sha256 = item.required("sha256", form::parsed(Sha256::parse));
            let alt = item.required("alt", form::line(ALT_CHARS_MAX));
            Some(Placement { sha256: sha256?, alt: alt? })
        });
        Some(Text { title: title?, summary: summary?, markdown: markdown?, rating, photographs })
    }

    /// Readers are shown the photographs that are placed in a text, and no others.
    fn check_images(&self, rendered: &Rendered) -> Result<(), Problem> {
        let is_placed = |address: &&String| {
            let mut parts = address.rsplit('/');
            let width = parts.next().and_then(Variant::parse_width);
            let sha256 = parts.next().and_then(|part| Sha256::parse(part).ok());
            width.is_some() && self.photographs.iter().any(|placed| Some(placed.sha256) == sha256)
        };
        let missing: Vec<&str> =
            rendered.images.iter().filter(|address| !is_placed(address)).take(MISSING_NAMED_MAX).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let detail = format!("Place these in `photographs`, in a width that there is: {}.", missing.join(", "));
        Err(problem::invalid("body_markdown", "not_placed", detail))
    }

    /// Stores the manuscript under a new id; what is returned may be pointed at.
    ///
    /// # Errors
    /// 422 when it cannot be shown, 503 when it cannot be stored.
    pub async fn store(self, call: &Call, actor: &Actor, review: ReviewId, locale: Locale) -> Result<(Draft, String), Problem> {
        let rendered = call.state.api.rendering.render(&call.state.renderer, self.markdown.clone()).await?;
        let rendered = rendered.map_err(problem::from_render)?;
        self.check_images(&rendered)?;
        let revision = Revision {
            id: call.new_id(),
            review: review.0,
            locale: locale.as_str().to_owned(),
            author: actor.id().0,
            created_at: call.state.clock.wall(),
            markdown: self.markdown,
        };
        call.state.manuscripts.insert(&revision).await.map_err(problem::from_manuscripts)?;
        let draft = Draft {
            revision: RevisionId(revision.id),
            locale,
            title: self.title,
            summary: self.summary,
            plain_text: rendered.text,
            photographs: self.photographs,
            rating: self.rating,
            saved_by: actor.id(),
        };
        Ok((draft, revision.markdown))
    }
}

/// The review as it is now.
///
/// # Errors
/// 404 when there is none.
pub async fn present(call: &Call, id: ReviewId) -> Result<EditorialReview, Problem> {
    let mut snapshot = Snapshot::begin(&call.state.db).await.map_err(problem::from_store)?;
    let review = editorial::view(&mut snapshot, id).await.map_err(problem::from_store);
    snapshot.end().await;
    review
}

/// The manuscripts that a review's languages point at. Fetched before a transaction begins:
/// nothing waits for another store inside of one.
pub async fn manuscripts(call: &Call, review: &EditorialReview) -> Result<HashMap<RevisionId, String>, Problem> {
    let texts = review.locales.iter().flat_map(|locale| locale.draft.iter().chain(&locale.published));
    let ids: Vec<_> = texts.map(|text| text.revision.0).collect();
    let found = call.state.manuscripts.get_many(&ids).await.map_err(problem::from_manuscripts)?;
    Ok(found.into_iter().map(|revision| (RevisionId(revision.id), revision.markdown)).collect())
}

/// A review with its manuscripts, and the ETag that a change must name.
pub fn reply(
    call: &Call,
    status: StatusCode,
    review: EditorialReview,
    manuscripts: &HashMap<RevisionId, String>,
) -> Result<Reply, Problem> {
    let etag = ETag::version(review.version);
    let markdown = |revision: RevisionId| manuscripts.get(&revision).cloned().unwrap_or_default();
    Ok(Reply::json(status, &EditorialReviewView::new(review, &call.state.media, markdown))?.etag(etag))
}
