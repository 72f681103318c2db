//! Fetching the origin's pages before any reader asks for them: the first reader of a page does not wait for the long
//! way, and what nobody has read yet is there when the origin is not.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use serde::Deserialize;
use tokio::{
    sync::Semaphore,
    time::{Instant, Interval, MissedTickBehavior},
};

use super::Follower;
use crate::epoch::{Epoch, Mode};

/// How often is looked whether it is time, or a new epoch has begun.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// For one list of pages.
const LIST_WAIT: Duration = Duration::from_secs(5);
const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// More than a million pages at the origin's five thousand a list.
const LISTS_MAX: usize = 256;
/// Pages asked for at once.
const ASKED_MAX: usize = 16;

/// Which pages, and how fast.
#[derive(Clone, Debug)]
pub struct Prefetch {
    /// The authority that readers name.
    pub host: Box<str>,
    /// Pages a second, at most.
    pub per_s: u32,
    /// From one look at all of them to the next.
    pub every: Duration,
}

/// One list as the origin sent it, by the address it was asked under: unchanged, it is a 304.
#[derive(Default)]
struct Lists(HashMap<String, Listed>);

struct Listed {
    etag: HeaderValue,
    pages: Arc<Pages>,
}

#[derive(Deserialize)]
struct Pages {
    pages: Vec<String>,
    next: Option<String>,
}

pub async fn run(follower: Arc<Follower>) {
    let Some(prefetch) = follower.settings.prefetch.clone() else { return };
    let Ok(host) = HeaderValue::from_str(&prefetch.host) else { return };
    let mut lists = Lists::default();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / prefetch.per_s.max(1));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut walked: Option<(Weak<Epoch>, Instant)> = None;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let epoch = follower.edge.epoch.load_full();
        let done =
            walked.as_ref().is_some_and(|(of, at)| std::ptr::eq(of.as_ptr(), &raw const *epoch) && at.elapsed() < prefetch.every);
        // Before it is confirmed nobody knows whether the origin can be asked at all.
        let ready = matches!(epoch.mode, Mode::Following(_)) && epoch.is_confirmed(follower.edge.filler.clock.now());
        if ready && !done {
            walked = Some((Arc::downgrade(&epoch), Instant::now()));
            walk(&follower, &epoch, &prefetch, &host, &mut lists, &mut pace).await;
        }
    }
}

/// Looks at every page once.
async fn walk(
    follower: &Arc<Follower>,
    epoch: &Arc<Epoch>,
    prefetch: &Prefetch,
    host: &HeaderValue,
    lists: &mut Lists,
    pace: &mut Interval,
) {
    let edge = &follower.edge;
    let places = Arc::new(Semaphore::new(ASKED_MAX));
    let mut next = Some("/internal/pages".to_owned());
    for _ in 0..LISTS_MAX {
        let Some(path) = next.take() else { break };
        let Some(listed) = lists.ask(follower, &path).await else { break };
        for target in &listed.pages {
            let Some(page) = edge.lacks(epoch, &prefetch.host, target) else { continue };
            // Full of what readers ask for: what they may ask for must not drive that out. The store
            // reckons its weight only now and then, unless it is told to.
            epoch.memory.maintain();
            if epoch.memory.is_crowded() {
                tracing::warn!("memory is three quarters full: no more pages are fetched ahead");
                return;
            }
            pace.tick().await;
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            if !Arc::ptr_eq(&edge.epoch.load(), epoch) {
                return;
            }
            let (edge, host) = (Arc::clone(edge), host.clone());
            tokio::spawn(async move {
                let stored = edge.fetch_ahead(page, &host).await;
                edge.filler.metrics.fetched_ahead(stored);
                drop(place);
            });
        }
        next.clone_from(&listed.next);
    }
}

impl Lists {
    async fn ask(&mut self, follower: &Follower, path: &str) -> Option<Arc<Pages>> {
        let mut request = follower.request(path.to_owned())?;
        if let Some(known) = self.0.get(path) {
            request.headers_mut().insert(header::IF_NONE_MATCH, known.etag.clone());
        }
        let exchange = async {
            let response = follower.edge.filler.upstream.send(request).await.ok()?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, LIST_BYTES_MAX).collect().await.ok()?;
            Some((head, body.to_bytes()))
        };
        let (head, body) = tokio::time::timeout(LIST_WAIT, exchange).await.ok()??;
        match head.status {
            StatusCode::NOT_MODIFIED => self.0.get(path).map(|known| Arc::clone(&known.pages)),
            StatusCode::OK => {
                let pages: Pages =
                    serde_json::from_slice(&body).inspect_err(|error| tracing::warn!(%error, "no list of pages")).ok()?;
                let pages = Arc::new(pages);
                if let Some(etag) = head.headers.get(header::ETAG).filter(|_| self.0.len() < LISTS_MAX) {
                    self.0.insert(path.to_owned(), Listed { etag: etag.clone(), pages: Arc::clone(&pages) });
                }
                Some(pages)
            }
            status => {
                tracing::warn!(%status, "no list of pages");
                None
            }
        }
    }
}
