//! `kill -9` of an edge loses nothing: its neighbour answers, and it comes back warm.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use http::Request;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    edge::{Edge, did},
    redis::Redis,
    service::attempt,
    wait::{eventually, in_time},
    world::World,
};

const REDIS: Redis = Redis(1);
const PAGES: usize = 6;
/// Readers at the edge that is killed; as many more at its neighbour.
const READERS: usize = 6;
/// Reads at the edge before it is killed, and at its neighbour after.
const READS_MIN: u64 = 100;

/// What is read, and what has been read so far.
struct Reading {
    pages: Vec<(String, String)>,
    neighbour: SocketAddr,
    /// Answers of the edge that is killed.
    first: AtomicU64,
    /// Answers of its neighbour to readers whom it left without one.
    second: AtomicU64,
    /// Answers of its neighbour to its own readers.
    own: AtomicU64,
    enough: CancellationToken,
}

impl Reading {
    async fn at(&self, address: SocketAddr, n: usize) -> bool {
        let (target, title) = &self.pages[n % PAGES];
        let request = Request::get(target).header("host", "origin.test").body(http_body_util::Full::default()).unwrap();
        let Ok(got) = attempt(address, request).await else { return false };
        // What is answered at all is answered right.
        assert_eq!(got.expect(200).json()["title"], **title);
        true
    }

    /// A reader who turns to the neighbour when there is no answer.
    async fn with_two(self: Arc<Self>, edge: SocketAddr, mut n: usize) {
        while !self.enough.is_cancelled() {
            if self.at(edge, n).await {
                self.first.fetch_add(1, Ordering::Relaxed);
            } else {
                assert!(self.at(self.neighbour, n).await, "the neighbour gave no answer");
                self.second.fetch_add(1, Ordering::Relaxed);
            }
            n += 1;
        }
    }

    async fn with_one(self: Arc<Self>, mut n: usize) {
        while !self.enough.is_cancelled() {
            assert!(self.at(self.neighbour, n).await, "the neighbour gave no answer");
            self.own.fetch_add(1, Ordering::Relaxed);
            n += 1;
        }
    }
}

#[tokio::test]
async fn of_two_edges_of_a_region_one_may_be_killed_in_the_middle_of_reads_and_comes_back_warm() {
    let world = World::start().await;
    let desk = world.desk().await;
    let camera = desk.camera().await;
    let mut pages = Vec::new();
    for n in 0..PAGES {
        let title = format!("Página {n}");
        pages.push((desk.published(&camera, &title).await.page(), title));
    }
    let redis = REDIS.url();
    let settings = [("EDGE_REGION", "sa"), ("REDIS_URL", redis.as_str()), ("EDGE_REDIS_WAIT_MS", "5000")];
    let mut edge = Edge::confirmed(&world, &settings).await;
    let neighbour = Edge::confirmed(&world, &settings).await;
    for (target, _) in &pages {
        let got = edge.get(target).await.expect(200);
        assert!(did(&got).contains("fwd=uri-miss; fwd-status=200; stored"), "{got:?}");
    }
    edge.has_stored_regionally(PAGES).await;

    let reading = Arc::new(Reading {
        pages: pages.clone(),
        neighbour: neighbour.address,
        first: AtomicU64::new(0),
        second: AtomicU64::new(0),
        own: AtomicU64::new(0),
        enough: CancellationToken::new(),
    });
    let mut readers = JoinSet::new();
    for n in 0..READERS {
        readers.spawn(Arc::clone(&reading).with_two(edge.address, n));
        readers.spawn(Arc::clone(&reading).with_one(n));
    }
    let count = async |what: &str, counter: &AtomicU64| {
        let wanted = counter.load(Ordering::Relaxed) + READS_MIN;
        eventually(what, async || (counter.load(Ordering::Relaxed) >= wanted).then_some(())).await;
    };
    count("both edges are read", &reading.first).await;
    edge.kill();
    count("the neighbour answers for the dead edge", &reading.second).await;
    count("the neighbour answers its own readers", &reading.own).await;
    reading.enough.cancel();
    let ended = async {
        while let Some(reader) = readers.join_next().await {
            reader.unwrap();
        }
    };
    in_time("the readers", ended).await;

    edge.start();
    edge.ready().await;
    edge.is_confirmed().await;
    for (target, title) in &pages {
        let got = edge.get(target).await.expect(200);
        assert_eq!(got.json()["title"], **title);
        assert!(did(&got).contains("rcr-sa; hit; detail=regional"), "{got:?}");
        assert!(did(&edge.get(target).await).contains("rcr-sa; hit; ttl="));
    }
    drop((edge, neighbour));
    world.end().await;
}
