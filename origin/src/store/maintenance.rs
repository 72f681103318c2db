//! Everything that grows is cut: each table here has a limit with a name.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::store::{Db, StoreError};

/// Rows of the change log that are kept. An edge that was away for longer starts over.
pub const CHANGES_KEPT_MAX: i64 = 1_000_000;
/// Writes whose receipts are kept.
pub const RECEIPTS_CHANGES_KEPT_MAX: i64 = 10_000;
/// Edge processes silent for longer are forgotten, in hours.
pub const EDGE_PROCESS_HOURS_MAX: i32 = 24;
/// Invalidations that are over are kept for so long, in hours.
pub const CDN_INVALIDATION_HOURS_MAX: i32 = 7 * 24;
/// How often all this is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// Rows of the change log deleted at once, so that no statement runs long.
const CHANGES_PER_RUN_MAX: i64 = 10_000;

/// Runs until `stop`.
pub async fn run(db: Db, stop: CancellationToken) {
    let mut beat = tokio::time::interval(EVERY);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = beat.tick() => {}
        }
        if let Err(error) = prune(&db).await {
            tracing::warn!(%error, "old rows could not be pruned");
        }
    }
}

/// Once.
pub async fn prune(db: &Db) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM sessions WHERE expires_at <= now()").execute(&db.pool).await?;
    sqlx::query!(
        "DELETE FROM idempotency_keys WHERE started_at < now() - make_interval(hours => $1)",
        super::idempotency::KEY_HOURS_MAX
    )
    .execute(&db.pool)
    .await?;
    sqlx::query!("DELETE FROM receipts WHERE seq <= (SELECT seq FROM feed_head) - $1", RECEIPTS_CHANGES_KEPT_MAX)
        .execute(&db.pool)
        .await?;
    sqlx::query!("DELETE FROM edge_processes WHERE last_seen < now() - make_interval(hours => $1)", EDGE_PROCESS_HOURS_MAX)
        .execute(&db.pool)
        .await?;
    // The last one says which log it was of.
    sqlx::query!(
        r#"DELETE FROM cdn_invalidations
           WHERE state IN ('confirmed', 'dead') AND created_at < now() - make_interval(hours => $1)
             AND id < (SELECT max(id) FROM cdn_invalidations)"#,
        CDN_INVALIDATION_HOURS_MAX,
    )
    .execute(&db.pool)
    .await?;
    sqlx::query!(
        r#"DELETE FROM changes WHERE seq IN (
               SELECT seq FROM changes WHERE seq <= (SELECT seq FROM feed_head) - $1 ORDER BY seq LIMIT $2)"#,
        CHANGES_KEPT_MAX,
        CHANGES_PER_RUN_MAX,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}
