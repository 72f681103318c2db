//! Asking once a second where the log stands (R21).

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use common::Head;
use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use tokio::time::MissedTickBehavior;

use super::Follower;
use crate::epoch::CONFIRMED_FOR;

const ASK_EVERY: Duration = Duration::from_secs(1);
/// An answer that comes later confirms nothing any more.
const ANSWER_WAIT: Duration = CONFIRMED_FOR;
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Connections opened to the origin ahead of need, so that the first misses after a start do
/// not wait for handshakes.
const WARM_CONNECTIONS: usize = 4;

pub async fn run(follower: Arc<Follower>) {
    // At once, and so on separate connections.
    let warming = (0..WARM_CONNECTIONS).map(|_| ask(&follower));
    futures_util::future::join_all(warming).await;
    let mut ticks = tokio::time::interval(ASK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        ask(&follower).await;
    }
}

async fn ask(follower: &Follower) {
    let edge = &follower.edge;
    let Some(request) = follower.request("/internal/head".to_owned()) else { return };
    // R21 counts from the sending of the question, in the epoch that asked it.
    let (epoch, asked) = (edge.epoch.load_full(), edge.filler.clock.now());
    let exchange = async {
        let response = edge.filler.upstream.send(request).await.ok()?;
        if response.status() != StatusCode::OK {
            return None;
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.ok()?;
        serde_json::from_slice::<Head>(&body.to_bytes()).ok()
    };
    let Ok(Some(head)) = tokio::time::timeout(ANSWER_WAIT, exchange).await else { return };
    let took = edge.filler.clock.now().saturating_sub(asked);
    edge.round_trip_ns.store(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    match epoch.log() {
        Some(log) if log == head.log => epoch.heard_head(head.seq, asked),
        // Only a log that is being followed can be contradicted; before, the feed decides.
        Some(_) if follower.following().is_some_and(|(log, _)| log != head.log) => follower.suspicion.notify_one(),
        Some(_) | None => {}
    }
}
