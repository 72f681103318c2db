//! Photographs show with what shows them, and not before.

use origin::{
    domain::{Locale, Role, Sha256},
    store::{Snapshot, StoreError, photographs, reviews},
};

use crate::support::{World, in_a_database, photograph, text};

async fn is_public(world: &World, sha256: Sha256) -> bool {
    let mut snapshot = Snapshot::begin(&world.db).await.unwrap();
    photographs::public(&mut snapshot, sha256).await.unwrap().is_some()
}

#[tokio::test]
async fn a_drafts_photograph_is_not_public_and_a_published_ones_is() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let picture = world.photograph(1, ana.id).await;
        let review = world.draft("one", &ana, &camera).await;
        let review = world.save(&review, &text(&ana, Locale::PtBr, "one", "x", &[picture])).await;
        assert!(!is_public(&world, picture).await);
        let (review, write) = world.publish(&review, Locale::PtBr).await;
        assert!(is_public(&world, picture).await);
        // Before, it may have been cached as absent.
        assert!(world.tags(write).await[1].contains(&format!("media:{picture}")));
        let write = world.archive(review.id, Locale::PtBr, review.version).await;
        assert!(!is_public(&world, picture).await);
        assert!(world.tags(write).await[0].contains(&format!("media:{picture}")));
    })
    .await;
}

#[tokio::test]
async fn a_photograph_shown_elsewhere_outlives_an_archived_review() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let picture = world.photograph(1, ana.id).await;
        let mut published = Vec::new();
        for name in ["one", "two"] {
            let review = world.draft(name, &ana, &camera).await;
            let review = world.save(&review, &text(&ana, Locale::PtBr, name, "x", &[picture])).await;
            published.push(world.publish(&review, Locale::PtBr).await.0);
        }
        let media = format!("media:{picture}");
        let write = world.archive(published[0].id, Locale::PtBr, published[0].version).await;
        let [gone, hard, _] = world.tags(write).await;
        assert!(is_public(&world, picture).await && !gone.contains(&media) && hard.contains(&media));
        let write = world.archive(published[1].id, Locale::PtBr, published[1].version).await;
        assert!(!is_public(&world, picture).await && world.tags(write).await[0].contains(&media));
    })
    .await;
}

#[tokio::test]
async fn the_same_bytes_again_and_unknown_ones() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let picture = world.photograph(1, ana.id).await;
        let mut tx = world.write().await;
        assert!(!photographs::add(&mut tx, &photograph(picture, ana.id)).await.unwrap());
        drop(tx);
        let review = world.draft("one", &ana, &camera).await;
        let mut tx = world.write().await;
        let draft = text(&ana, Locale::PtBr, "one", "x", &[Sha256([9; 32])]);
        let error = reviews::save_draft(&mut tx, review.id, review.version, &draft).await.unwrap_err();
        assert!(matches!(error, StoreError::Dangling { field: "photographs" }), "{error}");
    })
    .await;
}
