use ulid::Ulid;

use super::*;

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn texts(tags: &BTreeSet<Tag>) -> Vec<&str> {
    tags.iter().map(Tag::as_str).collect()
}

/// The whole contract: which write purges what, and how strongly.
#[test]
fn the_whole_table() {
    let review = ReviewId(Ulid(1));
    let offer = OfferId(Ulid(2));
    let picture = Sha256([0xab; 32]);
    let media = format!("media:{picture}");
    let old = Sha256([0xac; 32]);
    let old_media = format!("media:{old}");
    let review_tag = "review:00000000000000000000000001";
    let offer_tag = "offer:00000000000000000000000002";
    let slugs = [slug("new"), slug("old")];
    let lists = ["list:reviews", "search"];
    type Row<'a> = (Purge, &'a str, Vec<&'a str>, Vec<&'a str>, Vec<&'a str>);
    let table: Vec<Row<'_>> = vec![
        (unseen("review.draft_saved"), "review.draft_saved", vec![], vec![], vec![]),
        (
            review_published(review, &slugs, &[picture, old], &[old]),
            "review.published",
            vec![&old_media],
            vec![&media, review_tag, "slug:new", "slug:old"],
            lists.to_vec(),
        ),
        (
            review_archived(review, &slugs, &[picture, old], &[old]),
            "review.archived",
            vec![&old_media, review_tag, "slug:new", "slug:old"],
            vec![&media],
            lists.to_vec(),
        ),
        (
            review_slug_changed(review, &slugs),
            "review.slug_changed",
            vec![],
            vec![review_tag, "slug:new", "slug:old"],
            lists.to_vec(),
        ),
        (camera_added(&slug("r5"), Some(picture)), "camera.added", vec![], vec!["camera:r5", &media], vec!["list:cameras"]),
        (camera_changed(&slug("r5"), &[], &[]), "camera.changed", vec![], vec!["camera:r5"], vec!["list:cameras", "search"]),
        (
            camera_changed(&slug("r5"), &[old, picture], &[old]),
            "camera.changed",
            vec![&old_media],
            vec!["camera:r5", &media],
            vec!["list:cameras", "search"],
        ),
        (offer_added(offer, &slug("r5")), "offer.added", vec![], vec![offer_tag, "offers:r5"], vec![]),
        (offer_changed(offer, &slug("r5")), "offer.changed", vec![], vec![offer_tag, "offers:r5"], vec![]),
        (offer_withdrawn(offer, &slug("r5")), "offer.withdrawn", vec![offer_tag], vec!["offers:r5"], vec![]),
        (editor_added(&slug("ana")), "editor.added", vec![], vec!["author:ana"], vec![]),
        (editor_profile_changed(&slug("ana")), "editor.profile_changed", vec![], vec!["author:ana"], vec![]),
    ];
    for (purge, kind, gone, hard, soft) in table {
        let purge = purge.capped();
        assert_eq!(purge.kind, kind);
        assert_eq!((texts(&purge.gone), texts(&purge.hard), texts(&purge.soft)), (gone, hard, soft), "{kind}");
    }
}

fn many_slugs() -> Vec<Slug> {
    (0..EVENT_TAGS_MAX).map(|at| slug(&format!("s{at}"))).collect()
}

#[test]
fn too_many_tags_become_their_collection_at_the_strength_needed() {
    let id = ReviewId(Ulid(1));
    let hard = review_published(id, &many_slugs(), &[], &[]).capped();
    assert_eq!((texts(&hard.gone), texts(&hard.hard), texts(&hard.soft)), (vec![], vec!["reviews"], vec!["all"]));
    let gone = review_archived(id, &many_slugs(), &[], &[]).capped();
    assert_eq!((texts(&gone.gone), texts(&gone.hard), texts(&gone.soft)), (vec!["reviews"], vec![], vec!["all"]));
    let mixed = review_archived(id, &many_slugs(), &[Sha256([1; 32])], &[]).capped();
    assert_eq!(texts(&mixed.gone), ["all"], "photographs are in no review's collection");
    for editor in [editor_added(&slug("ana")), editor_profile_changed(&slug("ana"))] {
        let editor = editor.hard(many_slugs().iter().map(tags::slug)).capped();
        assert_eq!(texts(&editor.hard), ["all"], "reviews carry their author's tag and not that of all editors");
    }
    let two = offer_changed(OfferId(Ulid(2)), &slug("r5")).and(review_archived(id, &many_slugs(), &[], &[])).capped();
    assert_eq!((two.kind, texts(&two.gone)), ("offer.changed", vec!["all"]), "two kinds have no collection in common");
}

#[test]
fn a_tag_is_purged_once_at_its_strongest() {
    let id = ReviewId(Ulid(1));
    let purge = review_published(id, &[slug("a")], &[], &[]).and(review_archived(id, &[slug("a")], &[], &[])).capped();
    assert_eq!(texts(&purge.gone), ["review:00000000000000000000000001", "slug:a"]);
    assert!(purge.hard.is_empty(), "{:?}", purge.hard);
}
