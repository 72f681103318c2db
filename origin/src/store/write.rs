//! The one write path: everything that readers may ever see is changed in here, and every
//! change is numbered.

use common::{LogId, Seq, Timestamp};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, Transaction};

use crate::{
    domain::{EditorId, Purge, StoredAnswer},
    store::{Db, StoreError, idempotency::Ticket, pg},
};

/// A READ COMMITTED transaction in which store functions write. Dropped unfinished, it rolls
/// back. Finished, it is one event of the change log.
#[derive(Debug)]
pub struct WriteTx {
    tx: Transaction<'static, Postgres>,
    actor: Option<EditorId>,
    written: Option<Written>,
}

#[derive(Debug)]
struct Written {
    purge: Purge,
    subject: String,
    detail: Value,
}

/// A durable, numbered write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    pub seq: Seq,
    pub log: LogId,
    /// When it took its number, by the database's clock.
    pub at: Timestamp,
}

impl WriteTx {
    /// `actor` is `None` for the system itself: seeds, the scheduler, the command line.
    pub async fn begin(db: &Db, actor: Option<EditorId>) -> Result<WriteTx, StoreError> {
        let tx = db.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?;
        Ok(WriteTx { tx, actor, written: None })
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Called by every store function that writes: what the log is to say of it. The kind and
    /// the subject of the first one name the event.
    pub(crate) fn wrote(&mut self, purge: Purge, subject: impl ToString, detail: Value) {
        self.written = Some(match self.written.take() {
            None => Written { purge, subject: subject.to_string(), detail },
            Some(first) => Written { purge: first.purge.and(purge), ..first },
        });
    }

    /// Takes the number, logs the event and the audit entry, and commits. The number is taken
    /// by the last statement, so its row stays locked for no longer than the commit takes.
    /// With a ticket, the answer to the request is part of the transaction.
    ///
    /// # Errors
    /// [`StoreError::OutcomeUnknown`] if the connection broke during the commit: the write
    /// may have happened, and must not be answered with a success.
    pub async fn commit(mut self, answer: Option<(&Ticket, &StoredAnswer)>) -> Result<Committed, StoreError> {
        let Some(Written { purge, subject, detail }) = self.written.take() else {
            return Err(StoreError::Unnumbered);
        };
        if let Some((ticket, answer)) = answer {
            ticket.record(&mut self.tx, answer).await?;
        }
        let purge = purge.capped();
        let texts = |tags: &std::collections::BTreeSet<common::Tag>| -> Vec<String> {
            tags.iter().map(|tag| tag.as_str().to_owned()).collect()
        };
        // One statement, one round trip under the lock. `clock_timestamp()` is evaluated for
        // the row that the update returned, thus after the lock was granted: times are in the
        // order of the numbers.
        let row = sqlx::query!(
            r#"WITH head AS (
                   UPDATE feed_head SET seq = seq + 1 RETURNING seq, log
               ), change AS (
                   INSERT INTO changes (seq, at, kind, gone, hard, soft, actor, idempotency_id)
                   SELECT head.seq, clock_timestamp(), $1, $2, $3, $4, $5, $6 FROM head
                   RETURNING seq, at
               ), audit AS (
                   INSERT INTO audit_entries (at, actor, action, subject, detail, seq)
                   SELECT change.at, $5, $1, $7, $8, change.seq FROM change
               ), answered AS (
                   UPDATE idempotency_keys SET seq = change.seq FROM change WHERE id = $6
               )
               SELECT head.seq AS "seq!", head.log AS "log!", change.at AS "at!", pg_notify('changes', head.seq::text) AS notified
               FROM head, change"#,
            purge.kind,
            &texts(&purge.gone),
            &texts(&purge.hard),
            &texts(&purge.soft),
            self.actor.map(|actor| actor.to_string()),
            answer.map(|(ticket, _)| ticket.id()),
            subject,
            detail,
        )
        .fetch_one(&mut *self.tx)
        .await?;
        let committed = Committed { seq: pg::seq(row.seq)?, log: pg::log(&row.log)?, at: row.at.into() };
        self.tx.commit().await.map_err(|error| match error {
            // The server answered: the transaction was refused and is gone.
            sqlx::Error::Database(_) => StoreError::from(error),
            _ => StoreError::OutcomeUnknown(error),
        })?;
        Ok(committed)
    }
}
