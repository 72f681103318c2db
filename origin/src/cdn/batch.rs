//! From tags to what CloudFront is asked to forget: each once, no more than are worth their
//! price, under a reference that a crash cannot change.

use std::collections::BTreeSet;

use common::{LogId, Seq, Tag};

use crate::domain::tags::{self, tag};

/// The most items of one `CreateInvalidation`. CloudFront would take 3,000, shared by all
/// that are in progress.
pub const ITEMS_PER_REQUEST_MAX: usize = 30;
/// A batch with more tags than this forgets whole collections instead: every item counts
/// against the month's budget.
pub const EXACT_ITEMS_MAX: usize = 60;
/// With more than this even after that, it forgets everything.
pub const COLLECTION_ITEMS_MAX: usize = 30;

/// How far a batch had to be coarsened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    Exact,
    Collections,
    All,
}

impl Rung {
    pub const fn as_str(self) -> &'static str {
        match self {
            Rung::Exact => "exact",
            Rung::Collections => "collections",
            Rung::All => "all",
        }
    }
}

/// One request to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub caller_reference: String,
    pub tags: Vec<Tag>,
}

/// What a batch of writes comes to.
pub fn reduce(tags: impl IntoIterator<Item = Tag>) -> (BTreeSet<Tag>, Rung) {
    // CloudFront compares tags without case: two that differ by it only are one item.
    let mut seen = BTreeSet::new();
    let exact: BTreeSet<Tag> = tags.into_iter().filter(|tag| seen.insert(tag.as_str().to_ascii_lowercase())).collect();
    if exact.contains(tags::ALL) {
        return (BTreeSet::from([tag(tags::ALL)]), Rung::All);
    }
    let exact = without_contained(exact);
    if exact.len() <= EXACT_ITEMS_MAX {
        return (exact, Rung::Exact);
    }
    let collections: BTreeSet<Tag> = exact.into_iter().flat_map(widened).collect();
    let collections = without_contained(collections);
    if collections.len() <= COLLECTION_ITEMS_MAX {
        return (collections, Rung::Collections);
    }
    (BTreeSet::from([tag(tags::ALL)]), Rung::All)
}

/// Every answer that carries `one` carries one of these (see `domain/tags.rs`). Empty: there
/// is none but `all`.
fn collections_of(one: &Tag) -> &'static [&'static str] {
    match one.as_str().split_once(':').map(|(kind, _)| kind) {
        Some("review" | "slug") => &[tags::REVIEWS],
        Some("camera") => &[tags::CAMERAS],
        // An author's page, and the reviews and lists that name the author.
        Some("author") => &[tags::EDITORS, tags::REVIEWS],
        Some("media") => &[tags::MEDIA],
        _ => &[],
    }
}

fn widened(one: Tag) -> Vec<Tag> {
    match collections_of(&one) {
        [] => vec![one],
        collections => collections.iter().map(|name| tag(name)).collect(),
    }
}

/// Drops what a collection in the same batch covers.
fn without_contained(tags: BTreeSet<Tag>) -> BTreeSet<Tag> {
    let covered = |one: &Tag| {
        let collections = collections_of(one);
        !collections.is_empty() && collections.iter().all(|name| tags.contains(*name))
    };
    tags.iter().filter(|one| !covered(one)).cloned().collect()
}

/// The reference is made of the batch and of nothing else: whoever submits it again, after
/// whatever crash, submits the same.
pub fn chunks(log: LogId, from: Seq, to: Seq, tags: BTreeSet<Tag>) -> Vec<Chunk> {
    let tags: Vec<Tag> = tags.into_iter().collect();
    let numbered = tags.chunks(ITEMS_PER_REQUEST_MAX).enumerate();
    numbered
        .map(|(number, tags)| Chunk {
            caller_reference: format!("{}{from}-{to}-{number}", reference_prefix(log)),
            tags: tags.to_vec(),
        })
        .collect()
}

/// Tells whose log a reference counts in.
pub fn reference_prefix(log: LogId) -> String {
    format!("rcr-{log}-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(tags: &[&str]) -> BTreeSet<Tag> {
        tags.iter().map(|text| tag(text)).collect()
    }

    fn many(kind: &str, count: usize) -> Vec<Tag> {
        (0..count).map(|n| tag(&format!("{kind}:{n:03}"))).collect()
    }

    #[test]
    fn says_each_tag_once_whatever_its_case() {
        let (tags, rung) = reduce(set(&["review:01AB", "review:01ab", "search"]));
        assert_eq!((tags, rung), (set(&["review:01AB", "search"]), Rung::Exact));
    }

    #[test]
    fn everything_covers_all_else() {
        assert_eq!(reduce(set(&["all", "review:1", "search"])), (set(&["all"]), Rung::All));
        assert_eq!(reduce(set(&["reviews", "review:1", "slug:a", "search"])).0, set(&["reviews", "search"]));
        assert_eq!(reduce(set(&["editors", "author:a"])).0, set(&["author:a", "editors"]), "reviews name authors too");
    }

    #[test]
    fn climbs_the_ladder_when_too_many_pile_up() {
        assert_eq!(reduce(many("review", EXACT_ITEMS_MAX)).1, Rung::Exact);
        let piled = many("review", EXACT_ITEMS_MAX).into_iter().chain(set(&["search", "author:x", "offer:1"]));
        assert_eq!(reduce(piled), (set(&["reviews", "editors", "search", "offer:1"]), Rung::Collections));
        // Offers are in no collection.
        assert_eq!(reduce(many("offer", EXACT_ITEMS_MAX + 1)), (set(&["all"]), Rung::All));
    }

    #[test]
    fn a_batch_has_the_same_references_whenever_it_is_made() {
        let log = LogId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
        let (from, to) = (Seq::parse(b"7").unwrap(), Seq::parse(b"9").unwrap());
        let tags: BTreeSet<Tag> = many("media", ITEMS_PER_REQUEST_MAX + 1).into_iter().collect();
        let made = chunks(log, from, to, tags.clone());
        assert_eq!(made, chunks(log, from, to, tags));
        let references: Vec<&str> = made.iter().map(|chunk| chunk.caller_reference.as_str()).collect();
        assert_eq!(references, ["rcr-01ARZ3NDEKTSV4RRFFQ69G5FAV-7-9-0", "rcr-01ARZ3NDEKTSV4RRFFQ69G5FAV-7-9-1"]);
        assert_eq!(made[1].tags.len(), 1);
        assert!(chunks(log, from, to, BTreeSet::new()).is_empty());
    }
}
