//! One fill, from Redis or from the origin.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{Clock, LogId, entropy::Entropy, telemetry};
use http::{HeaderMap, StatusCode};
use tracing::Instrument as _;

use super::{
    keep::put,
    outcome::{Answer, Failure, Outcome, Source},
    remembered::{FAILED_FOR, UNCACHEABLE_FOR, is_lasting, is_worth_remembering},
    request::FillRequest,
    stall::{stalls, watched},
    table::Duty,
};
use crate::{
    breaker::Breaker,
    entry::Entry,
    epoch::Epoch,
    judge::{Verdict, judge},
    key::Key,
    metrics::Metrics,
    policy::{NotStored, no_vary_search},
    regional::{self, Regional},
    tags::Hand,
    upstream::Upstream,
};

/// Redis stores waiting or under way; beyond that a store is skipped.
const REGIONAL_STORES_MAX: usize = 256;

/// What every fill needs. Network, time and randomness come in through here.
pub struct Filler {
    pub upstream: Arc<dyn Upstream>,
    /// Where fills run: they outlive the thread of the reader that began them.
    pub tasks: tokio::runtime::Handle,
    pub regional: Option<Arc<dyn Regional>>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub metrics: Arc<Metrics>,
    pub breaker: Breaker,
    /// From sending the request to the last byte of the answer.
    pub fill_timeout: Duration,
    /// How long nothing may arrive before those who wait are released.
    pub fill_stall: Duration,
    /// The longest freshness of a stored answer that says no (4xx).
    pub negative_max_s: u32,
    /// The least time an unconfirmed edge waits for the origin before it shows its copy.
    pub unconfirmed_wait: Duration,
    /// The measured round trip to the origin, in nanoseconds.
    pub round_trip_ns: AtomicU64,
    /// The longest body that is stored, in bytes.
    pub object_bytes_max: usize,
    pub regional_stores: Arc<tokio::sync::Semaphore>,
}

impl Filler {
    pub fn regional_stores() -> Arc<tokio::sync::Semaphore> {
        Arc::new(tokio::sync::Semaphore::new(REGIONAL_STORES_MAX))
    }

    /// What a question to the origin takes at the moment.
    pub fn round_trip(&self) -> Duration {
        Duration::from_nanos(self.round_trip_ns.load(Ordering::Relaxed))
    }

    /// How long an unconfirmed edge waits for the origin: R21 allows up to three round trips. One and a half are enough
    /// for an answer that comes, and leave a far region's reader, who has his last leg to go, inside what is promised.
    pub fn patience(&self) -> Duration {
        self.unconfirmed_wait.max(self.round_trip() * 3 / 2)
    }

    /// Runs a fill to its end, whoever still waits for it. `stale` is the entry in memory
    /// that could not be used as it is.
    pub async fn run(&self, epoch: Arc<Epoch>, request: FillRequest, stale: Option<Arc<Entry>>, mut duty: Duty) {
        let span = tracing::info_span!("fill", request_id = %request.trace.request_id(), key = %request.key);
        telemetry::adopt(&span, &request.trace);
        let request = FillRequest { trace: telemetry::position(&span, request.trace), ..request };
        let outcome = {
            let (progress, staller) = (duty.progress(), duty.staller());
            let mut filling = pin!(self.fill(&epoch, &request, stale, &mut duty).instrument(span));
            tokio::select! {
                outcome = &mut filling => outcome,
                // Its waiters are released; what it still brings is stored all the same.
                () = stalls(&progress, self.fill_stall) => {
                    staller.stalled();
                    self.metrics.fill_stalled();
                    filling.await
                }
            }
        };
        self.metrics.fill_ended(&outcome);
        if !duty.is_overtaken() {
            self.remember(&epoch, &request.key, &outcome);
        }
        duty.finish(outcome);
    }

    /// Notes what the next readers of this key should know, though nothing is stored.
    fn remember(&self, epoch: &Epoch, key: &Key, outcome: &Outcome) {
        let now = self.clock.now();
        match outcome {
            Outcome::Unshareable(reason) if is_lasting(*reason) => {
                epoch.fills.uncacheable.put(key, (), now + UNCACHEABLE_FOR, now);
            }
            Outcome::Failed { failure, fallback: None, .. } if is_worth_remembering(*failure) => {
                epoch.fills.failures.put(key, *failure, now + FAILED_FOR, now);
            }
            Outcome::Answer(_) => epoch.fills.failures.forget(key),
            Outcome::Unshareable(_) | Outcome::Failed { .. } | Outcome::Abandoned => {}
        }
    }

    /// Makes of the head of an answer that was got for one reader alone what the next readers
    /// of this key should know: whether it is still not to be shared, and why.
    pub fn examine(&self, epoch: &Epoch, key: &Key, status: StatusCode, headers: &HeaderMap) -> Result<(), NotStored> {
        // What renews a reader's own copy describes the whole answer, a part does not.
        let status = if status == StatusCode::NOT_MODIFIED { StatusCode::OK } else { status };
        let now = self.clock.now();
        let received = self.clock.wall().unix_ms().div_euclid(1000);
        let storable = self.storable(epoch, key, status, headers, received).map(drop);
        match storable {
            Ok(()) => epoch.fills.uncacheable.forget(key),
            Err(reason) if is_lasting(reason) => epoch.fills.uncacheable.put(key, (), now + UNCACHEABLE_FOR, now),
            Err(_) => {}
        }
        storable
    }

    async fn fill(&self, epoch: &Arc<Epoch>, request: &FillRequest, stale: Option<Arc<Entry>>, duty: &mut Duty) -> Outcome {
        if let Some(entry) = self.stored_meanwhile(epoch, request, stale.as_ref()) {
            return Outcome::Answer(Answer { entry, log: epoch.log(), source: Source::Memory, stored: Ok(()) });
        }
        let mut fallback = None;
        if let Some(log) = epoch.log()
            && let Some(found) = self.ask_regional(epoch, log, request).await
            // What another process of the region has refreshed, this one need not.
            && stale.as_ref().is_none_or(|stale| stale.as_of < found.as_of)
        {
            let now = self.clock.now();
            match judge(&found, now, request.own.is_some()) {
                Verdict::Fresh { .. } | Verdict::Stale => {
                    // A blind epoch stores nothing, not even this (R17).
                    if epoch.may_store() {
                        put(epoch, &request.exact, &found.message.to_map(), &found, duty);
                    }
                    if epoch.is_confirmed(now) {
                        return Outcome::Answer(Answer {
                            entry: found,
                            log: Some(log),
                            source: Source::Regional,
                            stored: Ok(()),
                        });
                    }
                    // Unconfirmed, it is what readers are shown who have waited a little (R21).
                    fallback = Some(found);
                }
                // Below the ring's floor nothing is known of it, not even that it is not gone:
                // it may be revalidated (R15), not shown.
                Verdict::Gone if stale.is_none() && found.as_of < epoch.tags.ring_extent().0 => {
                    return self.ask_origin(epoch, request, Some(found), duty).await.into_outcome(None);
                }
                Verdict::Gone => {}
                Verdict::Revalidate { .. } => fallback = Some(found),
            }
        }
        let validating = fallback.clone().or(stale);
        self.ask_origin(epoch, request, validating, duty).await.into_outcome(fallback)
    }

    /// A reader looks at the memory first and at the table of fills second: a fill that ended
    /// in between has stored what this one would ask for. `stale` is what the reader saw.
    fn stored_meanwhile(&self, epoch: &Epoch, request: &FillRequest, stale: Option<&Arc<Entry>>) -> Option<Arc<Entry>> {
        let now = self.clock.now();
        let found = epoch.memory.get(&request.key, &request.headers)?;
        let usable = stale.is_none_or(|stale| !Arc::ptr_eq(stale, &found))
            && epoch.is_confirmed(now)
            && matches!(judge(&found, now, request.own.is_some()), Verdict::Fresh { .. });
        usable.then_some(found)
    }

    async fn ask_regional(&self, epoch: &Epoch, log: LogId, request: &FillRequest) -> Option<Arc<Entry>> {
        let regional = self.regional.as_ref()?;
        let asked = self.clock.now();
        let reply = regional.get(log, &request.key).await;
        self.metrics.regional_get_took(self.clock.now().saturating_sub(asked));
        match reply {
            Ok(found) => {
                let entry = found.and_then(|stored| regional::decode(&stored, &request.key, self.clock.now(), &epoch.tags));
                // Another process put it there, which may not know the rule of this key.
                let entry = entry.filter(|entry| no_vary_search::covers(&entry.message.to_map(), &request.exact, &request.key));
                self.metrics.regional_read(entry.is_some());
                entry.map(Arc::new)
            }
            Err(error) => {
                self.metrics.regional_failed(&error);
                None
            }
        }
    }

    /// Asks the origin, a second time without a validator if the first answer was a 304 that
    /// cannot be used.
    async fn ask_origin(
        &self,
        epoch: &Arc<Epoch>,
        request: &FillRequest,
        validating: Option<Arc<Entry>>,
        duty: &mut Duty,
    ) -> End {
        let end = self.ask_once(epoch, request, validating.clone(), duty).await;
        match end {
            End::Failed(Failure::Unusable, _) if validating.is_some() => self.ask_once(epoch, request, None, duty).await,
            end => end,
        }
    }

    async fn ask_once(&self, epoch: &Arc<Epoch>, request: &FillRequest, validating: Option<Arc<Entry>>, duty: &mut Duty) -> End {
        let started = self.clock.now();
        if !self.breaker.admits(started, &*self.entropy) {
            return End::Failed(Failure::Breaker, None);
        }
        // R13: what was withdrawn while Redis was asked is no validator any more.
        let validating = validating.filter(|entry| !epoch.tags.withdrew(&entry.tags, entry.as_of));
        let sent = Sent { at: started, by_hand: epoch.tags.by_hand().applied() };
        // R12: what was applied when it is sent.
        let message = request.build(epoch.log(), epoch.tags.applied(), validating.as_deref());
        let progress = duty.progress();
        let exchange = async {
            let response = self.upstream.send(message).await.map_err(|error| {
                tracing::warn!(%error, key = %request.key, "a fill failed");
                Failure::NoResponse
            })?;
            self.metrics.first_byte_took(self.clock.now().saturating_sub(started));
            progress.notify_one();
            let response = response.map(|body| watched(body, Arc::clone(&progress)));
            self.receive(epoch, request, validating, response, sent, duty).await
        };
        let end = match tokio::time::timeout(self.fill_timeout, exchange).await {
            Ok(Ok(end)) => end,
            Ok(Err(failure)) => End::Failed(failure, None),
            Err(_) => End::Failed(Failure::TimedOut, None),
        };
        self.metrics.fill_took(self.clock.now().saturating_sub(started));
        match &end {
            End::Failed(failure, _) if failure.is_silence() => self.breaker.failed(self.clock.now(), &*self.entropy),
            End::Failed(..) => self.breaker.succeeded(),
            End::Answer(_) | End::Unshareable(_) => {
                self.breaker.succeeded();
                epoch.note_success();
            }
        }
        end
    }
}

/// When a fill's request was sent, in both of the reckonings that an answer is held to.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    /// On the local clock.
    pub at: Duration,
    /// The last purge by hand that had been applied.
    pub by_hand: Hand,
}

/// How asking the origin ended.
pub(super) enum End {
    Answer(Answer),
    Unshareable(NotStored),
    Failed(Failure, Option<Arc<Entry>>),
}

impl End {
    fn into_outcome(self, fallback: Option<Arc<Entry>>) -> Outcome {
        match self {
            End::Answer(answer) => Outcome::Answer(answer),
            End::Unshareable(reason) => Outcome::Unshareable(reason),
            End::Failed(failure, shown) => Outcome::Failed { failure, shown, fallback },
        }
    }
}
