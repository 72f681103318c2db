//! Rule R19: a log is renewed when history may have been rewound.

use common::LogId;
use ulid::Ulid;

use crate::store::{Db, StoreError, pg};

/// Before serving: if the cluster or its timeline is not the one the log was last seen on,
/// this is a copy, a promoted standby or a recovery, and numbers of the log may mean
/// something else here. Then the log becomes `fresh`. Says which log it is now, and whether
/// it was renewed.
pub async fn settle(db: &Db, fresh: Ulid) -> Result<(LogId, bool), StoreError> {
    // The timeline is that of the WAL now being written: the first eight digits of the
    // segment's name. The last checkpoint's may be older just after a promotion.
    let renewed = sqlx::query_scalar!(
        r#"WITH cluster AS (
               SELECT system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline
               FROM pg_control_system()
           )
           UPDATE feed_head h SET log = $1, system_identifier = c.system_identifier, timeline = c.timeline
           FROM cluster c
           WHERE (h.system_identifier, h.timeline) IS DISTINCT FROM (c.system_identifier, c.timeline)
           RETURNING h.log"#,
        fresh.to_string(),
    )
    .fetch_optional(&db.pool)
    .await?;
    match renewed {
        Some(log) => Ok((pg::log(&log)?, true)),
        None => {
            let log = sqlx::query_scalar!("SELECT log FROM feed_head").fetch_one(&db.pool).await?;
            Ok((pg::log(&log)?, false))
        }
    }
}

/// `origin log renew`: for the operator who has rolled back a volume.
pub async fn renew(db: &Db, fresh: Ulid) -> Result<LogId, StoreError> {
    let log = sqlx::query_scalar!("UPDATE feed_head SET log = $1 RETURNING log", fresh.to_string()).fetch_one(&db.pool).await?;
    wake(db).await?;
    pg::log(&log)
}

/// When an edge has seen a number of `seen` that is above its head. Of many edges that
/// report it at once, one renews.
pub async fn renew_if_still(db: &Db, seen: LogId, fresh: Ulid) -> Result<(), StoreError> {
    let renewed = sqlx::query!("UPDATE feed_head SET log = $1 WHERE log = $2", fresh.to_string(), seen.to_string())
        .execute(&db.pool)
        .await?;
    if renewed.rows_affected() == 1 {
        tracing::error!(old = %seen, new = %fresh, "an edge is ahead of the log: history was rewound, the log is renewed");
        wake(db).await?;
    }
    Ok(())
}

/// Open feeds learn of the new log at once.
async fn wake(db: &Db) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_notify('changes', '')").execute(&db.pool).await?;
    Ok(())
}
