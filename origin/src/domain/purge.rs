//! What a write makes stale, unusable, or gone: one function for each kind of write. The
//! counterpart, what an answer depends on, is in `tags.rs`: change both together.
//!
//! A list of tags is the union of what held before the write and after it (rule R5). `soft`
//! is for lists and search, `hard` for an edited page and for what may be cached as absent,
//! `gone` for what was withdrawn.

use std::collections::BTreeSet;

use common::{Tag, event::EVENT_TAGS_MAX};

use crate::domain::{
    OfferId, ReviewId, Sha256, Slug,
    tags::{self, tag},
};

/// One write, as the log will have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purge {
    /// What happened, for people and logs: `review.published`.
    pub kind: &'static str,
    pub gone: BTreeSet<Tag>,
    pub hard: BTreeSet<Tag>,
    pub soft: BTreeSet<Tag>,
    /// Purged instead of the single tags when these are too many for an event. Every answer
    /// that carries one of them carries this one too.
    pub collection: &'static str,
}

impl Purge {
    fn new(kind: &'static str, collection: &'static str) -> Purge {
        Purge { kind, gone: BTreeSet::new(), hard: BTreeSet::new(), soft: BTreeSet::new(), collection }
    }

    fn gone(mut self, tags: impl IntoIterator<Item = Tag>) -> Purge {
        self.gone.extend(tags);
        self
    }

    fn hard(mut self, tags: impl IntoIterator<Item = Tag>) -> Purge {
        self.hard.extend(tags);
        self
    }

    fn soft(mut self, tags: impl IntoIterator<Item = &'static str>) -> Purge {
        self.soft.extend(tags.into_iter().map(tag));
        self
    }

    /// Two writes of one transaction are one event. It keeps the first one's kind.
    #[must_use]
    pub fn and(mut self, other: Purge) -> Purge {
        self.gone.extend(other.gone);
        self.hard.extend(other.hard);
        self.soft.extend(other.soft);
        if self.collection != other.collection {
            self.collection = tags::ALL;
        }
        self
    }

    /// As it goes into the log: a tag under its strongest purge only, and no more tags than
    /// an event may carry.
    #[must_use]
    pub fn capped(mut self) -> Purge {
        self.hard.retain(|tag| !self.gone.contains(tag));
        self.soft.retain(|tag| !self.gone.contains(tag) && !self.hard.contains(tag));
        if self.gone.len() + self.hard.len() + self.soft.len() <= EVENT_TAGS_MAX {
            return self;
        }
        let whole = BTreeSet::from([tag(self.collection)]);
        let lists = BTreeSet::from([tag(tags::ALL)]);
        if !self.gone.is_empty() {
            self.gone = whole;
            self.hard.clear();
        } else if !self.hard.is_empty() {
            self.hard = whole;
        }
        // Lists and search of other kinds may be among the soft ones.
        self.soft = if self.soft.is_empty() { BTreeSet::new() } else { lists };
        self
    }
}

/// Nothing that readers can see: drafts, roles, passwords. Numbered all the same.
pub fn unseen(kind: &'static str) -> Purge {
    Purge::new(kind, tags::ALL)
}

/// Also a republication. `slugs` are all the review ever had: before the first publication
/// each of them may be cached as absent, and the old ones redirect from now on. `media` are
/// the photographs before and after: before, the new ones may be cached as absent. `hidden`
/// are those of them that nothing public shows any longer.
pub fn review_published(id: ReviewId, slugs: &[Slug], media: &[Sha256], hidden: &[Sha256]) -> Purge {
    Purge::new("review.published", tags::REVIEWS)
        .hard([tags::review(id)])
        .hard(slugs.iter().map(tags::slug))
        .soft([tags::LIST_REVIEWS, tags::SEARCH])
        .media(media, hidden)
}

/// One language of a review, perhaps the last. `media` are the photographs that it showed,
/// `hidden` those of them that nothing public shows any longer.
pub fn review_archived(id: ReviewId, slugs: &[Slug], media: &[Sha256], hidden: &[Sha256]) -> Purge {
    Purge::new("review.archived", tags::REVIEWS)
        .gone([tags::review(id)])
        .gone(slugs.iter().map(tags::slug))
        .soft([tags::LIST_REVIEWS, tags::SEARCH])
        .media(media, hidden)
}

/// Of a review that is published in at least one language; otherwise it is [`unseen`].
pub fn review_slug_changed(id: ReviewId, slugs: &[Slug]) -> Purge {
    Purge::new("review.slug_changed", tags::REVIEWS)
        .hard([tags::review(id)])
        .hard(slugs.iter().map(tags::slug))
        .soft([tags::LIST_REVIEWS, tags::SEARCH])
}

pub fn camera_added(slug: &Slug, picture: Option<Sha256>) -> Purge {
    camera(Purge::new("camera.added", tags::CAMERAS), slug, picture.as_slice(), &[])
}

/// Its name, facts, state or picture: `pictures` before and after, `hidden` if nothing public
/// shows the old one any longer. Reviews and their lists name the camera and so carry its tag.
pub fn camera_changed(slug: &Slug, pictures: &[Sha256], hidden: &[Sha256]) -> Purge {
    camera(Purge::new("camera.changed", tags::CAMERAS), slug, pictures, hidden).soft([tags::SEARCH])
}

fn camera(purge: Purge, slug: &Slug, pictures: &[Sha256], hidden: &[Sha256]) -> Purge {
    purge.hard([tags::camera(slug)]).soft([tags::LIST_CAMERAS]).media(pictures, hidden)
}

pub fn offer_added(id: OfferId, camera: &Slug) -> Purge {
    Purge::new("offer.added", tags::ALL).hard([tags::offer(id), tags::offers(camera)])
}

pub fn offer_changed(id: OfferId, camera: &Slug) -> Purge {
    Purge::new("offer.changed", tags::ALL).hard([tags::offer(id), tags::offers(camera)])
}

pub fn offer_withdrawn(id: OfferId, camera: &Slug) -> Purge {
    Purge::new("offer.withdrawn", tags::ALL).gone([tags::offer(id)]).hard([tags::offers(camera)])
}

pub fn editor_added(slug: &Slug) -> Purge {
    Purge::new("editor.added", tags::ALL).hard([tags::author(slug)])
}

/// Name or bio. Reviews and their lists name the author and so carry the tag, but not that of
/// the collection of editors.
pub fn editor_profile_changed(slug: &Slug) -> Purge {
    Purge::new("editor.profile_changed", tags::ALL).hard([tags::author(slug)])
}

impl Purge {
    /// `touched` are all that the write shows or showed, even if something else shows them
    /// too: that may end at the same moment, and then this is the write that an edge sees.
    fn media(mut self, touched: &[Sha256], hidden: &[Sha256]) -> Purge {
        if !touched.is_empty() {
            // Photographs are not in the collection of what shows them.
            self.collection = tags::ALL;
        }
        self.hard(touched.iter().copied().map(tags::media)).gone(hidden.iter().copied().map(tags::media))
    }
}

#[cfg(test)]
#[path = "purge_tests.rs"]
mod tests;
