//! One connection to the feed, from its first head to its end.

use std::time::Duration;

use common::{
    Event, Head, Seq, Timestamp,
    headers::{LAST_EVENT_ID, RCR_LOG},
    sse::{Decoder, Message},
};
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;

use super::{Ended, Follower};
use crate::{epoch::Mode, tags::Applied};

/// From the request to the head of the answer.
const CONNECT_WAIT: Duration = Duration::from_secs(3);
/// A head comes every second: silence for longer is a lost connection.
const SILENCE_MAX: Duration = Duration::from_secs(4);
/// How long the applied number may stand still while the head is above it (R20).
const STALL_MAX: Duration = Duration::from_secs(2);

/// What a head says of time: the origin's clock and the local one at the same moment.
#[derive(Clone, Copy)]
struct Reference {
    at: Timestamp,
    here: Duration,
}

impl Reference {
    /// An event's commit on the local clock: the head's `at` less the event's, from now.
    fn locally(&self, event: &Event, now: Duration) -> Duration {
        let behind_ms = self.at.ms_since(event.at);
        let distance = Duration::from_millis(behind_ms.unsigned_abs());
        let at = if behind_ms >= 0 { self.here.saturating_sub(distance) } else { self.here + distance };
        at.min(now)
    }
}

impl Follower {
    pub(super) async fn connection(&self) -> Ended {
        let resume = self.following();
        let path = match resume {
            Some(_) => "/internal/feed".to_owned(),
            // R16: a ring's length behind the head, so that the ring can judge what Redis holds.
            None => format!("/internal/feed?back={}", self.settings.ring_events_max),
        };
        let Some(mut request) = self.request(path) else { return Ended::Lost };
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some((log, applied)) = resume {
            request.headers_mut().insert(LAST_EVENT_ID, HeaderValue::from(applied.get()));
            if let Ok(log) = HeaderValue::from_str(&log.to_string()) {
                request.headers_mut().insert(RCR_LOG, log);
            }
        }
        let response = match tokio::time::timeout(CONNECT_WAIT, self.edge.filler.upstream.follow(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the feed cannot be reached");
                return Ended::Lost;
            }
            Err(_) => return Ended::Lost,
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::GONE => return Ended::StartOver,
            status => {
                tracing::warn!(%status, "the feed was refused");
                return Ended::Lost;
            }
        }
        self.edge.filler.metrics.feed_connected();

        let mut body = response.into_body();
        let (mut decoder, mut messages) = (Decoder::default(), Vec::new());
        let mut reading = Reading { reference: None, old: Seq::ZERO, moved_at: self.edge.filler.clock.now() };
        loop {
            let frame = match tokio::time::timeout(SILENCE_MAX, body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(_)) | None) | Err(_) => return Ended::Lost,
            };
            let Ok(piece) = frame.into_data() else { continue };
            if let Err(error) = decoder.push(&piece, &mut messages) {
                tracing::error!(%error, "the feed cannot be understood");
                return Ended::Garbled;
            }
            for message in messages.drain(..) {
                let ended = match message {
                    Message::Head(head) => self.take_head(&head, &mut reading),
                    Message::Change(event) => self.take_event(event, &mut reading),
                    Message::Unknown => None,
                };
                if let Some(ended) = ended {
                    return ended;
                }
            }
        }
    }

    fn take_head(&self, head: &Head, reading: &mut Reading) -> Option<Ended> {
        let now = self.edge.filler.clock.now();
        let first = reading.reference.replace(Reference { at: head.at, here: now }).is_none();
        let from = head.from.unwrap_or(head.seq);
        if first {
            reading.old = head.seq;
        }
        match self.following() {
            Some((log, applied)) if head.log != log || head.seq < applied || (first && from > applied) => {
                return Some(Ended::StartOver);
            }
            Some(_) => {}
            // R18: the rows begin after `from`; everything up to it is unknown.
            None if first => self.begin(Mode::Following(head.log), from),
            None => return Some(Ended::StartOver),
        }
        let applied = self.edge.epoch.load().tags.applied();
        if applied >= head.seq {
            reading.moved_at = now;
        }
        (now.saturating_sub(reading.moved_at) > STALL_MAX).then_some(Ended::Stalled)
    }

    fn take_event(&self, event: Event, reading: &mut Reading) -> Option<Ended> {
        // R18: a head comes first on every connection.
        let Some(reference) = reading.reference else { return Some(Ended::Lost) };
        let now = self.edge.filler.clock.now();
        let (seq, at) = (event.seq, reference.locally(&event, now));
        let epoch = self.edge.epoch.load();
        match epoch.tags.apply(event, at) {
            Applied::Now => {
                reading.moved_at = now;
                epoch.settle();
                // What a start catches up with was not waited for by anybody.
                let awaited = seq > reading.old;
                self.edge.filler.metrics.event_applied(awaited.then(|| now.saturating_sub(at)));
                if awaited {
                    self.pending.push(seq, now);
                    self.purged.notify_one();
                }
                None
            }
            Applied::Before => None,
            Applied::Gap => Some(Ended::Gap),
        }
    }
}

struct Reading {
    reference: Option<Reference>,
    /// The head when the connection was opened.
    old: Seq,
    /// When the applied number last moved, or had nowhere to move.
    moved_at: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::testing::event;

    #[test]
    fn a_commit_is_dated_without_comparing_clocks() {
        let s = Duration::from_secs;
        let reference = Reference { at: Timestamp::from_unix_ms(1_000_000), here: s(50) };
        let dated = |ms: i64, now| {
            let mut event = (*event(1, &[], &[], &[])).clone();
            event.at = Timestamp::from_unix_ms(ms);
            reference.locally(&event, now)
        };
        assert_eq!(dated(990_000, s(51)), s(40));
        assert_eq!(dated(1_002_000, s(60)), s(52));
        // Never in the future, however the origin's clock jumps.
        assert_eq!(dated(9_000_000, s(51)), s(51));
    }
}
