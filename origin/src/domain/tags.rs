//! What a public answer depends on, in tags. The counterpart, what a write purges, is in
//! `purge.rs`: change both together.
//!
//! Absence is content too (rule R5): the answer "there is no such review" carries the tag
//! that the creating write will purge.

use common::Tag;

use crate::domain::{CameraSummary, OfferId, PublishedReview, PublishedSummary, ReviewId, Sha256, Slug};

/// Carried by every public answer.
pub const ALL: &str = Tag::check_static("all");
pub const LIST_REVIEWS: &str = Tag::check_static("list:reviews");
pub const LIST_CAMERAS: &str = Tag::check_static("list:cameras");
pub const SEARCH: &str = Tag::check_static("search");
/// Collections: carried by every answer that shows, or misses, one of the kind. A write with
/// too many tags for an event purges these instead.
pub const REVIEWS: &str = Tag::check_static("reviews");
pub const CAMERAS: &str = Tag::check_static("cameras");
pub const EDITORS: &str = Tag::check_static("editors");
pub const MEDIA: &str = Tag::check_static("media");

/// A tag from parts that are bounded already.
pub fn tag(text: &str) -> Tag {
    match Tag::parse(text) {
        Ok(tag) => tag,
        Err(error) => unreachable!("slugs, ids and digests are bounded so that every tag is legal: {error}: {text}"),
    }
}

pub fn review(id: ReviewId) -> Tag {
    tag(&format!("review:{id}"))
}

/// Of a review's slug, whether it exists, redirects, or is not there yet.
pub fn slug(slug: &Slug) -> Tag {
    tag(&format!("slug:{slug}"))
}

pub fn camera(slug: &Slug) -> Tag {
    tag(&format!("camera:{slug}"))
}

/// Of all offers of a camera, those to come too.
pub fn offers(camera: &Slug) -> Tag {
    tag(&format!("offers:{camera}"))
}

pub fn offer(id: OfferId) -> Tag {
    tag(&format!("offer:{id}"))
}

pub fn author(slug: &Slug) -> Tag {
    tag(&format!("author:{slug}"))
}

pub fn media(digest: Sha256) -> Tag {
    tag(&format!("media:{digest}"))
}

/// The tags of one answer: sorted, each once, `all` among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(std::collections::BTreeSet<Tag>);

impl Tags {
    /// Of an answer that depends on nothing but itself.
    pub fn all() -> Tags {
        Tags([tag(ALL)].into())
    }

    #[must_use]
    pub fn with(mut self, more: Tag) -> Tags {
        self.0.insert(more);
        self
    }

    #[must_use]
    pub fn and(mut self, other: Tags) -> Tags {
        self.0.extend(other.0);
        self
    }

    pub fn iter(&self) -> impl Iterator<Item = &Tag> {
        self.0.iter()
    }

    pub fn contains(&self, tag: &str) -> bool {
        self.0.contains(tag)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A review's page.
pub fn of_review(page: &PublishedReview) -> Tags {
    of_summary(&page.summary)
}

fn of_summary(shown: &PublishedSummary) -> Tags {
    of_review_absent(&shown.slug).with(review(shown.id)).with(author(&shown.author.slug)).and(of_named_camera(&shown.camera))
}

fn of_named_camera(named: &CameraSummary) -> Tags {
    Tags::all().with(camera(&named.slug)).with(tag(CAMERAS))
}

/// A redirect from an old slug, and a review that is not published in the language asked for.
pub fn of_review_elsewhere(asked: &Slug, id: ReviewId) -> Tags {
    of_review_absent(asked).with(review(id))
}

/// "There is no such review."
pub fn of_review_absent(asked: &Slug) -> Tags {
    Tags::all().with(slug(asked)).with(tag(REVIEWS))
}

/// A list of reviews. What it is filtered by belongs to it, also when there is no such
/// author or camera.
pub fn of_review_list(items: &[PublishedSummary], author_asked: Option<&Slug>, camera_asked: Option<&Slug>) -> Tags {
    let mut tags = of_items(items).with(tag(LIST_REVIEWS));
    if let Some(asked) = author_asked {
        tags = tags.and(of_author(asked));
    }
    if let Some(asked) = camera_asked {
        tags = tags.with(camera(asked)).with(tag(CAMERAS));
    }
    tags
}

/// Lists carry what they show, so that an archived review leaves them for good. They need no
/// `slug:…`: a change of slug purges `review:…` too.
fn of_items(items: &[PublishedSummary]) -> Tags {
    let none = Tags::all().with(tag(REVIEWS));
    items
        .iter()
        .fold(none, |tags, item| tags.with(review(item.id)).with(author(&item.author.slug)).and(of_named_camera(&item.camera)))
}

pub fn of_search(items: &[PublishedSummary]) -> Tags {
    of_items(items).with(tag(SEARCH))
}

/// A camera's page, or "there is no such camera". Those of the offers shown come on top:
/// [`of_offers`].
pub fn of_camera(asked: &Slug) -> Tags {
    Tags::all().with(camera(asked)).with(tag(CAMERAS))
}

/// The offers of a camera, where an answer includes them.
pub fn of_offers<'a>(of: &Slug, shown: impl IntoIterator<Item = &'a OfferId>) -> Tags {
    shown.into_iter().fold(Tags::all().with(offers(of)), |tags, id| tags.with(offer(*id)))
}

pub fn of_camera_list<'a>(shown: impl IntoIterator<Item = &'a Slug>) -> Tags {
    let none = Tags::all().with(tag(LIST_CAMERAS)).with(tag(CAMERAS));
    shown.into_iter().fold(none, |tags, slug| tags.with(camera(slug)))
}

/// An author's page, or "there is no such author". The reviews on it come on top:
/// [`of_review_list`].
pub fn of_author(asked: &Slug) -> Tags {
    Tags::all().with(author(asked)).with(tag(EDITORS))
}

/// `/go/{offer}`, or "there is no such offer".
pub fn of_go(asked: OfferId) -> Tags {
    Tags::all().with(offer(asked))
}

/// A photograph, or "there is no such photograph".
pub fn of_media(asked: Sha256) -> Tags {
    Tags::all().with(media(asked)).with(tag(MEDIA))
}
