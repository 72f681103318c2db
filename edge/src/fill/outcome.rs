//! How a fill can end, and what each waiting reader makes of it (R12).

use std::sync::Arc;

use common::{LogId, Seq};
use http::{HeaderMap, StatusCode};

use crate::{
    client::Refused,
    entry::Entry,
    epoch::{Epoch, Mode},
    policy::NotStored,
    tags::{Hand, Purge},
};

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Another fill had stored it by the time this one began.
    Memory,
    Regional,
    Origin {
        status: StatusCode,
    },
    /// The origin said 304 to a stored entry's validator.
    Revalidated,
}

/// A whole response, fit to be shared by the readers who waited for it.
#[derive(Debug)]
pub struct Answer {
    pub entry: Arc<Entry>,
    /// The log that the entry's number counts in; `None` if it has no number.
    pub log: Option<LogId>,
    pub source: Source,
    pub stored: Result<(), NotStored>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Refused, lost, or nothing within the limit.
    NoResponse,
    TimedOut,
    /// 502, 503 or 504 from the origin.
    Unavailable,
    /// Another 5xx: the origin is there, but broken.
    ServerError,
    /// Not asked: it has been failing.
    Breaker,
    /// Not asked: too many fills at once.
    TooManyFills,
    /// Not asked: too many readers wait for this key.
    TooManyWaiters,
    /// Not asked: too many requests are being passed on.
    TooManyPasses,
    /// Not asked: too many misses of this client are under way.
    ClientMisses,
    /// Not asked: too many misses of this client in too short a time.
    ClientRate,
    /// Asked, and nothing arrives; the limit for a whole answer is not reached yet.
    Stalled,
    /// It answered, but not what can be used: a 304 that says nothing, a body cut short.
    Unusable,
}

impl Failure {
    pub const fn as_str(self) -> &'static str {
        match self {
            Failure::NoResponse => "no-response",
            Failure::TimedOut => "timed-out",
            Failure::Unavailable => "unavailable",
            Failure::ServerError => "server-error",
            Failure::Breaker => "breaker",
            Failure::TooManyFills => "too-many-fills",
            Failure::TooManyWaiters => "too-many-waiters",
            Failure::TooManyPasses => "too-many-passes",
            Failure::ClientMisses => "client-misses",
            Failure::ClientRate => "client-rate",
            Failure::Stalled => "stalled",
            Failure::Unusable => "unusable",
        }
    }

    /// Whether nothing answered at all. Only that makes the breaker rest: a page's own 503
    /// says nothing of the others.
    pub const fn is_silence(self) -> bool {
        match self {
            Failure::NoResponse | Failure::TimedOut => true,
            Failure::Unavailable
            | Failure::ServerError
            | Failure::Breaker
            | Failure::TooManyFills
            | Failure::TooManyWaiters
            | Failure::TooManyPasses
            | Failure::ClientMisses
            | Failure::ClientRate
            | Failure::Stalled
            | Failure::Unusable => false,
        }
    }

    /// Whether the origin was not asked because a limit is reached.
    pub const fn is_refusal(self) -> bool {
        match self {
            Failure::TooManyFills
            | Failure::TooManyWaiters
            | Failure::TooManyPasses
            | Failure::ClientMisses
            | Failure::ClientRate => true,
            Failure::NoResponse
            | Failure::TimedOut
            | Failure::Unavailable
            | Failure::ServerError
            | Failure::Breaker
            | Failure::Stalled
            | Failure::Unusable => false,
        }
    }

    /// "Cannot be reached" in the sense of the purge strengths: a hard-purged entry may then
    /// be shown, marked.
    pub const fn is_unreachable(self) -> bool {
        match self {
            Failure::NoResponse | Failure::TimedOut | Failure::Unavailable | Failure::Breaker => true,
            // A stall is not yet the full limit; and a client that asks too much has shown
            // nothing of the origin.
            Failure::ServerError
            | Failure::TooManyFills
            | Failure::TooManyWaiters
            | Failure::TooManyPasses
            | Failure::ClientMisses
            | Failure::ClientRate
            | Failure::Stalled
            | Failure::Unusable => false,
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        match refused {
            Refused::Misses => Failure::ClientMisses,
            Refused::Rate => Failure::ClientRate,
        }
    }
}

/// How a fill ended. Shared by everybody who waited for it.
#[derive(Debug)]
pub enum Outcome {
    Answer(Answer),
    /// For the eyes of the request that began the fill only; the others ask for themselves.
    Unshareable(NotStored),
    /// `shown` is what the origin said, if it said anything; `fallback` is what Redis holds.
    Failed {
        failure: Failure,
        shown: Option<Arc<Entry>>,
        fallback: Option<Arc<Entry>>,
    },
    /// The task ended without a word (it panicked, or the process is stopping).
    Abandoned,
}

impl Outcome {
    /// The label of the metric.
    pub const fn label(&self) -> &'static str {
        match self {
            Outcome::Answer(Answer { source: Source::Memory, .. }) => "stored-meanwhile",
            Outcome::Answer(Answer { stored: Ok(()), .. }) => "stored",
            Outcome::Answer(Answer { stored: Err(reason), .. }) | Outcome::Unshareable(reason) => reason.as_str(),
            Outcome::Failed { failure, .. } => failure.as_str(),
            Outcome::Abandoned => "abandoned",
        }
    }
}

/// What an answer must reach for one reader, in both numberings.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The larger of what was applied when the reader arrived and the reader's own number.
    pub as_of: Seq,
    /// The last purge by hand when the reader arrived.
    pub by_hand: Hand,
}

/// Why an answer is not for this reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inadmissible {
    /// It belongs to another log: start over in the current epoch.
    OtherLog,
    /// `Vary` selects another representation for this reader.
    OtherVariant,
    /// A purge that this reader may have seen the effect of is newer.
    TooOld,
}

impl Answer {
    /// R12: the same log, `Vary` selects it, and its numbers are at least what `need` says, or
    /// none of its tags was purged since. What lies below the ring's floor counts as purged.
    ///
    /// # Errors
    /// With the reason why the reader must ask again.
    pub fn admissible(&self, epoch: &Epoch, need: Need, own: Option<Seq>, request: &HeaderMap) -> Result<(), Inadmissible> {
        if !self.entry.selected_by(request) {
            return Err(Inadmissible::OtherVariant);
        }
        match (epoch.mode, self.log) {
            (Mode::Blind(log) | Mode::Following(log), Some(of)) if of != log => return Err(Inadmissible::OtherLog),
            // Without a log its number says nothing: no feed, no head yet, or an error page,
            // which is shared and never stored. It may have been purged by hand all the same.
            (Mode::Plain | Mode::Waiting, _) | (_, None) if self.entry.hand.sent >= need.by_hand => return Ok(()),
            (Mode::Plain | Mode::Waiting, _) | (_, None) => {}
            (Mode::Blind(_) | Mode::Following(_), Some(_))
                if self.entry.as_of >= need.as_of && self.entry.hand.sent >= need.by_hand =>
            {
                return Ok(());
            }
            (Mode::Blind(_) | Mode::Following(_), Some(_)) => {}
        }
        // Judged by the cells, which know of no fewer purges than the ring between the two
        // numbers. They may know of later ones: then the reader asks once too often.
        match self.entry.purge() {
            None => Ok(()),
            Some(Purge::Soft { .. }) if own.is_none() => Ok(()),
            Some(Purge::Soft { .. } | Purge::Hard | Purge::Gone) => Err(Inadmissible::TooOld),
        }
    }
}
