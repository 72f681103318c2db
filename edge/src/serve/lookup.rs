//! GET and HEAD: memory, then Redis and the origin through a fill.

use std::{
    borrow::Cow,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use common::{Seq, trace_context::TraceContext};
use http::{Method, Request, header, request::Parts, uri::PathAndQuery};

use super::{
    Edge, Reply, ReplyBody, answer, local,
    pass::PassedOn,
    prefetch::PEER,
    wait::{Joint, Waited},
};
use crate::{
    cache_status::{Disposition, Forward, Marked},
    codings,
    entry::{Entry, end_to_end},
    epoch::{Epoch, Mode},
    fill::{Answer, Failure, Inadmissible, Need, Outcome, Source, require},
    judge::{Verdict, judge},
    key::{self, Key},
    policy::{NotStored, no_vary_search, only_if_cached},
    upstream::no_body,
};

/// Fills one reader may wait for: the one it found, and one new one (R12).
const FILLS_PER_READER: u32 = 2;

/// One reader's question.
pub(super) struct Reader {
    pub head: Parts,
    pub peer: SocketAddr,
    /// The key of what it asks for.
    pub exact: Key,
    /// What it looks up: the same, or what its path's `No-Vary-Search` makes of it.
    pub key: Key,
    /// The number it named.
    pub own: Option<Seq>,
    /// Made when it is first needed: a hit needs none.
    trace: OnceLock<TraceContext>,
}

impl Reader {
    pub fn client(&self, edge: &Edge) -> IpAddr {
        edge.client(self.peer, &self.head.headers)
    }

    /// Lets a forwarded answer tell the key, so that somebody can see why it was no hit.
    fn telling_key(&self, (mut reply, disposition): (Reply, Disposition)) -> (Reply, Disposition) {
        if disposition.is_forwarded() {
            reply.extensions_mut().insert(answer::ToldKey(Arc::clone(&self.key)));
        }
        (reply, disposition)
    }

    /// The normalised path and query of the reader who came first: what the key stands for is
    /// what is asked.
    pub fn target(&self) -> PathAndQuery {
        let normalised = key::target(&self.exact).parse();
        let as_sent = || self.head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        normalised.unwrap_or_else(|_| as_sent())
    }
}

pub(super) fn look_up_key(epoch: &Epoch, exact: &Key) -> Key {
    match epoch.searches.key_for(exact) {
        Cow::Borrowed(_) => Arc::clone(exact),
        Cow::Owned(key) => key.into(),
    }
}

/// What one attempt came to.
enum Attempt {
    Done((Reply, Disposition)),
    /// The answer was not for this reader.
    Again(Inadmissible),
    /// Others may not see this answer: ask alone.
    Alone,
}

impl Edge {
    /// `epoch` is the one that the reader found on arrival.
    pub(super) async fn look_up<B>(
        self: &Arc<Self>,
        request: Request<B>,
        peer: SocketAddr,
        exact: Key,
        own: Option<Seq>,
        mut epoch: Arc<Epoch>,
    ) -> (Reply, Disposition) {
        let (mut head, _) = request.into_parts();
        // A body means nothing here and is not passed on: neither may its description be.
        head.headers.remove(header::CONTENT_LENGTH);
        head.headers.remove(header::EXPECT);
        if head.method == Method::HEAD {
            // RFC 9110 §14.2: a range is for GET only.
            head.headers.remove(header::RANGE);
        }
        let key = look_up_key(&epoch, &exact);
        let mut reader = Reader { head, peer, exact, key, own, trace: OnceLock::new() };
        let (mut started_over, mut refused) = (false, 0);
        // R12 measures from the arrival in the epoch that answers.
        let mut need = Need { as_of: epoch.tags.applied().max(own.unwrap_or_default()), by_hand: epoch.tags.by_hand().applied() };
        loop {
            let reason = match self.attempt(&epoch, &reader, need).await {
                Attempt::Done((mut reply, disposition)) => {
                    if let Some(trace) = reader.trace.get() {
                        reply.extensions_mut().insert(*trace);
                    }
                    return reader.telling_key((reply, disposition));
                }
                Attempt::Alone => return self.alone(reader, &epoch, need, Forward::Miss).await,
                Attempt::Again(reason) => reason,
            };
            match reason {
                // The reader's number belongs to the log it was found under: only the origin
                // can tell what it means now.
                Inadmissible::OtherLog if own.is_some() => return self.alone(reader, &epoch, need, Forward::Bypass).await,
                Inadmissible::OtherLog if !started_over => {
                    started_over = true;
                    epoch = self.epoch.load_full();
                    need.as_of = epoch.tags.applied();
                }
                Inadmissible::TooOld | Inadmissible::OtherVariant if refused + 1 < FILLS_PER_READER => refused += 1,
                Inadmissible::OtherVariant => return self.alone(reader, &epoch, need, Forward::VaryMiss).await,
                Inadmissible::OtherLog => return self.in_between(&epoch, &reader),
                Inadmissible::TooOld => return self.failed(&reader, Forward::Miss, Failure::Unusable),
            }
            // What came may have changed what matters of the query.
            reader.key = look_up_key(&epoch, &reader.exact);
        }
    }

    /// The origin already speaks of another log, and the feed has not said so yet: a promoted standby has just come up. What
    /// this epoch holds is as good as it was while nobody answered.
    fn in_between(&self, epoch: &Epoch, reader: &Reader) -> (Reply, Disposition) {
        let held = epoch.memory.get(&reader.key, &reader.head.headers);
        let shown = held.and_then(|entry| self.shown_though(epoch, reader, &entry, Some(Failure::Unusable)));
        shown.unwrap_or_else(|| self.failed(reader, Forward::Miss, Failure::Unusable))
    }

    /// Asks for this reader only, behind the same fence.
    async fn alone(self: &Arc<Self>, mut reader: Reader, epoch: &Epoch, need: Need, why: Forward) -> (Reply, Disposition) {
        if let Some(log) = epoch.log() {
            require(&mut reader.head.headers, log, need.as_of.max(epoch.tags.applied()));
        }
        if !self.filler.breaker.admits(self.filler.clock.now(), &*self.filler.entropy) {
            return self.after_failure(epoch, &reader, why, Failure::Breaker, None, None);
        }
        let request = Request::from_parts(reader.head, no_body());
        let answered = self.pass_on(request, reader.peer, why, self.filler.fill_timeout).await;
        match &answered {
            Ok(_) => self.filler.breaker.succeeded(),
            Err((_, Disposition::Failed { failure, .. })) if failure.is_silence() => {
                self.filler.breaker.failed(self.filler.clock.now(), &*self.filler.entropy);
            }
            // Refused here: no news of the origin, and the probe is another's.
            Err(_) => self.filler.breaker.unsent(self.filler.clock.now()),
        }
        match answered {
            Ok(passed) => {
                let stored = self.filler.examine(epoch, &reader.key, passed.head.status, &passed.head.headers);
                passed.reply(why, stored.err(), self.settings.feed)
            }
            Err(refusal) => refusal,
        }
    }

    async fn attempt(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, need: Need) -> Attempt {
        let now = self.filler.clock.now();
        // Nothing is read before the first head (R9).
        let readable = !matches!(epoch.mode, Mode::Waiting);
        let Some(entry) = epoch.memory.get(&reader.key, &reader.head.headers).filter(|_| readable) else {
            if only_if_cached(&reader.head.headers) {
                return self.uncached(reader);
            }
            let why = if readable && epoch.memory.holds(&reader.key) { Forward::VaryMiss } else { Forward::Miss };
            return if readable && !epoch.is_confirmed(now) {
                self.fetched_patiently(epoch, reader, need).await
            } else {
                self.fetched(epoch, reader, need, None, why).await
            };
        };
        let verdict = judge(&entry, now, reader.own.is_some());
        if reader.peer != PEER {
            self.note_reader(reader, &entry, verdict);
        }
        match verdict {
            Verdict::Fresh { .. } | Verdict::Stale if !epoch.is_confirmed(now) && only_if_cached(&reader.head.headers) => {
                self.shown_though(epoch, reader, &entry, None).map_or_else(|| self.uncached(reader), Attempt::Done)
            }
            Verdict::Fresh { .. } | Verdict::Stale if !epoch.is_confirmed(now) => {
                self.unconfirmed(epoch, reader, need, entry).await
            }
            Verdict::Fresh { left } => {
                self.code_behind(epoch, reader, &entry);
                Attempt::Done((answer::from_entry(&entry, &reader.head.headers, now), Disposition::Hit { left }))
            }
            Verdict::Stale => Attempt::Done(self.stale_hit(epoch, reader, &entry, now)),
            Verdict::Revalidate { .. } | Verdict::Gone if only_if_cached(&reader.head.headers) => self.uncached(reader),
            Verdict::Revalidate { .. } => self.fetched(epoch, reader, need, Some(entry), Forward::Stale).await,
            Verdict::Gone => {
                // Never used again, and never sent as a validator (R13).
                epoch.memory.remove(&reader.key, &entry);
                self.fetched(epoch, reader, need, None, Forward::Miss).await
            }
        }
    }

    /// What readers do decides what is asked for ahead of them.
    fn note_reader(&self, reader: &Reader, entry: &Entry, verdict: Verdict) {
        match verdict {
            Verdict::Fresh { .. } => entry.note_read(),
            Verdict::Stale | Verdict::Revalidate { .. } if entry.purge().is_some() => {
                self.refresh_ahead.found_purged(&reader.exact);
            }
            Verdict::Stale | Verdict::Revalidate { .. } | Verdict::Gone => {}
        }
    }

    fn uncached(&self, reader: &Reader) -> Attempt {
        Attempt::Done((local::only_if_cached(self.reader_trace(reader)), Disposition::OnlyIfCached))
    }

    fn stale_hit(
        self: &Arc<Self>,
        epoch: &Arc<Epoch>,
        reader: &Reader,
        entry: &Arc<Entry>,
        now: Duration,
    ) -> (Reply, Disposition) {
        self.refresh_behind(epoch, reader, entry);
        self.code_behind(epoch, reader, entry);
        let for_ = entry.stale_for(now);
        (answer::from_entry(entry, &reader.head.headers, now), Disposition::StaleHit { for_ })
    }

    /// Makes the coding that this reader would like best, for those who come later.
    fn code_behind(&self, epoch: &Arc<Epoch>, reader: &Reader, entry: &Arc<Entry>) {
        let Some(accepted) = answer::accepted(entry, &reader.head.headers) else { return };
        entry.codings.choose(&accepted, |coding| codings::begin(epoch, &reader.key, entry, coding, &self.workshop));
    }

    /// R21: revalidates before it answers, waiting a little; after one failure it answers
    /// from its cache at once, marked, and probes behind.
    async fn unconfirmed(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, need: Need, entry: Arc<Entry>) -> Attempt {
        if epoch.failed_since_confirmed() {
            self.refresh_behind(epoch, reader, &entry);
        } else {
            let wait = self.filler.patience();
            let fetching = self.fetched(epoch, reader, need, Some(Arc::clone(&entry)), Forward::Stale);
            match tokio::time::timeout(wait, fetching).await {
                Ok(attempt) => return attempt,
                Err(_) => epoch.note_failure(self.filler.clock.now()),
            }
        }
        match self.shown_though(epoch, reader, &entry, None) {
            Some(shown) => Attempt::Done(shown),
            // A purge was applied in the meantime: now it has to wait for the origin.
            None => self.fetched(epoch, reader, need, Some(entry), Forward::Stale).await,
        }
    }

    /// An unconfirmed edge that holds nothing in memory: the region may hold a copy. The fill
    /// finds it first and asks the origin then, so after the wait it lies in memory.
    async fn fetched_patiently(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, need: Need) -> Attempt {
        let fetching = self.fetched(epoch, reader, need, None, Forward::Miss);
        if let Ok(attempt) = tokio::time::timeout(self.filler.patience(), fetching).await {
            return attempt;
        }
        epoch.note_failure(self.filler.clock.now());
        let found = epoch.memory.get(&reader.key, &reader.head.headers);
        match found.and_then(|entry| self.shown_though(epoch, reader, &entry, None)) {
            Some(shown) => Attempt::Done(shown),
            None => self.fetched(epoch, reader, need, None, Forward::Miss).await,
        }
    }

    /// Waits for a fill and makes of its outcome what this reader can use.
    async fn fetched(
        self: &Arc<Self>,
        epoch: &Arc<Epoch>,
        reader: &Reader,
        need: Need,
        stale: Option<Arc<Entry>>,
        why: Forward,
    ) -> Attempt {
        if stale.is_none() {
            let now = self.filler.clock.now();
            // Its answers are for one reader each: nobody waits for another's.
            if epoch.fills.uncacheable.get(&reader.key, now).is_some() {
                return Attempt::Alone;
            }
            if let Some(failure) = epoch.fills.failures.get(&reader.key, now) {
                // Nobody was asked now: that is no news of the origin.
                return Attempt::Done(self.told_failure(epoch, reader, why, failure));
            }
        }
        let (outcome, joint) = match self.wait(epoch, reader, stale.clone()).await {
            Waited::Outcome(outcome, joint) => (outcome, joint),
            Waited::Private(response, place, reason) => {
                let (mut head, body) = response.into_parts();
                end_to_end(&mut head.headers);
                let passed = PassedOn { head, body: ReplyBody::passing(body, place) };
                return Attempt::Done(passed.reply(why, Some(reason), self.settings.feed));
            }
            Waited::Shown(shown) => return Attempt::Done(shown),
            Waited::Refused(failure) => {
                self.filler.metrics.miss_refused(failure);
                let shown = stale.and_then(|entry| self.shown_though(epoch, reader, &entry, Some(failure)));
                return Attempt::Done(shown.unwrap_or_else(|| self.failed(reader, why, failure)));
            }
        };
        // Every reader, the one that began the fill too, tests the outcome for itself.
        match &*outcome {
            // Nobody but its own reader can have what was said of another query.
            Outcome::Answer(found)
                if joint == Joint::Joined
                    && !no_vary_search::covers(&found.entry.message.to_map(), &reader.exact, &reader.key) =>
            {
                Attempt::Again(Inadmissible::OtherVariant)
            }
            Outcome::Answer(found) => match found.admissible(epoch, need, reader.own, &reader.head.headers) {
                Ok(()) => self.answered(epoch, reader, found, why, joint),
                Err(reason) => Attempt::Again(reason),
            },
            Outcome::Unshareable(_) => Attempt::Alone,
            Outcome::Failed { failure, shown, fallback } => {
                let said = shown.as_ref().map(|said| (said, joint));
                Attempt::Done(self.after_failure(epoch, reader, why, *failure, said, fallback.clone().or(stale)))
            }
            Outcome::Abandoned => Attempt::Done(self.after_failure(epoch, reader, why, Failure::NoResponse, None, stale)),
        }
    }

    fn answered(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, found: &Answer, why: Forward, joint: Joint) -> Attempt {
        let now = self.filler.clock.now();
        let collapsed = joint == Joint::Joined;
        let disposition = match found.source {
            // A stored entry: whoever asked for it, every reader judges it by its own rules.
            Source::Memory | Source::Regional => match judge(&found.entry, now, reader.own.is_some()) {
                Verdict::Fresh { left } if found.source == Source::Memory => Disposition::Hit { left },
                Verdict::Fresh { .. } => Disposition::Regional { ttl_s: found.entry.ttl_s(now) },
                Verdict::Stale => return Attempt::Done(self.stale_hit(epoch, reader, &found.entry, now)),
                Verdict::Revalidate { .. } | Verdict::Gone => return Attempt::Again(Inadmissible::TooOld),
            },
            source @ (Source::Origin { .. } | Source::Revalidated) => {
                // Right for this reader, who came before the purge; not for a cache to keep.
                let purged = found.entry.purge().is_some();
                let stored = if purged { Err(NotStored::Purged) } else { found.stored };
                let ttl_s = Some(found.entry.ttl_s(now));
                Disposition::Forwarded { why, source: Some(source), stored: Some(stored), collapsed, ttl_s }
            }
        };
        let reply = match (disposition.is_forwarded(), collapsed) {
            (false, _) => answer::from_entry(&found.entry, &reader.head.headers, now),
            (true, false) => answer::forwarded(&found.entry, &reader.head.headers, now),
            (true, true) => answer::collapsed(&found.entry, &reader.head.headers, now),
        };
        Attempt::Done((reply, disposition))
    }

    fn after_failure(
        &self,
        epoch: &Epoch,
        reader: &Reader,
        why: Forward,
        failure: Failure,
        said: Option<(&Arc<Entry>, Joint)>,
        copy: Option<Arc<Entry>>,
    ) -> (Reply, Disposition) {
        let now = self.filler.clock.now();
        if failure.is_unreachable() {
            epoch.note_failure(now);
        }
        if let Some(shown) = copy.and_then(|entry| self.shown_though(epoch, reader, &entry, Some(failure))) {
            return shown;
        }
        match said {
            Some((said, joint)) => {
                let source = Some(Source::Origin { status: said.status });
                let collapsed = joint == Joint::Joined;
                let disposition = Disposition::Forwarded { why, source, stored: None, collapsed, ttl_s: None };
                let reply = if collapsed { answer::collapsed } else { answer::forwarded };
                (reply(said, &reader.head.headers, now), disposition)
            }
            None => self.told_failure(epoch, reader, why, failure),
        }
    }

    fn told_failure(&self, epoch: &Epoch, reader: &Reader, why: Forward, failure: Failure) -> (Reply, Disposition) {
        if matches!(epoch.mode, Mode::Waiting | Mode::Blind(_)) {
            return (local::not_started(self.reader_trace(reader)), Disposition::Failed { why, failure });
        }
        self.failed(reader, why, failure)
    }

    /// A copy that would not answer if the origin did: marked, or not shown at all. `failure`
    /// is `None` when the edge is merely unconfirmed.
    pub(super) fn shown_though(
        &self,
        epoch: &Epoch,
        reader: &Reader,
        entry: &Entry,
        failure: Option<Failure>,
    ) -> Option<(Reply, Disposition)> {
        let now = self.filler.clock.now();
        if !entry.usable_on_error(now) {
            return None;
        }
        let strict = reader.own.is_some();
        let why = match judge(entry, now, strict) {
            Verdict::Gone => return None,
            Verdict::Fresh { .. } | Verdict::Stale if !epoch.is_confirmed(now) => Marked::Unconfirmed,
            Verdict::Fresh { .. } | Verdict::Stale => Marked::StaleIfError,
            // A reader who named a number is shown nothing stale and nothing purged.
            Verdict::Revalidate { .. } if strict => return None,
            Verdict::Revalidate { purged: true } => {
                let unreachable = failure.is_some_and(Failure::is_unreachable);
                (unreachable && entry.lifetime.may_be_stale).then_some(Marked::Purged)?
            }
            // That wait alone never frees it: only a failure does.
            Verdict::Revalidate { purged: false } => failure.map(|_| Marked::StaleIfError)?,
        };
        let ttl_s = entry.ttl_s(now);
        Some((answer::from_entry(entry, &reader.head.headers, now), Disposition::Marked { why, failure, ttl_s }))
    }

    pub(super) fn reader_trace<'a>(&self, reader: &'a Reader) -> &'a TraceContext {
        reader.trace.get_or_init(|| self.trace(&reader.head.headers))
    }

    fn failed(&self, reader: &Reader, why: Forward, failure: Failure) -> (Reply, Disposition) {
        (local::failed(failure, self.reader_trace(reader)), Disposition::Failed { why, failure })
    }
}
