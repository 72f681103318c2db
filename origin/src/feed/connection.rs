//! One edge's connection: head, rows, head every second.

use std::time::Duration;

use bytes::Bytes;
use common::{LogId, Seq, sse};
use tokio::{
    sync::{mpsc, watch},
    time::MissedTickBehavior,
};

use super::{BATCH_ROWS_MAX, Feed, FeedStream, Place, follows, wire_head};
use crate::store::changes::{self, Batch};

/// How often the head is sent. Also how late a commit is noticed without the listener.
pub const HEAD_EVERY: Duration = Duration::from_secs(1);
/// Frames that wait for a reader.
pub const FRAMES_MAX: usize = 64;
/// How long a full queue is waited for: then the reader is too slow and is let go.
pub const SEND_WAIT_MAX: Duration = Duration::from_secs(5);
/// Reads in a row that may fail before the connection is given up.
pub const READ_FAILURES_MAX: u32 = 5;

/// Why a connection ended. For the log.
#[derive(Clone, Copy, Debug)]
enum End {
    Stopped,
    ReaderGone,
    ReaderTooSlow,
    LogRenewed,
    LogRewound,
    Gap,
    Unreadable,
}

struct Connection {
    feed: Feed,
    frames: mpsc::Sender<Bytes>,
    log: LogId,
    /// The last number sent.
    position: Seq,
}

/// `batch` goes on after `from` without a gap.
pub(super) fn start(feed: Feed, place: Place, wake: watch::Receiver<u64>, from: Seq, batch: Batch) -> FeedStream {
    let (frames, receiver) = mpsc::channel(FRAMES_MAX);
    let stream = FeedStream::new(receiver, feed.0.stop.clone().cancelled_owned());
    let connection = Connection { feed, frames, log: batch.head.log, position: from };
    tokio::spawn(async move {
        let stop = connection.feed.0.stop.clone();
        let end = tokio::select! {
            () = stop.cancelled() => End::Stopped,
            end = connection.run(wake, batch) => end,
        };
        tracing::debug!(reason = ?end, "a feed ended");
        drop(place);
    });
    stream
}

impl Connection {
    async fn run(mut self, wake: watch::Receiver<u64>, first: Batch) -> End {
        match self.follow(wake, first).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn follow(&mut self, mut wake: watch::Receiver<u64>, first: Batch) -> Result<std::convert::Infallible, End> {
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + HEAD_EVERY, HEAD_EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.send(sse::encode_head(&wire_head(&first.head, Some(self.position)))).await?;
        let mut full = self.send_rows(&first).await?;
        let mut failures = 0;
        let mut head_due = false;
        loop {
            head_due |= tokio::select! {
                biased;
                () = self.frames.closed() => return Err(End::ReaderGone),
                _ = beat.tick() => true,
                // While there is more to read nothing is waited for.
                () = std::future::ready(()), if full => false,
                _ = wake.changed() => false,
            };
            let batch = match changes::after(&self.feed.0.db, self.position, BATCH_ROWS_MAX).await {
                Ok(batch) => batch,
                Err(error) if failures < READ_FAILURES_MAX => {
                    tracing::warn!(%error, "the feed could not read the log");
                    failures += 1;
                    full = false;
                    continue;
                }
                Err(_) => return Err(End::Unreadable),
            };
            failures = 0;
            self.check(&batch).await?;
            full = self.send_rows(&batch).await?;
            if std::mem::take(&mut head_due) {
                // Of the rows' own snapshot, so never below a row that was sent.
                self.send(sse::encode_head(&wire_head(&batch.head, None))).await?;
            }
        }
    }

    /// A head of another log, or below what was sent, is sent and ends the connection: the
    /// edge understands both.
    async fn check(&self, batch: &Batch) -> Result<(), End> {
        let end = if batch.head.log != self.log {
            End::LogRenewed
        } else if batch.head.seq < self.position {
            if let Err(error) = self.feed.renew(self.log).await {
                tracing::error!(%error, "the log was rewound and could not be renewed");
            }
            End::LogRewound
        } else if !follows(self.position, batch) {
            return Err(End::Gap);
        } else {
            return Ok(());
        };
        self.send(sse::encode_head(&wire_head(&batch.head, None))).await?;
        Err(end)
    }

    /// Whether there may be more rows to read at once.
    async fn send_rows(&mut self, batch: &Batch) -> Result<bool, End> {
        for event in &batch.events {
            self.send(sse::encode_event(event)).await?;
            self.position = event.seq;
        }
        Ok(batch.events.len() >= usize::from(BATCH_ROWS_MAX))
    }

    async fn send(&self, frame: Result<Bytes, serde_json::Error>) -> Result<(), End> {
        let frame = frame.map_err(|_| End::Unreadable)?;
        match self.frames.send_timeout(frame, SEND_WAIT_MAX).await {
            Ok(()) => Ok(()),
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => Err(End::ReaderTooSlow),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => Err(End::ReaderGone),
        }
    }
}
