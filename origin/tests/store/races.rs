//! Two writes at once: the second waits for the first where it must see what that one did.

use origin::{
    domain::{Editor, EditorialReview, Locale, PageRequest, Role, Sha256, Version, camera::CameraFacts},
    store::{Committed, StoreError, WriteTx, cameras, reviews, search},
};

use crate::support::{World, facts, in_a_database, new_ulid, slug, text};

/// A camera and a published review that both show the first of two photographs.
struct Shown {
    ana: Editor,
    review: EditorialReview,
    old: Sha256,
    new: Sha256,
}

impl Shown {
    async fn new(world: &World) -> Shown {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let (old, new) = (world.photograph(1, ana.id).await, world.photograph(2, ana.id).await);
        let mut tx = world.write().await;
        show(&mut tx, Some(old), Version(1)).await.unwrap();
        tx.commit(None).await.unwrap();
        let review = world.draft("one", &ana, &camera).await;
        let review = world.save(&review, &text(&ana, Locale::PtBr, "one", "x", &[old])).await;
        let (review, _) = world.publish(&review, Locale::PtBr).await;
        Shown { ana, review, old, new }
    }

    fn media(&self) -> String {
        format!("media:{}", self.old)
    }
}

async fn show(tx: &mut WriteTx, picture: Option<Sha256>, version: Version) -> Result<(), StoreError> {
    let facts = CameraFacts { picture, ..facts("Canon", "r5") };
    let id = origin::domain::CameraId(new_ulid());
    cameras::upsert(tx, id, &slug("r5"), &facts, Some(version)).await.map(drop)
}

/// Does `second` while `first` is done but not committed, then commits them in this order.
async fn one_after_the_other<F>(world: &World, first: WriteTx, second: F) -> [Committed; 2]
where
    F: Future<Output = Result<WriteTx, StoreError>> + Send + 'static,
{
    let second = tokio::spawn(second);
    world.until_blocked(&second).await;
    let first = first.commit(None).await.unwrap();
    let second = second.await.unwrap().unwrap().commit(None).await.unwrap();
    [first, second]
}

#[tokio::test]
async fn a_photograph_that_a_camera_leaves_while_its_review_is_archived_is_gone() {
    in_a_database(|world| async move {
        let shown = Shown::new(&world).await;
        let mut first = world.write().await;
        show(&mut first, Some(shown.new), Version(2)).await.unwrap();
        let (mut second, review) = (world.write().await, shown.review.clone());
        let archive = async move {
            reviews::archive(&mut second, review.id, Locale::PtBr, review.version).await?;
            Ok(second)
        };
        let [changed, archived] = one_after_the_other(&world, first, archive).await;
        let [gone, hard, _] = world.tags(changed).await;
        assert!(!gone.contains(&shown.media()) && hard.contains(&shown.media()), "the review still shows it");
        assert!(world.tags(archived).await[0].contains(&shown.media()), "nothing shows it any longer");
    })
    .await;
}

#[tokio::test]
async fn a_photograph_whose_review_is_archived_while_its_camera_leaves_it_is_gone() {
    in_a_database(|world| async move {
        let shown = Shown::new(&world).await;
        let mut first = world.write().await;
        reviews::archive(&mut first, shown.review.id, Locale::PtBr, shown.review.version).await.unwrap();
        let (mut second, new) = (world.write().await, shown.new);
        let change = async move {
            show(&mut second, Some(new), Version(2)).await?;
            Ok(second)
        };
        let [archived, changed] = one_after_the_other(&world, first, change).await;
        let [gone, hard, _] = world.tags(archived).await;
        assert!(!gone.contains(&shown.media()) && hard.contains(&shown.media()), "the camera still shows it");
        assert!(world.tags(changed).await[0].contains(&shown.media()), "nothing shows it any longer");
    })
    .await;
}

#[tokio::test]
async fn a_photograph_that_a_republication_drops_is_gone_once_nothing_shows_it() {
    in_a_database(|world| async move {
        let shown = Shown::new(&world).await;
        let mut first = world.write().await;
        show(&mut first, None, Version(2)).await.unwrap();
        let review = world.save(&shown.review, &text(&shown.ana, Locale::PtBr, "one", "x", &[shown.new])).await;
        let mut second = world.write().await;
        let publish = async move {
            reviews::publish(&mut second, review.id, Locale::PtBr, review.version).await?;
            Ok(second)
        };
        let [_, published] = one_after_the_other(&world, first, publish).await;
        let [gone, hard, _] = world.tags(published).await;
        assert!(gone.contains(&shown.media()) && hard.contains(&format!("media:{}", shown.new)), "{gone:?} {hard:?}");
    })
    .await;
}

#[tokio::test]
async fn a_publication_during_a_rename_is_found_by_the_new_name() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let review = world.draft("one", &ana, &camera).await;
        let mut first = world.write().await;
        let id = origin::domain::CameraId(new_ulid());
        cameras::upsert(&mut first, id, &camera, &facts("Kanone", "r5"), Some(Version(1))).await.unwrap();
        let mut second = world.write().await;
        let publish = async move {
            reviews::publish(&mut second, review.id, Locale::PtBr, review.version).await?;
            Ok(second)
        };
        one_after_the_other(&world, first, publish).await;
        let mut snapshot = world.snapshot().await;
        for (query, hits) in [("kanone", 1), ("canon", 0)] {
            let page = search::search(&mut snapshot, query, Locale::PtBr, &PageRequest::default()).await.unwrap();
            assert_eq!(page.items.len(), hits, "{query}");
        }
    })
    .await;
}
