//! Rule R19: a log is renewed when history may have been rewound.

use common::LogId;
use sqlx::PgConnection;
use ulid::Ulid;

use crate::store::{Db, StoreError, pg};

/// Before serving: if the cluster or its timeline is not the one the log was last seen on,
/// this is a copy, a promoted standby or a recovery, and numbers of the log may mean
/// something else here. Then the log becomes `fresh`. Says which log it is now, and whether
/// it was renewed.
pub async fn settle(db: &Db, fresh: Ulid) -> Result<(LogId, bool), StoreError> {
    let mut connection = db.pool.acquire().await?;
    if let Some(log) = settle_on(&mut connection, fresh).await? {
        return Ok((pg::log(&log)?, true));
    }
    let log = sqlx::query_scalar!("SELECT log FROM feed_head").fetch_one(&mut *connection).await?;
    Ok((pg::log(&log)?, false))
}

/// The log's id if it was renewed. Every new connection does this before it is used.
///
/// In another cluster transaction ids begin again, so the changes of the old one go: their
/// ids would be taken for those of transactions to come. Nobody can resume in the old log
/// anyway. (Without a cluster, 0, the log was never anywhere else.)
pub(crate) async fn settle_on(connection: &mut PgConnection, fresh: Ulid) -> Result<Option<String>, sqlx::Error> {
    // The timeline is that of the WAL now being written: the first eight digits of the
    // segment's name. The last checkpoint's may be older just after a promotion.
    let renewed = sqlx::query_scalar!(
        r#"WITH cluster AS (
               SELECT system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline
               FROM pg_control_system()
           ), before AS (
               SELECT h.system_identifier FROM feed_head h, cluster c
               WHERE (h.system_identifier, h.timeline) IS DISTINCT FROM (c.system_identifier, c.timeline)
               FOR UPDATE OF h
           ), forgotten AS (
               DELETE FROM changes USING before b, cluster c
               WHERE b.system_identifier <> c.system_identifier AND b.system_identifier <> 0
           )
           UPDATE feed_head h SET log = $1, system_identifier = c.system_identifier, timeline = c.timeline
           FROM cluster c, before
           RETURNING h.log"#,
        fresh.to_string(),
    )
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(log) = &renewed {
        tracing::warn!(%log, "another cluster or timeline than before: the log is renewed");
        // Open feeds learn of it at once.
        sqlx::query!("SELECT pg_notify('changes', '')").execute(connection).await?;
    }
    Ok(renewed)
}

/// `origin log renew`: for the operator who has rolled back a volume.
pub async fn renew(db: &Db, fresh: Ulid) -> Result<LogId, StoreError> {
    let log = sqlx::query_scalar!("UPDATE feed_head SET log = $1 RETURNING log", fresh.to_string()).fetch_one(&db.edges).await?;
    wake(db).await?;
    pg::log(&log)
}

/// When an edge has seen a number of `seen` that is above its head. Of many edges that
/// report it at once, one renews.
pub async fn renew_if_still(db: &Db, seen: LogId, fresh: Ulid) -> Result<(), StoreError> {
    let renewed = sqlx::query!("UPDATE feed_head SET log = $1 WHERE log = $2", fresh.to_string(), seen.to_string())
        .execute(&db.edges)
        .await?;
    if renewed.rows_affected() == 1 {
        tracing::error!(old = %seen, new = %fresh, "an edge is ahead of the log: history was rewound, the log is renewed");
        wake(db).await?;
    }
    Ok(())
}

/// Open feeds learn of the new log at once.
async fn wake(db: &Db) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_notify('changes', '')").execute(&db.edges).await?;
    Ok(())
}
