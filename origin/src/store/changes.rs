//! The change log, read. It is written in `write.rs` only.

use common::{Event, LogId, Seq, Timestamp};
use sqlx::PgPool;

use crate::store::{Db, StoreError, pg};

/// Where the log stands, by the primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    pub log: LogId,
    pub seq: Seq,
    /// The database's clock.
    pub at: Timestamp,
}

/// Rows of the log and the head, of one snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub head: LogHead,
    /// In order. Not checked for gaps.
    pub events: Vec<Event>,
}

/// Read after this was called, from the primary.
pub async fn head(db: &Db) -> Result<LogHead, StoreError> {
    let row = sqlx::query!(r#"SELECT seq, log, clock_timestamp() AS "at!", pg_is_in_recovery() AS "standby!" FROM feed_head"#)
        .fetch_one(&db.edges)
        .await?;
    if row.standby {
        return Err(standby());
    }
    Ok(LogHead { log: pg::log(&row.log)?, seq: pg::seq(row.seq)?, at: row.at.into() })
}

/// Only the primary judges what the head is.
fn standby() -> StoreError {
    StoreError::Unavailable(sqlx::Error::Protocol("connected to a standby, not to the primary".to_owned()))
}

/// Up to `limit` rows after `from`. One statement, so one snapshot.
pub async fn after(db: &Db, from: Seq, limit: u16) -> Result<Batch, StoreError> {
    after_in(&db.edges, from, limit).await
}

async fn after_in(pool: &PgPool, from: Seq, limit: u16) -> Result<Batch, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT h.seq AS head, h.log, clock_timestamp() AS "now!", pg_is_in_recovery() AS "standby!",
                  c.seq AS "seq?", c.at AS "at?", c.kind AS "kind?", c.gone AS "gone?", c.hard AS "hard?", c.soft AS "soft?"
           FROM feed_head h
           LEFT JOIN LATERAL (SELECT * FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2) c ON true
           ORDER BY c.seq"#,
        from.to_i64(),
        i64::from(limit),
    )
    .fetch_all(pool)
    .await?;
    let first = rows.first().ok_or_else(|| StoreError::Corrupt("feed_head is empty".to_owned()))?;
    if first.standby {
        return Err(standby());
    }
    let head = LogHead { log: pg::log(&first.log)?, seq: pg::seq(first.head)?, at: first.now.into() };
    let mut events = Vec::new();
    for row in rows {
        if let (Some(seq), Some(at), Some(kind), Some(gone), Some(hard), Some(soft)) =
            (row.seq, row.at, row.kind, row.gone, row.hard, row.soft)
        {
            let (gone, hard, soft) = (pg::tags(gone)?, pg::tags(hard)?, pg::tags(soft)?);
            events.push(Event { seq: pg::seq(seq)?, at: at.into(), kind, gone, hard, soft });
        }
    }
    Ok(Batch { head, events })
}

/// The oldest number that is still in the log, if any is.
pub async fn oldest(db: &Db) -> Result<Option<Seq>, StoreError> {
    let oldest = sqlx::query_scalar!("SELECT min(seq) FROM changes").fetch_one(&db.edges).await?;
    oldest.map(pg::seq).transpose()
}

/// One write, for its receipts.
pub async fn find(db: &Db, seq: Seq) -> Result<Option<Event>, StoreError> {
    Ok(after_in(&db.pool, seq.back(1), 1).await?.events.pop().filter(|event| event.seq == seq))
}
