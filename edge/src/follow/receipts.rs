//! Telling the origin what has been applied.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use common::Seq;
use http::{HeaderValue, Method, header};
use http_body_util::{BodyExt as _, Full};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::Notify;

use super::Follower;

/// Numbers waiting to be reported; the oldest are dropped first.
const PENDING_MAX: usize = 1000;
/// Events that arrive together are reported together.
const COALESCE: Duration = Duration::from_millis(5);
/// A process that has nothing new says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);
const REPORT_WAIT: Duration = Duration::from_secs(2);

/// What was applied and not yet reported.
#[derive(Debug, Default)]
pub struct Pending {
    applied: Mutex<VecDeque<(Seq, Duration)>>,
    news: Notify,
}

impl Pending {
    pub fn push(&self, seq: Seq, now: Duration) {
        let mut applied = self.applied.lock();
        if applied.len() == PENDING_MAX {
            applied.pop_front();
        }
        applied.push_back((seq, now));
        drop(applied);
        self.news.notify_one();
    }

    /// The numbers belong to a log that is no longer followed.
    pub fn clear(&self) {
        self.applied.lock().clear();
    }

    fn take(&self) -> Vec<(Seq, Duration)> {
        self.applied.lock().drain(..).collect()
    }
}

/// One report. `held_ms` and `rtt_ms` let the origin tell, by its own clock alone, when the
/// event was applied.
#[derive(Serialize)]
struct Report<'a> {
    process: String,
    region: &'a str,
    log: String,
    rtt_ms: f64,
    /// Where the process stands, also when it has nothing new to say.
    seq: Seq,
    applied: Vec<Item>,
}

#[derive(Serialize)]
struct Item {
    seq: Seq,
    held_ms: f64,
}

pub async fn run(follower: Arc<Follower>) {
    let clock = &follower.edge.filler.clock;
    let process = follower.edge.filler.entropy.ulid(clock.wall()).to_string();
    loop {
        // A timeout here is the heartbeat.
        drop(tokio::time::timeout(HEARTBEAT, follower.pending.news.notified()).await);
        tokio::time::sleep(COALESCE).await;
        let Some((log, applied)) = follower.following() else { continue };
        let items = follower.pending.take();
        let now = clock.now();
        let held = |at: Duration| now.saturating_sub(at).as_secs_f64() * 1000.0;
        let report = Report {
            process: process.clone(),
            region: &follower.settings.region,
            log: log.to_string(),
            rtt_ms: follower.edge.filler.round_trip().as_secs_f64() * 1000.0,
            seq: applied,
            applied: items.into_iter().map(|(seq, at)| Item { seq, held_ms: held(at) }).collect(),
        };
        send(&follower, &report).await;
    }
}

/// A report that is lost is not repeated: the next heartbeat says where the process stands.
async fn send(follower: &Follower, report: &Report<'_>) {
    let (Some(mut request), Ok(body)) = (follower.request("/internal/receipts".to_owned()), serde_json::to_vec(report)) else {
        return;
    };
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *request.body_mut() = Full::from(body).map_err(|never| match never {}).boxed_unsync();
    let exchange = async {
        let response = follower.edge.filler.upstream.send(request).await.ok()?;
        // Read to its end, so that the connection can be used again.
        response.into_body().collect().await.ok()
    };
    if tokio::time::timeout(REPORT_WAIT, exchange).await.ok().flatten().is_none() {
        tracing::debug!("a receipt was not delivered");
    }
}
