//! GET and HEAD: memory, then Redis and the origin through a fill.

use std::{sync::Arc, time::Duration};

use common::Seq;
use http::{Request, Response, request::Parts};
use hyper::body::Incoming;

use super::{Edge, Reply, ReplyBody, answer, local};
use crate::{
    cache_status::{Disposition, Forward, Marked},
    entry::{Entry, end_to_end},
    epoch::{Epoch, Mode},
    fill::{Answer, Failure, FillRequest, FillTable, Inadmissible, Joined, Outcome, Source, shared_headers},
    judge::{Verdict, judge},
    key::Key,
    upstream::no_body,
};

/// Fills one reader may wait for: the one it found, and one new one (R12).
const FILLS_PER_READER: u32 = 2;

/// One reader's question.
struct Reader {
    head: Parts,
    key: Key,
    /// The number it named.
    own: Option<Seq>,
}

/// How waiting for a fill ended, for one reader.
enum Waited {
    Outcome(Arc<Outcome>, Joint),
    /// The answer is for this reader alone.
    Private(Response<crate::upstream::Body>),
    TooManyFills,
}

/// Whether the reader began the fill or joined one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Began,
    Joined,
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
    pub(super) async fn look_up(
        self: &Arc<Self>,
        request: Request<Incoming>,
        key: Key,
        own: Option<Seq>,
    ) -> (Reply, Disposition) {
        let (head, _) = request.into_parts();
        let reader = Reader { head, key, own };
        let mut epoch = self.epoch.load_full();
        let mut started_over = false;
        let mut fills = 0;
        // R12 measures from the arrival in the epoch that answers.
        let mut need = epoch.tags.applied().max(own.unwrap_or_default());
        loop {
            match self.attempt(&epoch, &reader, need).await {
                Attempt::Done(done) => return done,
                Attempt::Again(Inadmissible::OtherLog) if !started_over => {
                    started_over = true;
                    epoch = self.epoch.load_full();
                    need = epoch.tags.applied().max(own.unwrap_or_default());
                }
                Attempt::Again(Inadmissible::TooOld) if fills + 1 < FILLS_PER_READER => fills += 1,
                Attempt::Again(Inadmissible::TooOld | Inadmissible::OtherLog) => {
                    return self.failed(&reader, Forward::Miss, Failure::Unusable);
                }
                Attempt::Again(Inadmissible::OtherVariant) | Attempt::Alone => {
                    let request = Request::from_parts(reader.head, no_body());
                    return self.pass(request, None, Forward::Miss).await;
                }
            }
        }
    }

    async fn attempt(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, need: Seq) -> Attempt {
        let now = self.filler.clock.now();
        // Nothing is read before the first head (R9).
        let readable = !matches!(epoch.mode, Mode::Waiting);
        let Some(entry) = epoch.memory.get(&reader.key, &reader.head.headers).filter(|_| readable) else {
            return self.fetched(epoch, reader, need, None, Forward::Miss).await;
        };
        match judge(&entry, now, reader.own.is_some()) {
            Verdict::Fresh { .. } | Verdict::Stale if !epoch.is_confirmed(now) => {
                self.unconfirmed(epoch, reader, need, entry).await
            }
            Verdict::Fresh { left } => {
                Attempt::Done((answer::from_entry(&entry, &reader.head.headers, now), Disposition::Hit { left }))
            }
            Verdict::Stale => Attempt::Done(self.stale_hit(epoch, reader, &entry, now)),
            Verdict::Revalidate { .. } => self.fetched(epoch, reader, need, Some(entry), Forward::Stale).await,
            Verdict::Gone => {
                // Never used again, and never sent as a validator (R13).
                epoch.memory.remove(&reader.key, &entry);
                self.fetched(epoch, reader, need, None, Forward::Miss).await
            }
        }
    }

    fn stale_hit(
        self: &Arc<Self>,
        epoch: &Arc<Epoch>,
        reader: &Reader,
        entry: &Arc<Entry>,
        now: Duration,
    ) -> (Reply, Disposition) {
        self.refresh_behind(epoch, reader, entry);
        let for_ = entry.stale_for(now);
        (answer::from_entry(entry, &reader.head.headers, now), Disposition::StaleHit { for_ })
    }

    /// R21: revalidates before it answers, waiting a little; after one failure it answers
    /// from its cache at once, marked, and probes behind.
    async fn unconfirmed(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, need: Seq, entry: Arc<Entry>) -> Attempt {
        if epoch.failed_since_confirmed() {
            self.refresh_behind(epoch, reader, &entry);
        } else {
            let wait = self.settings.unconfirmed_wait.max(self.round_trip() * 3);
            let fetching = self.fetched(epoch, reader, need, Some(Arc::clone(&entry)), Forward::Stale);
            match tokio::time::timeout(wait, fetching).await {
                Ok(attempt) => return attempt,
                Err(_) => epoch.note_failure(self.filler.clock.now()),
            }
        }
        // The entry was current when it was judged; a purge applied since counts.
        self.shown_though(epoch, reader, &entry, None)
            .map_or_else(|| Attempt::Done(self.failed(reader, Forward::Stale, Failure::TimedOut)), Attempt::Done)
    }

    /// Waits for a fill and makes of its outcome what this reader can use.
    async fn fetched(
        self: &Arc<Self>,
        epoch: &Arc<Epoch>,
        reader: &Reader,
        need: Seq,
        stale: Option<Arc<Entry>>,
        why: Forward,
    ) -> Attempt {
        let (outcome, joint) = match self.wait(epoch, reader, stale.clone()).await {
            Waited::Outcome(outcome, joint) => (outcome, joint),
            Waited::Private(response) => {
                let (mut head, body) = response.into_parts();
                end_to_end(&mut head.headers);
                let reply = Response::from_parts(head, ReplyBody::Passing(body));
                let source = Some(Source::Origin { status: reply.status() });
                return Attempt::Done((reply, Disposition::Forwarded { why, source, stored: None, collapsed: false }));
            }
            Waited::TooManyFills => {
                let failure = Failure::TooManyFills;
                let shown = stale.and_then(|entry| self.shown_though(epoch, reader, &entry, Some(failure)));
                return Attempt::Done(shown.unwrap_or_else(|| self.failed(reader, why, failure)));
            }
        };
        // Every reader, the one that began the fill too, tests the outcome for itself.
        match &*outcome {
            Outcome::Answer(found) => match found.admissible(epoch, need, reader.own, &reader.head.headers) {
                Ok(()) => Attempt::Done(self.answered(epoch, reader, found, why, joint)),
                Err(reason) => Attempt::Again(reason),
            },
            Outcome::Unshareable(_) => Attempt::Alone,
            Outcome::Failed { failure, shown, fallback } => Attempt::Done(self.after_failure(
                epoch,
                reader,
                why,
                *failure,
                shown.as_ref(),
                stale.or_else(|| fallback.clone()),
            )),
            Outcome::Abandoned => Attempt::Done(self.after_failure(epoch, reader, why, Failure::NoResponse, None, stale)),
        }
    }

    fn answered(
        self: &Arc<Self>,
        epoch: &Arc<Epoch>,
        reader: &Reader,
        found: &Answer,
        why: Forward,
        joint: Joint,
    ) -> (Reply, Disposition) {
        let now = self.filler.clock.now();
        let collapsed = joint == Joint::Joined;
        let disposition = match found.source {
            Source::Regional if matches!(judge(&found.entry, now, false), Verdict::Stale) => {
                return self.stale_hit(epoch, reader, &found.entry, now);
            }
            Source::Regional => Disposition::Regional { collapsed },
            source @ (Source::Origin { .. } | Source::Revalidated) => {
                Disposition::Forwarded { why, source: Some(source), stored: Some(found.stored), collapsed }
            }
        };
        (answer::from_entry(&found.entry, &reader.head.headers, now), disposition)
    }

    fn after_failure(
        &self,
        epoch: &Epoch,
        reader: &Reader,
        why: Forward,
        failure: Failure,
        said: Option<&Arc<Entry>>,
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
            Some(said) => {
                let source = Some(Source::Origin { status: said.status });
                let disposition = Disposition::Forwarded { why, source, stored: None, collapsed: false };
                (answer::from_entry(said, &reader.head.headers, now), disposition)
            }
            None if matches!(epoch.mode, Mode::Waiting | Mode::Blind(_)) => {
                (local::not_started(&self.trace(&reader.head.headers)), Disposition::Failed { why, failure })
            }
            None => self.failed(reader, why, failure),
        }
    }

    /// A copy that would not answer if the origin did: marked, or not shown at all. `failure`
    /// is `None` when the edge is merely unconfirmed.
    fn shown_though(
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
        Some((answer::from_entry(entry, &reader.head.headers, now), Disposition::Marked { why, failure }))
    }

    fn failed(&self, reader: &Reader, why: Forward, failure: Failure) -> (Reply, Disposition) {
        (local::failed(failure, &self.trace(&reader.head.headers)), Disposition::Failed { why, failure })
    }

    fn refresh_behind(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, entry: &Arc<Entry>) {
        match FillTable::join(epoch, &reader.key, self.settings.fills_max) {
            Some(Joined::Leader { duty, .. }) => self.spawn_fill(epoch, reader, Some(Arc::clone(entry)), duty),
            // Somebody refreshes it already, or the limit is reached: a later hit will.
            Some(Joined::Follower(_)) | None => {}
        }
    }

    async fn wait(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, stale: Option<Arc<Entry>>) -> Waited {
        match FillTable::join(epoch, &reader.key, self.settings.fills_max) {
            None => Waited::TooManyFills,
            Some(Joined::Follower(fill)) => Waited::Outcome(fill.outcome().await, Joint::Joined),
            Some(Joined::Leader { fill, private, duty }) => {
                self.spawn_fill(epoch, reader, stale, duty);
                let outcome = fill.outcome().await;
                match (&*outcome, private.await) {
                    (Outcome::Unshareable(_), Ok(response)) => Waited::Private(response),
                    _ => Waited::Outcome(outcome, Joint::Began),
                }
            }
        }
    }

    /// In a task of its own: readers may leave, the fill goes on.
    fn spawn_fill(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, stale: Option<Arc<Entry>>, duty: crate::fill::Duty) {
        let request = FillRequest {
            key: Arc::clone(&reader.key),
            target: self.target(reader),
            headers: shared_headers(&reader.head.headers, self.settings.feed),
            own: reader.own,
            trace: self.trace(&reader.head.headers),
        };
        let (edge, epoch) = (Arc::clone(self), Arc::clone(epoch));
        tokio::spawn(async move { edge.filler.run(epoch, request, stale, duty).await });
    }

    /// The normalised path and query: what the key stands for is what is asked.
    fn target(&self, reader: &Reader) -> http::uri::PathAndQuery {
        let start = reader.key.find('/').unwrap_or(0);
        let normalised = reader.key[start..].parse();
        normalised.unwrap_or_else(|_| {
            reader.head.uri.path_and_query().cloned().unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"))
        })
    }
}
