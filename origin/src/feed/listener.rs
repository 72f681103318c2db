//! Wakes the feed at every commit, through LISTEN on a connection of its own. Losing it costs
//! time, never an event: connections look for themselves at every beat.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};

use super::Feed;
use crate::store::{StoreError, identity};

/// The channel that `store/write.rs` notifies.
const CHANNEL: &str = "changes";
/// Between attempts to connect: doubled from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LAST: Duration = Duration::from_secs(5);

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
    let pool = PgPoolOptions::new().max_connections(1).connect_with(feed.0.db.options().clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    // The server behind the address may be another one now: a promoted standby.
    let fresh = feed.0.entropy.ulid(feed.0.clock.wall());
    let (log, renewed) = identity::settle(&feed.0.db, fresh).await?;
    if renewed {
        tracing::error!(%log, "another cluster or timeline than before: the log is renewed");
    }
    *retry = RETRY_FIRST;
    // What was committed before LISTEN took effect was announced to nobody.
    wake(feed);
    while listener.try_recv().await?.is_some() {
        wake(feed);
    }
    Ok(())
}

fn wake(feed: &Feed) {
    feed.0.wake.send_modify(|commits| *commits = commits.wrapping_add(1));
}
