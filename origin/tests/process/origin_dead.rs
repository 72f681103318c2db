//! The origin dead: what edges hold is answered, and they say what they do not know.

use crate::{
    edge::{Edge, assert_unavailable, did},
    redis::Redis,
    wait::eventually,
    world::World,
};

const REDIS: Redis = Redis(2);
const UNSEEN: &str = "/v1/reviews/nunca-vista";

fn is_unconfirmed(got: &crate::client::Got) -> bool {
    got.status == 200 && did(got).contains("; hit; detail=unconfirmed")
}

#[tokio::test]
async fn while_the_origin_is_dead_edges_answer_what_they_hold_and_recover_without_a_restart() {
    let mut world = World::start().await;
    let desk = world.desk().await;
    let page = desk.published(&desk.camera().await, "Publicada").await.page();
    let redis = REDIS.url();
    let regional = [("REDIS_URL", redis.as_str()), ("EDGE_REDIS_WAIT_MS", "5000")];
    let kept = Edge::confirmed(&world, &[]).await;
    let shared = Edge::confirmed(&world, &regional).await;
    for edge in [&kept, &shared] {
        edge.get(&page).await.expect(200);
    }
    shared.has_stored_regionally(1).await;
    let log = world.head().await.log.to_string();
    eventually("Redis remembers the log", async || REDIS.remembers(&log).await.then_some(())).await;
    world.origin.kill();

    // Those that run: what is cached, marked as soon as nobody can tell; nothing else.
    for edge in [&kept, &shared] {
        let got = edge.get(&page).await.expect(200);
        assert!(did(&got).contains("; hit; "), "{got:?}");
        let marked = edge.reads_until("the copy is marked", &page, is_unconfirmed).await;
        assert_eq!((&marked.json()["title"], marked.header("cache-control")), (&"Publicada".into(), "no-store"));
        assert_unavailable(&edge.get(UNSEEN).await, &[502, 504]);
    }

    // One that starts now, with a Redis: it listens at once, and answers from there.
    let mut blind = Edge::start(&world, &regional);
    blind.listening().await;
    blind.administer("/healthz").await.expect(200);
    let marked = blind.reads_until("the edge answers what Redis holds", &page, is_unconfirmed).await;
    assert_eq!((&marked.json()["title"], marked.header("cache-control")), (&"Publicada".into(), "no-store"));
    assert_eq!(blind.status().await["mode"], "blind");
    assert_unavailable(&blind.get(UNSEEN).await, &[503]);
    // And one without.
    let mut bare = Edge::start(&world, &[]);
    bare.listening().await;
    assert_unavailable(&bare.get(&page).await, &[503]);
    // Readers are better served with what there is than not at all.
    blind.ready().await;
    bare.ready().await;

    world.origin.start();
    world.origin.ready().await;
    for edge in [&kept, &shared, &blind, &bare] {
        edge.is_confirmed().await;
        let whole = |got: &crate::client::Got| got.status == 200 && !did(got).contains("detail=unconfirmed");
        let got = edge.reads_until("the page is confirmed again", &page, whole).await;
        assert_eq!(got.json()["title"], "Publicada");
        edge.reads_until("it answers from memory", &page, |got| did(got).contains("; hit; ttl=")).await;
        edge.reads_until("what is not there is known again", UNSEEN, |got| got.status == 404).await;
    }
    drop((kept, shared, blind, bare));
    world.end().await;
}
