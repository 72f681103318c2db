//! The change feed: apply, notice gaps, resume, start over (R16 to R21).

mod confirm;
mod prefetch;
mod receipts;
mod refresh;
mod stream;

use std::{sync::Arc, time::Duration};

use common::{LogId, Rotated, Seq};
use futures_util::FutureExt as _;
use http::{HeaderValue, Request, header};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

pub use self::prefetch::{ASKED_MAX, Prefetch, Walk};
use self::receipts::Pending;
use crate::{
    epoch::Mode,
    serve::Edge,
    upstream::{Body, no_body},
};

/// Between two attempts to connect: at least, doubling, at most; jittered by half.
const RECONNECT_MIN: Duration = Duration::from_millis(100);
const RECONNECT_MAX: Duration = Duration::from_secs(2);
/// Connections in a row that brought no progress though there was some to make, after which
/// everything stored is given up.
const STALLS_MAX: u32 = 3;

/// What following needs.
#[derive(Clone, Debug)]
pub struct Settings {
    pub region: Box<str>,
    pub token: Rotated,
    pub ring_events_max: usize,
    pub memory_bytes_max: u64,
    /// `None`: nothing is fetched but what readers ask for.
    pub prefetch: Option<Prefetch>,
}

/// Follows the feed for one edge process.
pub struct Follower {
    edge: Arc<Edge>,
    settings: Settings,
    pending: Arc<Pending>,
    /// Something does not fit: look again from the start.
    suspicion: Notify,
    /// A new epoch has begun.
    begun: Notify,
    /// An event that something may have waited for is applied.
    purged: Notify,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Refused, lost or silent: resume.
    Lost,
    /// Events are missing: resume from the applied number (R20).
    Gap,
    /// The head moves on, the applied number does not.
    Stalled,
    /// What came cannot be understood.
    Garbled,
    /// 410, another log, or a head below the applied number: a new epoch (R19).
    StartOver,
}

impl Follower {
    pub fn new(edge: Arc<Edge>, settings: Settings) -> Follower {
        Follower {
            edge,
            settings,
            pending: Arc::default(),
            suspicion: Notify::new(),
            begun: Notify::new(),
            purged: Notify::new(),
        }
    }

    /// Follows until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let this = Arc::new(self);
        // In a task of its own: a look at thousands of pages must not hold up an event.
        let _prefetching = AbortOnDropHandle::new(tokio::spawn(prefetch::run(Arc::clone(&this))));
        let _refreshing = AbortOnDropHandle::new(tokio::spawn(refresh::run(Arc::clone(&this))));
        let tasks = async {
            tokio::join!(this.follow(), confirm::run(Arc::clone(&this)), receipts::run(Arc::clone(&this)));
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tasks => {}
        }
    }

    async fn follow(&self) {
        let (mut failures, mut stalls, mut ever_followed) = (0u32, 0u32, false);
        loop {
            let before = self.edge.epoch.load().tags.applied();
            let ended = tokio::select! {
                ended = self.connection() => ended,
                // The origin's head names another log than the one followed here.
                () = self.suspicion.notified() => Ended::StartOver,
            };
            let epoch = self.edge.epoch.load_full();
            let progressed = epoch.tags.applied() > before;
            ever_followed |= matches!(epoch.mode, Mode::Following(_));
            failures = if progressed { 0 } else { failures.saturating_add(1) };
            match ended {
                _ if progressed => stalls = 0,
                Ended::Stalled | Ended::Gap | Ended::Garbled => stalls += 1,
                // An origin that cannot be reached is no reason to give anything up.
                Ended::Lost | Ended::StartOver => {}
            }
            tracing::info!(?ended, applied = %epoch.tags.applied(), "the feed's connection ended");
            if ended == Ended::StartOver || stalls >= STALLS_MAX {
                stalls = 0;
                self.start_over();
            } else if !ever_followed {
                self.go_blind().await;
            }
            tokio::select! {
                () = tokio::time::sleep(self.pause(failures)) => {}
                // The origin is there, under another log: nothing is waited for.
                () = self.suspicion.notified() => self.start_over(),
            }
        }
    }

    /// Nothing stored before is used, from this moment on. Who says so has answered: that it failed before must not keep
    /// readers from asking it now, when nothing is held for them.
    fn start_over(&self) {
        self.edge.filler.breaker.succeeded();
        self.begin(Mode::Waiting, Seq::ZERO);
    }

    /// R17: at the start, without an origin, on what the region remembers.
    async fn go_blind(&self) {
        let Some(regional) = &self.edge.filler.regional else { return };
        if self.edge.epoch.load().mode != Mode::Waiting {
            return;
        }
        match regional.last_log().await {
            Ok(Some(log)) => self.begin(Mode::Blind(log), Seq::ZERO),
            Ok(None) => {}
            Err(error) => self.edge.filler.metrics.regional_failed(&error),
        }
    }

    /// A new epoch: cache, cells, ring, applied number and fills, all at once (R9).
    fn begin(&self, mode: Mode, from: Seq) {
        let settings = &self.settings;
        let epoch = self.edge.epoch.load().next(mode, from, settings.ring_events_max, settings.memory_bytes_max);
        self.pending.clear();
        self.edge.epoch.store(epoch);
        // What was suspected of the epoch before is settled by this one.
        let _ = self.suspicion.notified().now_or_never();
        self.begun.notify_one();
        self.edge.filler.metrics.epoch_began();
        tracing::info!(?mode, %from, "a new epoch");
        self.remember_log();
    }

    /// Tells the region which log is followed, for edges that start without an origin (R17).
    fn remember_log(&self) {
        if let (Some((log, _)), Some(regional)) = (self.following(), self.edge.filler.regional.clone()) {
            let metrics = Arc::clone(&self.edge.filler.metrics);
            tokio::spawn(async move {
                if let Err(error) = regional.set_last_log(log).await {
                    metrics.regional_failed(&error);
                }
            });
        }
    }

    fn following(&self) -> Option<(LogId, Seq)> {
        let epoch = self.edge.epoch.load();
        match epoch.mode {
            Mode::Following(log) => Some((log, epoch.tags.applied())),
            Mode::Waiting | Mode::Blind(_) | Mode::Plain => None,
        }
    }

    fn pause(&self, failures: u32) -> Duration {
        let longest = RECONNECT_MIN.saturating_mul(1 << failures.min(8)).min(RECONNECT_MAX);
        let half_ms = u64::try_from(longest.as_millis() / 2).unwrap_or(1).max(1);
        longest / 2 + Duration::from_millis(self.edge.filler.entropy.u64() % half_ms)
    }

    /// A request to the origin's internal endpoints.
    fn request(&self, path_and_query: String) -> Option<Request<Body>> {
        let mut token = HeaderValue::from_str(&format!("Bearer {}", self.settings.token.current().expose())).ok()?;
        token.set_sensitive(true);
        let request = Request::get(path_and_query).header(header::AUTHORIZATION, token);
        request.body(no_body()).ok()
    }
}
