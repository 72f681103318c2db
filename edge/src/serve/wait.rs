//! Waiting for a fill as one reader: for the one found, for one more if that stalls, and no
//! longer than is bearable.

use std::sync::Arc;

use http::Response;
use tokio::sync::oneshot;

use super::{Edge, Reply, lookup::Reader};
use crate::{
    cache_status::Disposition,
    client::Place,
    entry::Entry,
    epoch::Epoch,
    fill::{Duty, Failure, FillRequest, FillTable, Heard, Joined, Outcome, Private, Waiting, add_via, shared_headers},
    policy::NotStored,
    upstream::Body,
};

/// How waiting for a fill ended, for one reader.
pub(super) enum Waited {
    Outcome(Arc<Outcome>, Joint),
    /// The answer is for this reader alone, and counts against its limits while it lasts.
    Private(Response<Body>, Option<Arc<Place>>, NotStored),
    /// The fill stalls, and there is a copy to show.
    Shown((Reply, Disposition)),
    /// Nobody asks for it: a limit is reached, or whoever asked hears nothing.
    Refused(Failure),
}

/// Whether the reader began the fill or joined one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    Began,
    Joined,
}

/// A reader's part in one fill.
struct Ticket {
    fill: Waiting,
    /// Of who began it: where an answer comes that nobody else may see.
    private: Option<oneshot::Receiver<Private>>,
    place: Option<Arc<Place>>,
}

impl Ticket {
    /// What this reader gets of the fill's end.
    async fn claim(mut self, outcome: Arc<Outcome>) -> Waited {
        let joint = if self.private.is_some() { Joint::Began } else { Joint::Joined };
        match (self.private.take(), &*outcome) {
            (Some(private), Outcome::Unshareable(reason)) => match private.await {
                Ok(response) => Waited::Private(response, self.place, *reason),
                Err(_) => Waited::Outcome(outcome, joint),
            },
            (Some(_) | None, _) => Waited::Outcome(outcome, joint),
        }
    }
}

impl Edge {
    /// `stale` is the copy that may be shown if the fill stalls or fails.
    pub(super) async fn wait(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, stale: Option<Arc<Entry>>) -> Waited {
        let _counted = self.filler.metrics.waiting();
        let showing = |failure| stale.as_ref().and_then(|entry| self.shown_though(epoch, reader, entry, Some(failure)));
        let first = match self.join(epoch, reader, stale.as_ref()) {
            Ok(ticket) => ticket,
            // Two fills of it stall. That one before them has had its full limit frees a copy that
            // was purged hard; a stall alone does not.
            Err(Failure::Stalled) => {
                let before = epoch.fills.failures.get(&reader.key, self.filler.clock.now());
                return Waited::Refused(before.unwrap_or(Failure::Stalled));
            }
            Err(failure) => return Waited::Refused(failure),
        };
        if let Heard::Ended(outcome) = first.fill.heard().await {
            return first.claim(outcome).await;
        }
        if let Some(shown) = showing(Failure::Stalled) {
            return Waited::Shown(shown);
        }
        let last_word = match self.join(epoch, reader, stale.as_ref()) {
            Ok(second) => match either(&first, &second).await {
                Either::First(outcome) => return first.claim(outcome).await,
                Either::Second(outcome) => return second.claim(outcome).await,
                Either::Neither => Failure::Stalled,
            },
            Err(failure) => failure,
        };
        // A copy that was purged hard is freed by the full limit only: worth the wait.
        if showing(Failure::TimedOut).is_some() {
            let outcome = first.fill.outcome().await;
            return first.claim(outcome).await;
        }
        Waited::Refused(last_word)
    }

    fn join(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, stale: Option<&Arc<Entry>>) -> Result<Ticket, Failure> {
        match FillTable::join(epoch, &reader.key, &self.settings.fills, || self.admit(reader.client(self)))? {
            Joined::Follower(fill) => Ok(Ticket { fill, private: None, place: None }),
            Joined::Leader { fill, private, duty, place } => {
                let place = Arc::new(place);
                self.spawn_fill(epoch, reader, stale.cloned(), duty, Arc::clone(&place));
                Ok(Ticket { fill, private: Some(private), place: Some(place) })
            }
        }
    }

    /// Begins a fill that nobody waits for, unless there is one or a limit is reached: then a
    /// later hit will.
    pub(super) fn refresh_behind(self: &Arc<Self>, epoch: &Arc<Epoch>, reader: &Reader, entry: &Arc<Entry>) {
        let joined = FillTable::join(epoch, &reader.key, &self.settings.fills, || self.admit(reader.client(self)));
        match joined {
            Ok(Joined::Leader { duty, place, .. }) => {
                self.spawn_fill(epoch, reader, Some(Arc::clone(entry)), duty, Arc::new(place));
            }
            Ok(Joined::Follower(_)) => {}
            Err(failure) => self.filler.metrics.miss_refused(failure),
        }
    }

    /// In a task of its own: readers may leave, the fill goes on, and counts as its client's
    /// until it ends.
    fn spawn_fill(
        self: &Arc<Self>,
        epoch: &Arc<Epoch>,
        reader: &Reader,
        stale: Option<Arc<Entry>>,
        duty: Duty,
        place: Arc<Place>,
    ) {
        let mut headers = shared_headers(&reader.head.headers, self.settings.feed);
        add_via(&mut headers, reader.head.version, &self.settings.name);
        let request = FillRequest {
            key: Arc::clone(&reader.key),
            exact: Arc::clone(&reader.exact),
            target: reader.target(),
            headers,
            own: reader.own,
            trace: *self.reader_trace(reader),
        };
        let (edge, epoch) = (Arc::clone(self), Arc::clone(epoch));
        let tasks = self.filler.tasks.clone();
        tasks.spawn(async move {
            edge.filler.run(epoch, request, stale, duty).await;
            drop(place);
        });
    }
}

enum Either {
    First(Arc<Outcome>),
    Second(Arc<Outcome>),
    /// Both stall.
    Neither,
}

/// Waits for whichever brings an answer. The first stalls already; that it then fails is no
/// reason to give up the second.
async fn either(first: &Ticket, second: &Ticket) -> Either {
    let mut first_goes_on = true;
    loop {
        tokio::select! {
            outcome = first.fill.outcome(), if first_goes_on => match *outcome {
                Outcome::Answer(_) | Outcome::Unshareable(_) => return Either::First(outcome),
                Outcome::Failed { .. } | Outcome::Abandoned => first_goes_on = false,
            },
            heard = second.fill.heard() => return match heard {
                Heard::Ended(outcome) => Either::Second(outcome),
                Heard::Stalled => Either::Neither,
            },
        }
    }
}
