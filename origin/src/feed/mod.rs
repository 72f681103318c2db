//! The change log as a stream: what edges follow (rules R18 and R19).
//!
//! Knows nothing of HTTP: a connection is a stream of ready bytes. Every connection reads the
//! log for itself, so that a slow one holds up nobody.

mod connection;
mod listener;
mod stream;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use common::{Clock, Head, LogId, Seq, entropy::Entropy};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use stream::FeedStream;

use crate::store::{
    Db, StoreError,
    changes::{self, Batch, LogHead},
    identity,
};

/// Connections at once; further ones are refused.
pub const CONNECTIONS_MAX: usize = 1000;
/// Rows that are read, and held for one connection, at once.
pub const BATCH_ROWS_MAX: u16 = 500;
/// How often the start is looked for again while old rows are pruned from under it.
const BACK_TRIES_MAX: usize = 3;

/// The feed of one log. Cheap to clone.
#[derive(Clone)]
pub struct Feed(Arc<Inner>);

struct Inner {
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// Raised by the listener at every commit; connections sleep on it.
    wake: watch::Sender<u64>,
    open: AtomicUsize,
    stop: CancellationToken,
}

/// Where a connection wants to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// `Last-Event-ID`: after this number.
    pub after: Option<Seq>,
    /// `?back=N`: so many writes behind the head, or at the oldest kept.
    pub back: Option<u64>,
    /// `Rcr-Log`: the log that `after` counts in, if the edge says so.
    pub log: Option<LogId>,
}

/// Why a resume is impossible: the edge must begin a new epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Gone {
    #[error("the number is of another log")]
    OtherLog,
    #[error("the number is above the head")]
    AboveHead,
    #[error("the next write is not kept any more")]
    Pruned,
}

impl Gone {
    pub const fn as_str(self) -> &'static str {
        match self {
            Gone::OtherLog => "other_log",
            Gone::AboveHead => "above_head",
            Gone::Pruned => "pruned",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// 410.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// 503: the limit is [`CONNECTIONS_MAX`].
    #[error("too many edges are connected")]
    TooMany,
    /// 503: the origin is about to stop.
    #[error("the feed is closed")]
    Closed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Feed {
    /// `stop` ends every connection at once.
    pub fn new(db: Db, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, stop: CancellationToken) -> Feed {
        let wake = watch::Sender::new(0);
        Feed(Arc::new(Inner { db, clock, entropy, wake, open: AtomicUsize::new(0), stop }))
    }

    /// Wakes the connections at every commit, until the feed stops. Without it they notice a
    /// commit at their next beat.
    pub async fn listen(self) {
        listener::run(&self).await;
    }

    /// For `GET /internal/head`: read after this was called.
    pub async fn head(&self) -> Result<Head, StoreError> {
        Ok(wire_head(&changes::head(&self.0.db).await?, None))
    }

    /// Connections that are open now.
    pub fn open_count(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`OpenError::Gone`] if what was asked for is not there: answered before any byte.
    pub async fn open(&self, start: Start) -> Result<FeedStream, OpenError> {
        if self.0.stop.is_cancelled() {
            return Err(OpenError::Closed);
        }
        let place = self.take_place().ok_or(OpenError::TooMany)?;
        // Subscribed before the log is read: a commit in between wakes the connection.
        let wake = self.0.wake.subscribe();
        let (from, batch) = match start.after {
            Some(after) => (after, self.resume(after, start.log).await?),
            None => self.begin(start.back.unwrap_or(0)).await?,
        };
        Ok(connection::start(self.clone(), place, wake, from, batch))
    }

    async fn resume(&self, after: Seq, log: Option<LogId>) -> Result<Batch, OpenError> {
        let batch = changes::after(&self.0.db, after, BATCH_ROWS_MAX).await?;
        if log.is_some_and(|log| log != batch.head.log) {
            return Err(Gone::OtherLog.into());
        }
        if after > batch.head.seq {
            if log.is_some() {
                self.renew(batch.head.log).await?;
            }
            return Err(Gone::AboveHead.into());
        }
        if follows(after, &batch) { Ok(batch) } else { Err(Gone::Pruned.into()) }
    }

    async fn begin(&self, back: u64) -> Result<(Seq, Batch), OpenError> {
        for _ in 0..BACK_TRIES_MAX {
            let head = changes::head(&self.0.db).await?;
            let oldest = changes::oldest(&self.0.db).await?;
            // An empty log begins at its head.
            let floor = oldest.map_or(head.seq, |oldest| oldest.back(1));
            let from = head.seq.back(back).max(floor.min(head.seq));
            let batch = changes::after(&self.0.db, from, BATCH_ROWS_MAX).await?;
            if follows(from, &batch) {
                return Ok((from, batch));
            }
        }
        Err(Gone::Pruned.into())
    }

    /// Rule R19: this very log is ahead somewhere, so history was rewound here.
    async fn renew(&self, seen: LogId) -> Result<(), StoreError> {
        let fresh = self.0.entropy.ulid(self.0.clock.wall());
        identity::renew_if_still(&self.0.db, seen, fresh).await
    }

    fn take_place(&self) -> Option<Place> {
        let taken = self.0.open.fetch_add(1, Ordering::Relaxed);
        let place = Place(self.clone());
        (taken < CONNECTIONS_MAX).then_some(place)
    }
}

/// One connection of [`CONNECTIONS_MAX`], until it is dropped.
struct Place(Feed);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether the batch goes on after `from` without a gap.
fn follows(from: Seq, batch: &Batch) -> bool {
    let mut expected = from;
    let contiguous = batch.events.iter().all(|event| {
        expected = expected.next();
        event.seq == expected
    });
    contiguous && (!batch.events.is_empty() || batch.head.seq == from)
}

fn wire_head(head: &LogHead, from: Option<Seq>) -> Head {
    Head { log: head.log, seq: head.seq, from, at: head.at }
}
