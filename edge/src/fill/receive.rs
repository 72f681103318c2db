//! What to make of the origin's answer: may it be stored, may it be shared, what entry is it.

use std::sync::Arc;

use bytes::Bytes;
use common::{LogId, Seq};
use http::{HeaderMap, HeaderName, Response, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::{
    decoding,
    fetch::{End, Filler, Sent},
    keep::{hand_mark, put},
    outcome::{Answer, Failure, Source},
    request::{FORWARDED, FillRequest},
    table::Duty,
};
use crate::{
    codings::{self, Codings},
    entry::{Entry, NoProvenance, ReadMark, end_to_end, forget_per_answer, provenance},
    epoch::{Epoch, Mode},
    exposed,
    judge::{Verdict, judge},
    key::{Key, authority_of},
    message::Message,
    policy::{self, Directives, Lifetime, NotStored, Selecting, selecting_values},
    regional, tags,
    upstream::Body,
};

/// Longer answers for one reader alone are not handed on from a fill, in bytes.
const PRIVATE_BYTES_MAX: u64 = 256 * 1024;
/// Larger bodies stay in memory only: one of them would take Redis's whole time limit.
const REGIONAL_OBJECT_BYTES_MAX: usize = 1024 * 1024;

/// What a 304 does not change: it describes the body, and that stays as it was stored
/// (RFC 9111 §3.2).
const DESCRIBES_BODY: [HeaderName; 5] = [
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("content-digest"),
];

/// A response read whole, with what it is worth.
struct Parts {
    status: StatusCode,
    headers: HeaderMap,
    sent: Sent,
    /// When its head arrived, in seconds since 1970.
    received: i64,
}

impl Filler {
    /// What comes of a response whose head has arrived.
    pub(super) async fn receive(
        &self,
        epoch: &Arc<Epoch>,
        request: &FillRequest,
        validating: Option<Arc<Entry>>,
        response: Response<Body>,
        sent: Sent,
        duty: &mut Duty,
    ) -> Result<End, Failure> {
        let (mut head, body) = response.into_parts();
        end_to_end(&mut head.headers);
        let received = self.clock.wall().unix_ms().div_euclid(1000);
        policy::ensure_date(&mut head.headers, received);
        let mut parts = Parts { status: head.status, headers: head.headers.clone(), sent, received };
        if head.status == StatusCode::NOT_MODIFIED {
            let asked = |entry: &Arc<Entry>| entry.validators(epoch.log().is_some()).next().is_some();
            let validating = validating.filter(asked).ok_or(Failure::Unusable)?;
            let (entry, log) = self.revalidated(epoch, request, &parts, &validating)?;
            return Ok(End::Answer(self.keep(epoch, request, entry, log, Source::Revalidated, duty)));
        }

        let decided = self.storable(epoch, &request.key, parts.status, &parts.headers, parts.received);
        let failing = head.status.is_server_error();
        let refused = decided.as_ref().err().copied();
        // Without numbers an error is its own request's too, unless there is a copy to show.
        let for_all = failing && (epoch.mode != Mode::Plain || validating.is_some());
        if let Some(reason) = self.for_one_only(epoch, &parts, refused).filter(|_| !for_all) {
            if !failing {
                self.supersede(epoch, request, &parts);
            }
            // A long one, or one that nobody knows the length of, would hold its part of the
            // connection that fills and feed share for as long as its reader likes: that reader
            // asks again, on a connection for such answers.
            // So does one whose reader was not asked which coding it reads.
            let coded = decoding::is_coded(&parts.headers);
            if !coded && declared_length(&parts.headers).is_some_and(|length| length <= PRIVATE_BYTES_MAX) {
                duty.give_private(Response::from_parts(head, body));
            }
            return Ok(End::Unshareable(reason));
        }
        let body = match self.read(body).await? {
            Some(body) if epoch.log().is_some() => {
                decoding::undo(&mut parts.headers, body, self.object_bytes_max).await.map_err(|broken| {
                    tracing::warn!(error = %broken, key = %request.key, "an answer's coding cannot be undone");
                    Failure::Unusable
                })?
            }
            body => body,
        };
        let Some(body) = body else {
            // Its size showed only now: every reader asks for itself.
            return Ok(End::Unshareable(NotStored::TooLarge));
        };
        let status = parts.status;
        if decided.is_err() && !failing {
            self.supersede(epoch, request, &parts);
        }
        // An error page may be somebody's own, too.
        let personal = parts.headers.contains_key(header::SET_COOKIE)
            || request.headers.contains_key(header::COOKIE)
            || Directives::cache_control(&parts.headers).private;
        let (entry, log) = self.entry(epoch, request, parts, body, decided.as_ref().ok().copied());
        let answer = match decided {
            Ok(_) => self.keep(epoch, request, entry, log, Source::Origin { status }, duty),
            Err(reason) => Answer { entry: Arc::new(entry), log, source: Source::Origin { status }, stored: Err(reason) },
        };
        let shown = (!personal).then(|| Arc::clone(&answer.entry));
        Ok(match status.as_u16() {
            502..=504 => End::Failed(Failure::Unavailable, shown),
            500..=599 => End::Failed(Failure::ServerError, shown),
            _ => End::Answer(answer),
        })
    }

    /// May it be stored, and how long may it be used?
    pub(super) fn storable(
        &self,
        epoch: &Epoch,
        key: &Key,
        status: StatusCode,
        headers: &HeaderMap,
        received: i64,
    ) -> Result<Lifetime, NotStored> {
        let lifetime = self.briefly(status, policy::lifetime(status, headers, received)?);
        if declared_length(headers).is_some_and(|length| length > self.object_bytes_max as u64) {
            return Err(NotStored::TooLarge);
        }
        if tags::headers::tags(headers, authority_of(key)).is_err() {
            return Err(NotStored::TooManyTags);
        }
        match epoch.mode {
            Mode::Plain => Ok(lifetime),
            Mode::Waiting | Mode::Blind(_) => Err(NotStored::NoEpoch),
            Mode::Following(log) => match provenance(headers) {
                Ok(provenance) if provenance.log == log => Ok(lifetime),
                Ok(_) => Err(NotStored::NoEpoch),
                Err(NoProvenance::Missing) => Err(NotStored::NoAsOf),
                Err(NoProvenance::Tags) => Err(NotStored::TooManyTags),
            },
        }
    }

    /// What says no is asked again before long, whatever it says of itself: it may have been a
    /// mistake, and a stranger can make many of them.
    fn briefly(&self, status: StatusCode, lifetime: Lifetime) -> Lifetime {
        if status.is_client_error() {
            Lifetime { fresh_s: lifetime.fresh_s.min(self.negative_max_s), ..lifetime }
        } else {
            lifetime
        }
    }

    /// Why an answer is for the request that caused it and for nobody else, if it is.
    fn for_one_only(&self, epoch: &Epoch, parts: &Parts, refused: Option<NotStored>) -> Option<NotStored> {
        if declared_length(&parts.headers).is_some_and(|length| length > self.object_bytes_max as u64) {
            return Some(NotStored::TooLarge);
        }
        let reason = refused?;
        let testable = match epoch.mode {
            // RFC 9111 §4: only what may be reused may be shared.
            Mode::Plain => false,
            // With a number every reader can test it (R12); an error is shared without one.
            Mode::Waiting | Mode::Blind(_) | Mode::Following(_) => {
                let numbered = provenance(&parts.headers).is_ok();
                // By a number alone nobody can test it: the tags it was not given may be purged.
                let untagged = numbered && reason == NotStored::TooManyTags;
                !untagged && (numbered || parts.status.is_client_error())
            }
        };
        (!reason.shareable() || !testable).then_some(reason)
    }

    /// The origin has answered anew, and the answer may not be stored: what was stored before
    /// is not what it says any more.
    fn supersede(&self, epoch: &Epoch, request: &FillRequest, answer: &Parts) {
        let as_of = match (provenance(&answer.headers), epoch.log()) {
            // Numbers of two logs cannot be compared, and the epoch ends as soon as the feed says it.
            (Ok(found), Some(log)) if found.log != log => return,
            (Ok(found), _) => found.as_of,
            (Err(_), _) => Seq::MAX,
        };
        if let Some(before) = epoch.memory.get(&request.key, &request.headers).filter(|before| before.as_of <= as_of) {
            epoch.memory.remove(&request.key, &before);
        }
    }

    /// `None` if it outgrows the limit.
    async fn read(&self, body: Body) -> Result<Option<Bytes>, Failure> {
        match Limited::new(body, self.object_bytes_max).collect().await {
            Ok(body) => Ok(Some(body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => Ok(None),
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
        let (as_of, log) = match provenance(&parts.headers) {
            Ok(found) => (found.as_of, Some(found.log)),
            Err(_) => (Seq::ZERO, None),
        };
        // Without the feed tags are purged by hand only, and need no number.
        let judged = epoch.mode == Mode::Plain || (log.is_some() && log == epoch.log());
        let tags =
            if judged { tags::headers::tags(&parts.headers, authority_of(&request.key)).unwrap_or_default() } else { Vec::new() };
        // Cells are made before anything is judged: born invalid if a purge was applied.
        let (tags, cells) = if judged { epoch.tags.hold(tags) } else { (tags.into(), tags::Cells::new()) };
        let born = parts.sent.at.saturating_sub(policy::age(&parts.headers));
        let vary = selecting(epoch, request, &parts.headers);
        let hand = hand_mark(epoch, &request.exact, &parts.headers, parts.sent.by_hand);
        let mut headers = parts.headers;
        let codable = codings::is_codable(parts.status, &headers, body.len());
        let entry = Entry {
            status: parts.status,
            message: {
                let inside = parted(&mut headers, codable, epoch.mode != Mode::Plain);
                Message::new(&headers, &inside, &body)
            },
            as_of,
            tags,
            cells,
            lifetime: lifetime.unwrap_or_default(),
            born,
            vary,
            hand,
            codable,
            codings: Codings::default(),
            read: ReadMark::default(),
        };
        (entry, log)
    }

    /// R13: a new entry from the very entry whose validators were sent; with a feed, with the
    /// number and the tags of the 304 together.
    fn revalidated(
        &self,
        epoch: &Epoch,
        request: &FillRequest,
        parts: &Parts,
        sent: &Entry,
    ) -> Result<(Entry, Option<LogId>), Failure> {
        if !is_about(&parts.headers, sent, epoch.log().is_some()) {
            return Err(Failure::Unusable);
        }
        let mut headers = sent.message.to_map();
        headers.extend(sent.message.inside());
        let replaced: Vec<_> = parts.headers.keys().filter(|name| !DESCRIBES_BODY.contains(name)).cloned().collect();
        for name in &replaced {
            headers.remove(name);
            for value in parts.headers.get_all(name) {
                headers.append(name.clone(), value.clone());
            }
        }
        let lifetime = policy::lifetime(sent.status, &headers, parts.received).map_err(|_| Failure::Unusable)?;
        let lifetime = self.briefly(sent.status, lifetime);
        let (as_of, log) = match epoch.mode {
            Mode::Plain => (sent.as_of, None),
            Mode::Waiting => return Err(Failure::Unusable),
            Mode::Blind(_) | Mode::Following(_) => {
                // From the 304's own headers, never from the merged ones.
                let found = provenance(&parts.headers).map_err(|_| Failure::Unusable)?;
                if found.as_of < sent.as_of || Some(found.log) != epoch.log() {
                    return Err(Failure::Unusable);
                }
                (found.as_of, Some(found.log))
            }
        };
        // Its `Surrogate-Key` has replaced the old one; what it does not name again still holds.
        let tags = tags::headers::tags(&headers, authority_of(&request.key)).map_err(|_| Failure::Unusable)?;
        let born = parts.sent.at.saturating_sub(policy::age(&parts.headers));
        let (tags, cells) = epoch.tags.hold(tags);
        let vary = selecting(epoch, request, &headers);
        let hand = hand_mark(epoch, &request.exact, &headers, parts.sent.by_hand);
        let codable = codings::is_codable(sent.status, &headers, sent.message.body().len());
        let entry = Entry {
            status: sent.status,
            message: {
                let inside = parted(&mut headers, codable, epoch.mode != Mode::Plain);
                sent.message.under(&headers, &inside)
            },
            as_of,
            tags,
            cells,
            lifetime,
            born,
            vary,
            hand,
            codable,
            codings: sent.codings.clone(),
            read: ReadMark::default(),
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
        let headers = entry.message.to_map();
        let withheld = policy::withheld_fields(&headers);
        let kept = if withheld.is_empty() {
            Arc::clone(&entry)
        } else {
            Arc::new(entry.without_fields(&withheld, hand_mark(epoch, &request.exact, &headers, entry.hand.sent)))
        };
        let stored = if !epoch.may_store() {
            Err(NotStored::NoEpoch)
        } else {
            match judge(&kept, self.clock.now(), false) {
                // Born invalid: a purge overtook the fill.
                Verdict::Gone | Verdict::Revalidate { purged: true } => Err(NotStored::Purged),
                Verdict::Fresh { .. } | Verdict::Stale | Verdict::Revalidate { purged: false } => {
                    put(epoch, &request.exact, &headers, &kept, duty).ok_or(NotStored::Overtaken)
                }
            }
        };
        if let Ok(key) = &stored {
            self.keep_regionally(epoch, key, &kept);
        }
        let stored = stored.map(drop);
        Answer { entry, log, source, stored }
    }

    /// Behind the answer's back, and not at all when too many stores wait.
    fn keep_regionally(&self, epoch: &Epoch, key: &Key, entry: &Entry) {
        let (Some(regional), Mode::Following(log)) = (self.regional.clone(), epoch.mode) else { return };
        if entry.message.body().len() > REGIONAL_OBJECT_BYTES_MAX {
            return;
        }
        let Some(stored) = regional::encode(entry, self.clock.now(), &epoch.tags) else { return };
        let Ok(place) = Arc::clone(&self.regional_stores).try_acquire_owned() else {
            self.metrics.regional_store_skipped();
            return;
        };
        let (key, metrics, clock) = (Arc::clone(key), Arc::clone(&self.metrics), Arc::clone(&self.clock));
        self.tasks.spawn(async move {
            let began = clock.now();
            let reply = regional.put(log, &key, stored).await;
            metrics.regional_put_took(clock.now().saturating_sub(began));
            match reply {
                Ok(()) => metrics.regional_stored(),
                Err(error) => metrics.regional_failed(&error),
            }
            drop(place);
        });
    }
}

/// The fields as they are kept. An answer that may be sent coded is one of several from the start.
fn parted(headers: &mut HeaderMap, codable: bool, feed: bool) -> HeaderMap {
    forget_per_answer(headers);
    let inside = exposed::take_inside(headers, feed);
    if codable {
        codings::announce(headers);
    }
    inside
}

/// What selects a response to this request.
fn selecting(epoch: &Epoch, request: &FillRequest, response: &HeaderMap) -> Box<[Selecting]> {
    // It cannot depend on what the origin was not told.
    let told = |name: &HeaderName| match epoch.mode {
        Mode::Plain => *name != header::ACCEPT_ENCODING,
        Mode::Waiting | Mode::Blind(_) | Mode::Following(_) => FORWARDED.contains(name),
    };
    selecting_values(response, &request.headers).into_iter().filter(|(name, _)| told(name)).collect()
}

/// Whether a 304 is about the entry whose validators were sent (RFC 9111 §4.3.4): what it
/// names must be what was stored.
fn is_about(answer: &HeaderMap, sent: &Entry, feed: bool) -> bool {
    match (answer.get(header::ETAG), sent.field(&header::ETAG)) {
        (Some(told), Some(own)) if feed || told.as_bytes().starts_with(b"\"") => *told == own,
        (Some(told), Some(own)) => policy::opaque(told.as_bytes()) == policy::opaque(own.as_bytes()),
        (Some(_), None) => false,
        (None, _) => {
            answer.get(header::LAST_MODIFIED).is_none_or(|told| Some(told.as_bytes()) == sent.message.get(&header::LAST_MODIFIED))
        }
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
