//! A process of the shipped edge.

use std::ops::{Deref, DerefMut};

use serde_json::Value;

use crate::{
    child::Program,
    client::Got,
    service::Service,
    wait::eventually,
    world::{EDGE_TOKEN, World},
};

pub struct Edge(Service);

impl Edge {
    /// Started; nothing is waited for.
    pub fn start(world: &World, settings: &[(&str, &str)]) -> Edge {
        let mut service = Service::new(Program::Edge, &[], "EDGE", world.folder.path())
            .set("ORIGIN_URL", format!("http://{}", world.origin.address))
            .set("EDGE_TOKEN", EDGE_TOKEN)
            .sets(settings);
        service.start();
        Edge(service)
    }

    /// Ready, and sure that it knows everything.
    pub async fn confirmed(world: &World, settings: &[(&str, &str)]) -> Edge {
        let mut edge = Edge::start(world, settings);
        edge.ready().await;
        edge.is_confirmed().await;
        edge
    }

    pub async fn status(&self) -> Value {
        self.administer("/status").await.expect(200).json()
    }

    pub async fn is_confirmed(&self) {
        eventually("the edge is confirmed", async || (self.status().await["confirmed"] == true).then_some(())).await;
    }

    /// One number out of `/metrics`, by its name with labels; 0 if it is not there.
    pub async fn metric(&self, name: &str) -> f64 {
        let metrics = String::from_utf8(self.administer("/metrics").await.expect(200).body.to_vec()).unwrap();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Waits until it has put so many entries into Redis.
    pub async fn has_stored_regionally(&self, entries: usize) {
        let stored = "edge_regional_total{reason=\"stored\"}";
        let what = format!("{entries} entries are in Redis");
        eventually(&what, async || (self.metric(stored).await >= entries as f64).then_some(())).await;
    }

    /// Reads until the answer is as wanted.
    pub async fn reads_until(&self, what: &str, target: &str, wanted: impl Fn(&Got) -> bool) -> Got {
        eventually(what, async || Some(self.get(target).await).filter(&wanted)).await
    }
}

impl Deref for Edge {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.0
    }
}

impl DerefMut for Edge {
    fn deref_mut(&mut self) -> &mut Service {
        &mut self.0
    }
}

/// What the edge says it did.
pub fn did(got: &Got) -> &str {
    got.header("cache-status")
}

/// A problem that says when to come back.
#[track_caller]
pub fn assert_unavailable(got: &Got, statuses: &[u16]) {
    assert!(statuses.contains(&got.status.as_u16()), "{got:?}");
    assert_eq!(got.header("content-type"), "application/problem+json", "{got:?}");
    assert!(got.header("retry-after").parse::<u64>().is_ok(), "{got:?}");
    assert_eq!(got.header("cache-control"), "no-store", "{got:?}");
}
