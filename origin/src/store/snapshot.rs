//! Rule R1: what readers see is read in one snapshot, together with its number.

use common::{LogId, Seq, Timestamp};
use sqlx::{PgConnection, Postgres, Transaction};

use crate::store::{Db, StoreError, pg};

/// One REPEATABLE READ READ ONLY transaction. Its number and its log are of the very same
/// snapshot as everything read through it.
#[derive(Debug)]
pub struct Snapshot {
    tx: Transaction<'static, Postgres>,
    as_of: Seq,
    log: LogId,
    at: Timestamp,
}

impl Snapshot {
    /// The first statement takes the snapshot: it is the one that reads the number.
    pub async fn begin(db: &Db) -> Result<Snapshot, StoreError> {
        let mut tx = db.begun(db.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await?;
        // A head whose change is not in the log any more (in another cluster) is of this moment:
        // later than the truth is safe, earlier is not.
        let head = sqlx::query!(
            r#"SELECT h.seq, h.log, CASE WHEN h.seq > 0 THEN coalesce(c.at, now()) END AS "at!: pg::MaybeAt"
               FROM feed_head h LEFT JOIN changes c ON c.seq = h.seq"#
        );
        let head = db.answered(head.fetch_one(&mut *tx)).await?;
        let at = Option::from(head.at).unwrap_or(Timestamp::from_unix_ms(0));
        Ok(Snapshot { tx, as_of: pg::seq(head.seq)?, log: pg::log(&head.log)?, at })
    }

    /// Shows exactly the writes up to this number.
    pub fn as_of(&self) -> Seq {
        self.as_of
    }

    pub fn log(&self) -> LogId {
        self.log
    }

    /// When the last write that this shows took its number; 1970 before the first.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Gives the connection back sooner than dropping would. Nothing can be lost.
    pub async fn end(self) {
        if let Err(error) = self.tx.rollback().await {
            tracing::debug!(%error, "a read transaction ended early");
        }
    }
}
