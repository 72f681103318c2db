//! Fetching the origin's pages before any reader asks for them: the first reader of a page does not wait for the long
//! way, and what nobody has read yet is there when the origin is not.

mod lists;

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use http::HeaderValue;
use tokio::{
    sync::Semaphore,
    time::{Instant, Interval, MissedTickBehavior},
};

use self::lists::Lists;
use super::Follower;
use crate::{
    epoch::{Epoch, Mode},
    key::RULES_MAX,
};

/// How often is looked whether it is time, or a new epoch has begun.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// All edges begin an epoch in one moment, and must not all begin to ask in it.
const START_SPREAD: Duration = Duration::from_secs(2);
/// After a walk that could not be ended: at least, and at most twice as long.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Pages looked at in one walk. More would take the rules of readers' paths away, and forget their own.
const PAGES_MAX: usize = (RULES_MAX / 4 * 3) as usize;
/// Pages asked for at once.
pub const ASKED_MAX: usize = 16;
/// Pages looked at before others have a turn: a look takes microseconds.
const LOOKED_AT_ONCE: usize = 64;

/// Which pages, and how fast.
#[derive(Clone, Debug)]
pub struct Prefetch {
    /// The authority that readers name.
    pub host: Box<str>,
    /// Pages a second, at most.
    pub per_s: u32,
    /// From the end of one look at all of them to the next.
    pub every: Duration,
}

/// How a walk past all pages ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    Done,
    /// Memory is full of what readers ask for: what they may ask for must not drive that out.
    Crowded,
    /// There are more pages than are looked at.
    TooMany,
    /// The origin did not say which pages there are.
    NoList,
    /// The epoch ended, or the origin cannot be reached.
    BrokenOff,
}

impl Walk {
    pub const fn as_str(self) -> &'static str {
        match self {
            Walk::Done => "done",
            Walk::Crowded => "crowded",
            Walk::TooMany => "too-many",
            Walk::NoList => "no-list",
            Walk::BrokenOff => "broken-off",
        }
    }
}

/// What walks need.
struct Walker {
    follower: Arc<Follower>,
    prefetch: Prefetch,
    host: HeaderValue,
    lists: Lists,
    pace: Interval,
}

pub async fn run(follower: Arc<Follower>) {
    let Some(prefetch) = follower.settings.prefetch.clone() else { return };
    let Ok(host) = HeaderValue::from_str(&prefetch.host) else { return };
    let mut pace = tokio::time::interval(Duration::from_secs(1) / prefetch.per_s.max(1));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut walker = Walker { follower, prefetch, host, lists: Lists::default(), pace };
    let mut next: Option<(Weak<Epoch>, Instant)> = None;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let epoch = walker.follower.edge.epoch.load_full();
        let is_of = |of: &Weak<Epoch>| std::ptr::eq(of.as_ptr(), &raw const *epoch);
        let at = match &next {
            Some((of, at)) if is_of(of) => *at,
            Some(_) | None => Instant::now() + walker.chance(START_SPREAD),
        };
        // Before it is confirmed nobody knows whether the origin can be asked at all.
        let ready = matches!(epoch.mode, Mode::Following(_)) && walker.is_confirmed(&epoch);
        let at = if ready && at <= Instant::now() {
            let walk = walker.walk(&epoch).await;
            walker.follower.edge.filler.metrics.walked(walk);
            tracing::info!(walk = walk.as_str(), "looked at all pages");
            let pause = match walk {
                Walk::Done | Walk::Crowded | Walk::TooMany => walker.prefetch.every,
                Walk::NoList | Walk::BrokenOff => RETRY_AFTER + walker.chance(RETRY_AFTER),
            };
            Instant::now() + pause
        } else {
            at
        };
        next = Some((Arc::downgrade(&epoch), at));
    }
}

impl Walker {
    /// Looks at every page once.
    async fn walk(&mut self, epoch: &Arc<Epoch>) -> Walk {
        let edge = Arc::clone(&self.follower.edge);
        let places = Arc::new(Semaphore::new(ASKED_MAX));
        let (mut next, mut looked_at) = (Some(lists::FIRST.to_owned()), 0);
        while let Some(path) = next {
            let Some(list) = self.lists.ask(&self.follower, &path).await else { return Walk::NoList };
            // Every process begins elsewhere: two of a region share what they find through Redis.
            let begin = usize::try_from(edge.filler.entropy.u64()).unwrap_or(0) % list.pages.len().max(1);
            for target in list.pages[begin..].iter().chain(&list.pages[..begin]) {
                looked_at += 1;
                if looked_at > PAGES_MAX {
                    tracing::warn!(max = PAGES_MAX, "there are more pages than are fetched ahead");
                    return Walk::TooMany;
                }
                if looked_at % LOOKED_AT_ONCE == 0 {
                    tokio::task::yield_now().await;
                }
                let Some(page) = edge.lacks(epoch, &self.prefetch.host, target) else { continue };
                // The store reckons its weight only now and then, unless it is told to.
                epoch.memory.maintain();
                if epoch.memory.is_crowded() {
                    return Walk::Crowded;
                }
                self.pace.tick().await;
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Walk::BrokenOff };
                if !Arc::ptr_eq(&edge.epoch.load(), epoch) || !self.is_confirmed(epoch) {
                    return Walk::BrokenOff;
                }
                let (edge, host) = (Arc::clone(&edge), self.host.clone());
                tokio::spawn(async move {
                    let fetched = edge.fetch_ahead(page, &host).await;
                    edge.filler.metrics.fetched_ahead(fetched);
                    drop(place);
                });
            }
            next = list.next.clone();
        }
        self.lists.forget_unasked();
        // Walked past is not yet fetched.
        let _all_back = places.acquire_many(ASKED_MAX as u32).await;
        Walk::Done
    }

    fn is_confirmed(&self, epoch: &Epoch) -> bool {
        epoch.is_confirmed(self.follower.edge.filler.clock.now())
    }

    /// Up to `longest`.
    fn chance(&self, longest: Duration) -> Duration {
        longest.mul_f64((self.follower.edge.filler.entropy.u64() % 1000) as f64 / 1000.0)
    }
}
