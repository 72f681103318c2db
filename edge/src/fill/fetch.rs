//! One fill, from Redis or from the origin.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::{Clock, LogId, Seq, entropy::Entropy};
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{
    outcome::{Answer, Failure, Outcome, Source},
    request::FillRequest,
    table::Duty,
};
use crate::{
    breaker::Breaker,
    entry::{Entry, NoProvenance, end_to_end, forget_per_answer, provenance, selecting_values},
    epoch::{Epoch, Mode},
    judge::{Verdict, judge},
    metrics::Metrics,
    policy::{self, Lifetime, NotStored},
    regional::{self, Regional},
    upstream::{Body, Upstream},
};

/// Redis stores waiting or under way; beyond that a store is skipped.
const REGIONAL_STORES_MAX: usize = 256;

/// What every fill needs. Network, time and randomness come in through here.
pub struct Filler {
    pub upstream: Arc<dyn Upstream>,
    pub regional: Option<Arc<dyn Regional>>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub metrics: Arc<Metrics>,
    pub breaker: Breaker,
    /// From sending the request to the last byte of the answer.
    pub fill_timeout: Duration,
    /// The longest body that is stored, in bytes.
    pub object_bytes_max: usize,
    pub regional_stores: Arc<tokio::sync::Semaphore>,
}

/// A response read whole, with what it is worth.
struct Parts {
    status: StatusCode,
    headers: HeaderMap,
    started: Duration,
}

impl Filler {
    pub fn regional_stores() -> Arc<tokio::sync::Semaphore> {
        Arc::new(tokio::sync::Semaphore::new(REGIONAL_STORES_MAX))
    }

    /// Runs a fill to its end, whoever still waits for it. `stale` is the entry in memory
    /// that could not be used as it is.
    pub async fn run(&self, epoch: Arc<Epoch>, request: FillRequest, stale: Option<Arc<Entry>>, mut duty: Duty) {
        let outcome = self.fill(&epoch, &request, stale, &mut duty).await;
        self.metrics.fill_ended(&outcome);
        duty.finish(outcome);
    }

    async fn fill(&self, epoch: &Arc<Epoch>, request: &FillRequest, stale: Option<Arc<Entry>>, duty: &mut Duty) -> Outcome {
        let mut fallback = None;
        if let Some(log) = epoch.log()
            && stale.is_none()
            && let Some(found) = self.ask_regional(epoch, log, request).await
        {
            let now = self.clock.now();
            match judge(&found, now, request.own.is_some()) {
                // Unconfirmed, it is what to show if the origin does not answer (R21).
                Verdict::Fresh { .. } | Verdict::Stale if epoch.is_confirmed(now) => {
                    epoch.memory.put(&request.key, Arc::clone(&found));
                    return Outcome::Answer(Answer { entry: found, log: Some(log), source: Source::Regional, stored: Ok(()) });
                }
                // Below the ring's floor nothing is known of it, not even that it is not gone:
                // it may be revalidated (R15), not shown.
                Verdict::Gone if found.as_of < epoch.tags.ring_extent().0 => {
                    return self.ask_origin(epoch, request, Some(found), duty).await.into_outcome(None);
                }
                Verdict::Gone => {}
                Verdict::Fresh { .. } | Verdict::Stale | Verdict::Revalidate { .. } => fallback = Some(found),
            }
        }
        let validating = stale.or_else(|| fallback.clone());
        self.ask_origin(epoch, request, validating, duty).await.into_outcome(fallback)
    }

    async fn ask_regional(&self, epoch: &Epoch, log: LogId, request: &FillRequest) -> Option<Arc<Entry>> {
        let regional = self.regional.as_ref()?;
        match regional.get(log, &request.key).await {
            Ok(found) => {
                let entry = found.and_then(|stored| regional::decode(&stored, self.clock.now(), &epoch.tags));
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
        // R12: what was applied when it is sent.
        let message = request.build(epoch.log(), epoch.tags.applied(), validating.as_deref());
        let exchange = async {
            let response = self.upstream.send(message).await.map_err(|error| {
                tracing::warn!(%error, key = %request.key, "a fill failed");
                Failure::NoResponse
            })?;
            self.receive(epoch, request, validating, response, started, duty).await
        };
        let end = match tokio::time::timeout(self.fill_timeout, exchange).await {
            Ok(Ok(end)) => end,
            Ok(Err(failure)) => End::Failed(failure, None),
            Err(_) => End::Failed(Failure::TimedOut, None),
        };
        self.metrics.fill_took(self.clock.now().saturating_sub(started));
        match &end {
            End::Failed(failure, _) if failure.is_unreachable() => self.breaker.failed(self.clock.now(), &*self.entropy),
            _ => self.breaker.succeeded(),
        }
        end
    }

    async fn receive(
        &self,
        epoch: &Arc<Epoch>,
        request: &FillRequest,
        validating: Option<Arc<Entry>>,
        response: Response<Body>,
        started: Duration,
        duty: &mut Duty,
    ) -> Result<End, Failure> {
        let (mut head, body) = response.into_parts();
        end_to_end(&mut head.headers);
        let parts = Parts { status: head.status, headers: head.headers.clone(), started };
        if head.status == StatusCode::NOT_MODIFIED {
            let validating = validating.filter(|entry| entry.strong_etag().is_some()).ok_or(Failure::Unusable)?;
            let (entry, log) = self.revalidated(epoch, &parts, &validating)?;
            return Ok(End::Answer(self.keep(epoch, request, entry, log, Source::Revalidated, duty)));
        }

        let decided = self.decide(epoch, &parts);
        let too_large = declared_length(&parts.headers).is_some_and(|length| length > self.object_bytes_max as u64);
        let refused = if too_large { Some(NotStored::TooLarge) } else { decided.as_ref().err().copied() };
        if let Some(reason) =
            refused.filter(|reason| !reason.shareable() || (*reason == NotStored::NoAsOf && head.status.is_success()))
        {
            duty.give_private(Response::from_parts(head, body));
            return Ok(End::Unshareable(reason));
        }
        let body = self.read(body).await?;
        let status = parts.status;
        let (entry, log) = self.entry(epoch, request, parts, body, decided.as_ref().ok().copied());
        let answer = match decided {
            Ok(_) => self.keep(epoch, request, entry, log, Source::Origin { status }, duty),
            Err(reason) => Answer { entry: Arc::new(entry), log, source: Source::Origin { status }, stored: Err(reason) },
        };
        Ok(match status.as_u16() {
            502..=504 => End::Failed(Failure::Unavailable, Some(answer.entry)),
            500..=599 => End::Failed(Failure::ServerError, Some(answer.entry)),
            _ => End::Answer(answer),
        })
    }

    /// May it be stored, and how long may it be used?
    fn decide(&self, epoch: &Epoch, parts: &Parts) -> Result<Lifetime, NotStored> {
        let lifetime = policy::lifetime(parts.status, &parts.headers)?;
        match epoch.mode {
            Mode::Plain => Ok(lifetime),
            Mode::Waiting | Mode::Blind(_) => Err(NotStored::NoEpoch),
            Mode::Following(log) => match provenance(&parts.headers) {
                Ok(provenance) if provenance.log == log => Ok(lifetime),
                Ok(_) => Err(NotStored::NoEpoch),
                Err(NoProvenance::Missing) => Err(NotStored::NoAsOf),
                Err(NoProvenance::Tags) => Err(NotStored::TooManyTags),
            },
        }
    }

    async fn read(&self, body: Body) -> Result<Bytes, Failure> {
        match Limited::new(body, self.object_bytes_max).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            // Without a declared length its size shows only now, too late to pass it on.
            Err(error) if error.is::<LengthLimitError>() => Err(Failure::Unusable),
            Err(error) => {
                tracing::warn!(%error, "an answer was cut short");
                Err(Failure::NoResponse)
            }
        }
    }

    fn entry(
        &self,
        epoch: &Epoch,
        request: &FillRequest,
        parts: Parts,
        body: Bytes,
        lifetime: Option<Lifetime>,
    ) -> (Entry, Option<LogId>) {
        let (as_of, log, tags) = match provenance(&parts.headers) {
            Ok(found) => (found.as_of, Some(found.log), found.tags),
            Err(_) => (Seq::ZERO, None, Vec::new()),
        };
        // Cells are made before anything is judged: born invalid if a purge was applied.
        let cells = if log.is_some() && log == epoch.log() { epoch.tags.cells(&tags) } else { Box::default() };
        let born = parts.started.saturating_sub(policy::age(&parts.headers));
        let vary = selecting_values(&parts.headers, &request.headers);
        let mut headers = parts.headers;
        forget_per_answer(&mut headers);
        let entry = Entry {
            status: parts.status,
            headers,
            body,
            as_of,
            tags: tags.into(),
            cells,
            lifetime: lifetime.unwrap_or_default(),
            born,
            vary,
        };
        (entry, log)
    }

    /// R13: a new entry from the very entry whose ETag was sent, with the number and the tags
    /// of the 304 together.
    fn revalidated(&self, epoch: &Epoch, parts: &Parts, sent: &Entry) -> Result<(Entry, Option<LogId>), Failure> {
        if parts.headers.get(header::ETAG).is_some_and(|etag| Some(etag) != sent.strong_etag()) {
            return Err(Failure::Unusable);
        }
        let mut headers = sent.headers.clone();
        let replaced: Vec<_> = parts.headers.keys().filter(|name| *name != header::CONTENT_LENGTH).cloned().collect();
        for name in &replaced {
            headers.remove(name);
            for value in parts.headers.get_all(name) {
                headers.append(name.clone(), value.clone());
            }
        }
        let lifetime = policy::lifetime(sent.status, &headers).map_err(|_| Failure::Unusable)?;
        let (as_of, log, tags) = match epoch.mode {
            Mode::Plain => (sent.as_of, None, sent.tags.to_vec()),
            Mode::Waiting => return Err(Failure::Unusable),
            Mode::Blind(_) | Mode::Following(_) => {
                // From the 304's own headers, never from the merged ones.
                let found = provenance(&parts.headers).map_err(|_| Failure::Unusable)?;
                if found.as_of < sent.as_of || Some(found.log) != epoch.log() {
                    return Err(Failure::Unusable);
                }
                (found.as_of, Some(found.log), found.tags)
            }
        };
        let born = parts.started.saturating_sub(policy::age(&parts.headers));
        let cells = epoch.tags.cells(&tags);
        forget_per_answer(&mut headers);
        let entry = Entry {
            status: sent.status,
            headers,
            body: sent.body.clone(),
            as_of,
            tags: tags.into(),
            cells,
            lifetime,
            born,
            vary: sent.vary.clone(),
        };
        Ok((entry, log))
    }

    /// Stores what may be stored, here and in the region.
    fn keep(
        &self,
        epoch: &Arc<Epoch>,
        request: &FillRequest,
        entry: Entry,
        log: Option<LogId>,
        source: Source,
        duty: &Duty,
    ) -> Answer {
        let entry = Arc::new(entry);
        let stored = if duty.is_overtaken() {
            Err(NotStored::Overtaken)
        } else if !epoch.may_store() {
            Err(NotStored::NoEpoch)
        } else {
            match judge(&entry, self.clock.now(), false) {
                // Born invalid: a purge overtook the fill.
                Verdict::Gone | Verdict::Revalidate { purged: true } => Err(NotStored::Purged),
                Verdict::Fresh { .. } | Verdict::Stale | Verdict::Revalidate { purged: false } => Ok(()),
            }
        };
        if stored.is_ok() {
            epoch.memory.put(&request.key, Arc::clone(&entry));
            // An unsafe request that came between the test and the store removed nothing.
            if duty.is_overtaken() {
                epoch.memory.remove(&request.key, &entry);
            }
            self.keep_regionally(epoch, request, &entry);
        }
        Answer { entry, log, source, stored }
    }

    /// Behind the answer's back, and not at all when too many stores wait.
    fn keep_regionally(&self, epoch: &Epoch, request: &FillRequest, entry: &Entry) {
        let (Some(regional), Mode::Following(log)) = (self.regional.clone(), epoch.mode) else { return };
        let Some(stored) = regional::encode(entry, self.clock.now()) else { return };
        let Ok(place) = Arc::clone(&self.regional_stores).try_acquire_owned() else {
            self.metrics.regional_store_skipped();
            return;
        };
        let (key, metrics) = (Arc::clone(&request.key), Arc::clone(&self.metrics));
        tokio::spawn(async move {
            match regional.put(log, &key, stored).await {
                Ok(()) => metrics.regional_stored(),
                Err(error) => metrics.regional_failed(&error),
            }
            drop(place);
        });
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// How asking the origin ended.
enum End {
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
