//! Wakes the feed at every commit, through LISTEN on a connection of its own. Losing it costs
//! time, never an event: connections look for themselves at every beat.
//!
//! It is also what notices that the server behind the address is another one.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::Feed;
use crate::store::{StoreError, identity, startup};

/// The channel that `store/write.rs` notifies.
const CHANNEL: &str = "changes";
/// Between attempts to connect: doubled from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);
/// For the answer of a connection that has been silent, and for every step of making one.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(2);

pub(super) async fn run(feed: &Feed) {
    let mut retry = RETRY_FIRST;
    loop {
        tokio::select! {
            () = feed.0.stop.cancelled() => return,
            ended = listen(feed, &mut retry) => match ended {
                Ok(()) => tracing::warn!("the connection that listens for commits was lost"),
                Err(error) => tracing::warn!(%error, "cannot listen for commits"),
            }
        }
        tokio::select! {
            () = feed.0.stop.cancelled() => return,
            () = tokio::time::sleep(retry) => {}
        }
        retry = (retry * 2).min(RETRY_LAST);
    }
}

/// Until the connection is lost.
async fn listen(feed: &Feed, retry: &mut Duration) -> Result<(), StoreError> {
    let options = feed.0.db.options()?;
    let mut listener = soon(async {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    })
    .await?;
    // The server behind the address may be another one now: a promoted standby, set up by
    // somebody else. What rule R3 refuses at the start takes no writes later either.
    let mistakes = startup::mistakes(&feed.0.db).await?;
    feed.0.db.set_fit(mistakes.is_empty());
    if !mistakes.is_empty() {
        return Err(StoreError::Unfit(mistakes.join("; ")));
    }
    let fresh = feed.0.entropy.ulid(feed.0.clock.wall());
    let (log, renewed) = identity::settle(&feed.0.db, fresh).await?;
    if renewed {
        tracing::error!(%log, "another cluster or timeline than before: the log is renewed");
    }
    *retry = RETRY_FIRST;
    // What was committed before LISTEN took effect was announced to nobody.
    wake(feed);
    loop {
        match tokio::time::timeout(feed.0.db.silence_max(), listener.try_recv()).await {
            Ok(Ok(Some(_))) => wake(feed),
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(error.into()),
            // A quiet night, or a peer that is no more and could not say so.
            Err(_) => {
                soon(sqlx::query!("SELECT 1 AS one").fetch_one(&mut listener)).await?;
            }
        }
    }
}

async fn soon<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
    Ok(tokio::time::timeout(ANSWER_WAIT_MAX, work).await.unwrap_or_else(late)?)
}

fn wake(feed: &Feed) {
    feed.0.wake.send_modify(|commits| *commits = commits.wrapping_add(1));
}
