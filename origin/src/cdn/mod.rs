//! The change log as CloudFront invalidations.
//!
//! One worker reads the writes above `cdn_progress`, waits until no edge can answer with what
//! was before them, gathers them for a while, and asks CloudFront to forget their tags.
//! Nothing here is ever an error for a reader or an editor: what is late, too dear or refused
//! is left to CloudFront's own time to live.

mod backoff;
mod batch;
mod gate;
mod leader;
mod metrics;
mod provider;
mod queue;

use std::{sync::Arc, time::Duration};

use common::{Clock, entropy::Entropy};
use tokio_util::sync::CancellationToken;

use crate::store::{Db, StoreError, receipts};

use backoff::Backoff;
pub use batch::{COLLECTION_ITEMS_MAX, EXACT_ITEMS_MAX, ITEMS_PER_REQUEST_MAX, Rung};
use gate::Gate;
pub use gate::{IN_FLIGHT_MARGIN, SILENCE_MAX, WAIT_MAX};
use leader::Leader;
pub use metrics::CdnMetrics;
pub use provider::{CloudFront, Progress, Provider, ProviderError};
pub use queue::{CHANGES_PER_BATCH_MAX, Death, QUEUED_ITEMS_MAX, Sealed};

/// Between two looks at the log.
pub const TICK: Duration = Duration::from_secs(1);
/// Requests sent in one tick: the provider's limit is on requests in progress.
pub const SUBMITS_PER_TICK_MAX: usize = 4;
/// Submitted batches asked after in one round, and how often there is one.
pub const CONFIRMS_PER_ROUND_MAX: i64 = 8;
pub const CONFIRM_EVERY: Duration = Duration::from_secs(15);
/// A batch that could not be sent for this long is given up: CloudFront holds no copy longer.
pub const EXPIRES_AFTER: Duration = Duration::from_secs(3600);

#[derive(Debug, thiserror::Error)]
pub enum CdnError {
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the database holds what it should not: {0}")]
    Corrupt(String),
}

/// What the operator decides.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `CLOUDFRONT_WINDOW_MS`.
    pub window: Duration,
    /// `CLOUDFRONT_MONTHLY_BUDGET`, in items.
    pub monthly_budget: u32,
}

/// What one tick did, for tests and for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tick {
    /// Another process is the worker.
    pub standby: bool,
    pub sealed: Option<Sealed>,
    pub submitted: usize,
    pub confirmed: usize,
    pub dead: Vec<Death>,
    /// The provider was asked and did not take it: when it is asked again.
    pub retry_in: Option<Duration>,
}

pub struct Worker {
    db: Db,
    provider: Arc<dyn Provider>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    metrics: CdnMetrics,
    gate: Gate,
    leader: Leader,
    backoff: Backoff,
    /// By the monotonic clock.
    confirm_at: Duration,
}

impl Worker {
    pub fn new(
        db: Db,
        provider: Arc<dyn Provider>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
        metrics: CdnMetrics,
    ) -> Worker {
        Worker {
            leader: Leader::new(db.pool().clone()),
            db,
            provider,
            clock,
            settings,
            metrics,
            gate: Gate::default(),
            backoff: Backoff::new(entropy),
            confirm_at: Duration::ZERO,
        }
    }

    /// Until `stop`. A tick that fails is logged, and the next one tries again.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            match self.tick().await {
                Ok(tick) => log(&tick),
                Err(error) => tracing::warn!(%error, "the CloudFront worker waits for the database"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    /// One look at the log and one round of sending.
    ///
    /// # Errors
    /// If the database fails: everything is as it was, or one step further.
    pub async fn tick(&mut self) -> Result<Tick, CdnError> {
        let mut tick = Tick::default();
        if !self.leader.is_leading().await? {
            tick.standby = true;
            return Ok(tick);
        }
        let now = self.clock.now();
        self.gate.observe(now, receipts::applied_by_all(&self.db, gate::SILENCE_MAX).await?);
        tick.sealed = queue::seal(self.db.pool(), self.gate.passed(now), self.settings.window).await?;
        if self.backoff.is_over(now) {
            self.submit(&mut tick).await?;
        }
        if now >= self.confirm_at {
            self.confirm_at = now + CONFIRM_EVERY;
            self.confirm(&mut tick).await?;
        }
        self.metrics.count(&tick, queue::queued_count(self.db.pool()).await?);
        Ok(tick)
    }

    async fn submit(&mut self, tick: &mut Tick) -> Result<(), CdnError> {
        for _ in 0..SUBMITS_PER_TICK_MAX {
            let claim = match queue::claim(self.db.pool(), self.settings.monthly_budget, EXPIRES_AFTER).await? {
                queue::Next::Nothing => return Ok(()),
                queue::Next::Died(death) => {
                    tick.dead.push(death);
                    continue;
                }
                queue::Next::Send(claim) => claim,
            };
            match self.provider.create(&claim.caller_reference, &claim.tags).await {
                Ok(provider_id) => {
                    queue::submitted(self.db.pool(), claim.id, &provider_id).await?;
                    self.metrics.items_submitted(claim.tags.len());
                    self.backoff.reset();
                    tick.submitted += 1;
                }
                Err(ProviderError::Refused(why)) => {
                    tracing::error!(why, reference = claim.caller_reference, "CloudFront refused an invalidation");
                    queue::dead(self.db.pool(), claim.id).await?;
                    tick.dead.push(Death::Refused);
                }
                // It stays queued, and goes out again under the same reference.
                Err(error @ (ProviderError::Throttled(_) | ProviderError::Unreachable(_) | ProviderError::Misconfigured(_))) => {
                    let wait = self.backoff.failed(self.clock.now());
                    tracing::warn!(%error, attempts = claim.attempts, wait_ms = wait.as_millis(), "CloudFront took no invalidation");
                    tick.retry_in = Some(wait);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn confirm(&mut self, tick: &mut Tick) -> Result<(), CdnError> {
        for (id, provider_id, expired) in queue::unconfirmed(self.db.pool(), CONFIRMS_PER_ROUND_MAX, EXPIRES_AFTER).await? {
            let death = match self.provider.progress(&provider_id).await {
                Ok(Progress::Completed) => {
                    queue::confirmed(self.db.pool(), id).await?;
                    tick.confirmed += 1;
                    continue;
                }
                Ok(Progress::Unknown) => Death::Lost,
                _ if expired => Death::Expired,
                Ok(Progress::InProgress) => continue,
                Err(error) => {
                    tracing::warn!(%error, "CloudFront does not say how far an invalidation is");
                    return Ok(());
                }
            };
            queue::dead(self.db.pool(), id).await?;
            tick.dead.push(death);
        }
        Ok(())
    }
}

fn log(tick: &Tick) {
    if let Some(Sealed { changes, items, rung, superseded }) = tick.sealed {
        tracing::info!(changes, items, rung = rung.as_str(), superseded, "closed a batch of invalidations");
    }
    for death in &tick.dead {
        tracing::warn!(reason = death.as_str(), "gave up a batch of invalidations: its pages live out their time");
    }
}
