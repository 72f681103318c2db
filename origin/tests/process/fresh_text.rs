//! Fill after purge, with the real origin: whoever arrives after the receipts reads the new text.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use http::Method;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    client::Ask,
    edge::{Edge, did},
    redis::Redis,
    wait::in_time,
    world::World,
};

const REDIS: Redis = Redis(3);
const ROUNDS: u64 = 50;
const READERS_PER_EDGE: usize = 4;

#[tokio::test]
async fn who_arrives_after_the_receipts_never_reads_the_text_before() {
    let world = World::start().await;
    let desk = world.desk().await;
    let mut review = desk.published(&desk.camera().await, "0").await;
    let redis = REDIS.url();
    // So long a wait that a busy machine is not taken for a dead origin.
    let patient = ("EDGE_FILL_TIMEOUT_MS", "30000");
    let edges = [
        Edge::confirmed(&world, &[("EDGE_REGION", "sa"), patient]).await,
        Edge::confirmed(&world, &[("EDGE_REGION", "eu"), patient, ("REDIS_URL", redis.as_str())]).await,
    ];

    // The round whose text every edge is known to have applied, and how much was read.
    let (applied, reads) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let enough = CancellationToken::new();
    let mut readers = JoinSet::new();
    for n in 0..edges.len() * READERS_PER_EDGE {
        let (address, page) = (edges[n % edges.len()].address, review.page());
        let (applied, reads, enough) = (Arc::clone(&applied), Arc::clone(&reads), enough.clone());
        readers.spawn(async move {
            while !enough.is_cancelled() {
                let least = applied.load(Ordering::SeqCst);
                let got = in_time("a read", Ask::new(address, Method::GET, &page).send()).await.expect(200);
                let round: u64 = got.json()["title"].as_str().unwrap().parse().unwrap();
                assert!(round >= least, "round {round} after {least} was applied: {}", did(&got));
                reads.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    for round in 1..=ROUNDS {
        desk.save(&mut review, &round.to_string()).await;
        let published = desk.publish(&mut review).await;
        desk.applied(published, &["sa", "eu"]).await;
        applied.store(round, Ordering::SeqCst);
        for edge in &edges {
            let got = edge.get(&review.page()).await.expect(200);
            assert_eq!(got.json()["title"], round.to_string(), "{}", did(&got));
        }
    }
    enough.cancel();
    while let Some(reader) = readers.join_next().await {
        reader.unwrap();
    }
    println!("{} reads in {ROUNDS} rounds, none of them old", reads.load(Ordering::Relaxed));
    drop(edges);
    world.end().await;
}
