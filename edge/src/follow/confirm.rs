//! Asking once a second where the log stands (R21).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::Head;
use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use tokio::{sync::Semaphore, time::MissedTickBehavior};

use super::Follower;
use crate::epoch::CONFIRMED_FOR;

const ASK_EVERY: Duration = Duration::from_secs(1);
/// An answer that comes later confirms nothing any more.
const ANSWER_WAIT: Duration = CONFIRMED_FOR;
/// Questions on their way at once: one lost answer must not hold up the next question.
const QUESTIONS_MAX: usize = 6;
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// How often the region is told again which log it follows, lest it forget.
const REMEMBER_EVERY: Duration = Duration::from_secs(60);

pub async fn run(follower: Arc<Follower>) {
    let places = Arc::new(Semaphore::new(QUESTIONS_MAX));
    // All at once, and so on connections of their own: opened ahead of need, so that the first
    // misses after a start do not wait for handshakes.
    for _ in 0..QUESTIONS_MAX {
        spawn(&follower, &places);
    }
    let mut ticks = tokio::time::interval(ASK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reminders = tokio::time::interval(REMEMBER_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => spawn(&follower, &places),
            // A new epoch is confirmed by questions of its own.
            () = follower.begun.notified() => spawn(&follower, &places),
            _ = reminders.tick() => follower.remember_log(),
        }
    }
}

fn spawn(follower: &Arc<Follower>, places: &Arc<Semaphore>) {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        let follower = Arc::clone(follower);
        tokio::spawn(async move {
            ask(&follower).await;
            drop(place);
        });
    }
}

async fn ask(follower: &Follower) {
    let edge = &follower.edge;
    let Some(request) = follower.request("/internal/head".to_owned()) else { return };
    // R21 counts from the sending of the question, in the epoch that asked it.
    let (epoch, asked) = (edge.epoch.load_full(), edge.filler.clock.now());
    let applied = epoch.tags.applied();
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
    measured(&edge.filler.round_trip_ns, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    // Only a log that is being followed can be contradicted; before, the feed decides.
    let Some(log) = epoch.log() else { return };
    let contradicted = log != head.log || head.seq < applied;
    if !contradicted {
        epoch.heard_head(head.seq, asked);
    } else if follower.following().is_some_and(|(followed, _)| followed == log) {
        follower.suspicion.notify_one();
    }
}

/// The round trip is the least one seen of late: what lies above it is waiting, not distance.
/// Falls at once, rises by a sixteenth of the difference.
fn measured(round_trip_ns: &AtomicU64, took_ns: u64) {
    let before = round_trip_ns.load(Ordering::Relaxed);
    let after = if before == 0 || took_ns < before { took_ns } else { before + (took_ns - before) / 16 };
    round_trip_ns.store(after, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_answer_is_no_longer_distance() {
        let round_trip = AtomicU64::new(0);
        for took in [200, 100, 1700] {
            measured(&round_trip, took);
        }
        assert_eq!(round_trip.load(Ordering::Relaxed), 200);
    }
}
