//! SIGTERM: feeds first, then what is in progress, and all of it within a limit.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};

use crate::{
    blocks::{At, Block, gone},
    client::Ask,
    desk::text,
    edge::Edge,
    service::{accepts, attempt},
    texts::Store,
    wait::{eventually, in_time, within},
    world::{EDGE_TOKEN, World},
};

/// A limit that no request in progress here reaches.
const DRAIN_LONG_MS: &str = "60000";
/// A limit that every request in progress here reaches.
const DRAIN_SHORT_MS: &str = "300";
/// From SIGTERM to the end, with the short limit: the five seconds that background work may
/// take, and room for two busy cores.
const STOP_MAX: Duration = Duration::from_secs(15);

#[tokio::test]
async fn an_origin_that_is_told_to_stop_ends_feeds_first_and_then_answers_what_is_in_progress() {
    let mut world = World::start_with(Store::Postgres, &[("ORIGIN_DRAIN_MS", DRAIN_LONG_MS)]).await;
    let desk = world.desk().await;
    let mut review = desk.begin(&desk.camera().await, "Antes").await;
    let head = world.head().await;
    let feed = Ask::new(world.origin.address, Method::GET, "/internal/feed").token(EDGE_TOKEN);
    let mut feed = in_time("the feed", feed.open()).await.into_body();
    assert!(in_time("the first head", feed.frame()).await.unwrap().unwrap().is_data());

    let block = Block::take(&world.database, At::ItsNumber).await;
    let request = desk.request(Method::PUT, &review.locale(), Some(&review.etag), Some(&text("Depois")));
    let saving = tokio::spawn(attempt(world.origin.address, request));
    block.holds_up(1).await;
    world.origin.terminate();
    let fed = async {
        while let Some(frame) = feed.frame().await {
            drop(frame.expect("the feed ends in good order"));
        }
    };
    in_time("the end of the feed", fed).await;
    eventually("new connections are refused", async || (!accepts(world.origin.address).await).then_some(())).await;
    assert!(!saving.is_finished() && world.origin.child().ended().is_none(), "a request is in progress");
    world.origin.administer("/healthz").await.expect(200);

    block.release().await;
    let saved = saving.await.unwrap().expect("an answer").expect(200);
    assert_eq!(world.origin.exit_code().await, Some(0));
    world.origin.start();
    world.origin.ready().await;
    assert_eq!(saved.seq(), head.seq.get() + 1);
    assert_eq!(desk.view(&review).await.etag(), saved.etag());
    review.etag = saved.etag();
    desk.publish(&mut review).await;
    world.end().await;
}

#[tokio::test]
async fn an_origin_that_is_told_to_stop_cuts_off_what_does_not_end_in_time() {
    let mut world = World::start_with(Store::Postgres, &[("ORIGIN_DRAIN_MS", DRAIN_SHORT_MS)]).await;
    let desk = world.desk().await;
    let review = desk.begin(&desk.camera().await, "Antes").await;
    let head = world.head().await;

    let block = Block::take(&world.database, At::ItsNumber).await;
    let request = desk.request(Method::PUT, &review.locale(), Some(&review.etag), Some(&text("Depois")));
    let saving = tokio::spawn(attempt(world.origin.address, request));
    let backends = block.holds_up(1).await;
    world.origin.terminate();
    assert_eq!(within(STOP_MAX, "stopping", world.origin.exit_code()).await, Some(0));
    assert!(saving.await.unwrap().is_err(), "an answer that is not durable");

    block.release().await;
    gone(&world.database, &backends).await;
    world.origin.start();
    world.origin.ready().await;
    assert_eq!(world.head().await.seq, head.seq);
    assert_eq!(desk.view(&review).await.etag(), review.etag);
    world.end().await;
}

#[tokio::test]
async fn an_edge_that_is_told_to_stop_answers_what_is_in_progress_and_takes_nothing_new() {
    let world = World::start().await;
    let desk = world.desk().await;
    let camera = desk.camera().await;
    let review = desk.published(&camera, "Antes").await;
    let settings = [("EDGE_DRAIN_MS", DRAIN_LONG_MS), ("EDGE_FILL_TIMEOUT_MS", "60000"), ("EDGE_PASS_TIMEOUT_MS", "60000")];
    let mut edge = Edge::confirmed(&world, &settings).await;

    // A reader's miss and an editor's write, both on their way to an origin that is slow.
    let block = Block::take(&world.database, At::Reviews).await;
    let reading = tokio::spawn(attempt(edge.address, read(&review.page())));
    let request = desk.request(Method::PUT, &review.locale(), Some(&review.etag), Some(&text("Depois")));
    let saving = tokio::spawn(attempt(edge.address, request));
    block.holds_up(2).await;
    edge.terminate();
    eventually("new connections are refused", async || (!accepts(edge.address).await).then_some(())).await;
    edge.administer("/healthz").await.expect(200);
    assert!(!reading.is_finished() && !saving.is_finished() && edge.child().ended().is_none(), "they are in progress");

    block.release().await;
    let page = reading.await.unwrap().expect("an answer").expect(200);
    assert_eq!(page.json()["title"], "Antes");
    let saved = saving.await.unwrap().expect("an answer").expect(200);
    assert_eq!(edge.exit_code().await, Some(0));
    assert_eq!(desk.view(&review).await.etag(), saved.etag());
    drop(edge);
    world.end().await;
}

#[tokio::test]
async fn an_edge_that_is_told_to_stop_cuts_off_what_does_not_end_in_time() {
    let world = World::start().await;
    let desk = world.desk().await;
    let review = desk.published(&desk.camera().await, "Antes").await;
    let settings = [("EDGE_DRAIN_MS", DRAIN_SHORT_MS), ("EDGE_FILL_TIMEOUT_MS", "60000")];
    let mut edge = Edge::confirmed(&world, &settings).await;

    let block = Block::take(&world.database, At::Reviews).await;
    let reading = tokio::spawn(attempt(edge.address, read(&review.page())));
    block.holds_up(1).await;
    edge.terminate();
    assert_eq!(within(STOP_MAX, "stopping", edge.exit_code()).await, Some(0));
    assert!(reading.await.unwrap().is_err());
    block.release().await;
    drop(edge);
    world.end().await;
}

fn read(target: &str) -> Request<Full<Bytes>> {
    Request::get(target).header("host", "origin.test").body(Full::default()).unwrap()
}
