//! `kill -9` of the origin between manuscript and commit: nothing visible, nothing broken.

use http::Method;

use crate::{
    blocks::{At, Block, gone},
    desk::{beginning, text},
    service::attempt,
    texts::Store,
    wait::eventually,
    world::World,
};

#[tokio::test]
async fn a_save_that_a_kill_cuts_off_leaves_nothing_to_see_with_manuscripts_in_postgresql() {
    a_save_is_cut_off(Store::Postgres).await;
}

#[tokio::test]
async fn a_save_that_a_kill_cuts_off_leaves_nothing_to_see_with_manuscripts_in_mongodb() {
    a_save_is_cut_off(Store::MongoDb).await;
}

async fn a_save_is_cut_off(store: Store) {
    let mut world = World::start_with(store, &[]).await;
    let desk = world.desk().await;
    let camera = desk.camera().await;
    let mut review = desk.published(&camera, "Antes").await;
    let page = world.origin.get(&review.page()).await.expect(200);
    let (view, head, texts) = (desk.view(&review).await, world.head().await, world.texts.count().await);

    let block = Block::take(&world.database, At::ItsNumber).await;
    let request = desk.request(Method::PUT, &review.locale(), Some(&review.etag), Some(&text("Cortado")));
    let saving = tokio::spawn(attempt(world.origin.address, request));
    eventually("the manuscript is stored", async || (world.texts.count().await == texts + 1).then_some(())).await;
    let backends = block.holds_up(1).await;
    assert!(!saving.is_finished(), "no answer before there is a number");
    world.origin.kill();
    let answer = saving.await.unwrap();
    assert!(answer.is_err(), "{answer:?}");
    block.release().await;
    world.origin.start();
    world.origin.ready().await;
    gone(&world.database, &backends).await;

    // Neither its editors nor its readers see anything of it, and no number was used up.
    let seen = desk.view(&review).await;
    assert_eq!((seen.json(), seen.etag()), (view.json(), review.etag.clone()));
    let read = world.origin.get(&review.page()).await.expect(200);
    assert_eq!((&read.body, read.etag(), read.header("rcr-as-of")), (&page.body, page.etag(), page.header("rcr-as-of")));
    let present = world.head().await;
    assert_eq!((present.log, present.seq), (head.log, head.seq));
    assert_eq!(world.texts.count().await, texts + 1, "the orphan stays: nothing points at it");
    let (code, said) = world.check().await;
    assert_eq!(code, Some(0), "an orphan is a note at most: {said}");

    // And the editor goes on with the version that was there before.
    let saved = desk.save(&mut review, "Depois").await;
    assert_eq!(saved, head.seq.get() + 1);
    let published = desk.publish(&mut review).await;
    assert_eq!(published, saved + 1);
    assert_eq!(world.origin.get(&review.page()).await.expect(200).json()["title"], "Depois");
    world.has_no_gap(common::Seq::new(published).unwrap()).await;
    world.end().await;
}

#[tokio::test]
async fn a_review_whose_beginning_a_kill_cuts_off_was_never_begun() {
    let mut world = World::start().await;
    let desk = world.desk().await;
    let camera = desk.camera().await;
    let (head, texts) = (world.head().await, world.texts.count().await);

    let block = Block::take(&world.database, At::ItsNumber).await;
    let request = desk.request(Method::POST, "/v1/editorial/reviews", None, Some(&beginning(&camera, "Nova")));
    let beginning = tokio::spawn(attempt(world.origin.address, request));
    eventually("the manuscript is stored", async || (world.texts.count().await == texts + 1).then_some(())).await;
    let backends = block.holds_up(1).await;
    world.origin.kill();
    assert!(beginning.await.unwrap().is_err());
    block.release().await;
    world.origin.start();
    world.origin.ready().await;
    gone(&world.database, &backends).await;

    assert_eq!(desk.list().await["items"].as_array().map(Vec::len), Some(0));
    world.origin.get("/v1/reviews/nova").await.problem(404, "not-found");
    assert_eq!(world.check().await.0, Some(0));
    // Its slug is not taken.
    let review = desk.published(&camera, "Nova").await;
    assert_eq!(review.slug, "nova");
    world.origin.get("/v1/reviews/nova").await.expect(200);
    world.has_no_gap(common::Seq::new(head.seq.get() + 2).unwrap()).await;
    world.end().await;
}

#[tokio::test]
async fn a_publication_that_a_kill_cuts_off_did_not_happen_and_can_be_made_again() {
    let mut world = World::start().await;
    let desk = world.desk().await;
    let camera = desk.camera().await;
    let mut review = desk.published(&camera, "Antes").await;
    let saved = desk.save(&mut review, "Depois").await;

    let block = Block::take(&world.database, At::ItsNumber).await;
    let target = format!("{}/publish", review.locale());
    let request = desk.request(Method::POST, &target, Some(&review.etag), None);
    let publishing = tokio::spawn(attempt(world.origin.address, request));
    let backends = block.holds_up(1).await;
    world.origin.kill();
    assert!(publishing.await.unwrap().is_err());
    block.release().await;
    world.origin.start();
    world.origin.ready().await;
    gone(&world.database, &backends).await;

    let title = async || world.origin.get(&review.page()).await.expect(200).json()["title"].clone();
    assert_eq!(title().await, "Antes");
    let view = desk.view(&review).await;
    assert_eq!((view.etag(), &view.json()["locales"][0]["draft"]["title"]), (review.etag.clone(), &"Depois".into()));
    assert_eq!(world.check().await.0, Some(0));
    let published = desk.publish(&mut review).await;
    assert_eq!(published, saved + 1);
    assert_eq!(world.origin.get(&review.page()).await.expect(200).json()["title"], "Depois");
    world.has_no_gap(common::Seq::new(published).unwrap()).await;
    world.end().await;
}
