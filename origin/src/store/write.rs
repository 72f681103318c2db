//! The one write path: everything that readers may ever see is changed in here, and every
//! change is numbered.

use common::{LogId, Seq, Timestamp};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, Transaction};

use crate::{
    domain::{Editor, EditorId, Purge, Role, StoredAnswer},
    store::{Db, StoreError, idempotency::Ticket, pg},
};

/// A READ COMMITTED transaction in which store functions write. Dropped unfinished, it rolls
/// back. Finished, it is one event of the change log.
#[derive(Debug)]
pub struct WriteTx {
    db: Db,
    tx: Transaction<'static, Postgres>,
    actor: Option<Actor>,
    written: Option<Written>,
}

/// Whose write it is.
#[derive(Clone, Copy, Debug)]
struct Actor {
    id: EditorId,
    /// As it was when the request was allowed, which may be long ago.
    role: Role,
    /// Still so, and so until the commit: the row is locked.
    checked: bool,
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
    /// `actor` is the editor as the request was allowed, and `None` for the system itself:
    /// seeds, the scheduler, the command line.
    pub async fn begin(db: &Db, actor: Option<&Editor>) -> Result<WriteTx, StoreError> {
        if !db.is_fit() {
            return Err(StoreError::Unfit("commits may be lost".to_owned()));
        }
        let tx = db.begun(db.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")).await?;
        let actor = actor.map(|editor| Actor { id: editor.id, role: editor.role, checked: false });
        Ok(WriteTx { db: db.clone(), tx, actor, written: None })
    }

    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    pub(crate) fn actor(&self) -> Option<EditorId> {
        self.actor.map(|actor| actor.id)
    }

    /// Whether the actor may still write: the request was allowed before its body was read,
    /// and a suspension or another role may have come since. One that is under way is waited
    /// for; one that comes later waits for this commit.
    ///
    /// Called by the commit, when every other lock but that of the number is held, so that
    /// two writes cannot wait for each other here; and by what changes editors, after it has
    /// locked them and before it changes what is looked at here.
    ///
    /// # Errors
    /// [`StoreError::Suspended`] or [`StoreError::RoleChanged`].
    pub(crate) async fn check_actor(&mut self) -> Result<(), StoreError> {
        let Some(Actor { id, role, checked: false }) = self.actor else { return Ok(()) };
        let now = sqlx::query_scalar!(
            r#"SELECT role AS "role: Role" FROM editors WHERE id = $1 AND suspended_at IS NULL FOR SHARE"#,
            id as _
        )
        .fetch_optional(&mut *self.tx)
        .await?
        .ok_or(StoreError::Suspended)?;
        if now != role {
            return Err(StoreError::RoleChanged);
        }
        self.actor = Some(Actor { id, role, checked: true });
        Ok(())
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
    /// [`StoreError::OutcomeUnknown`] if the connection broke during the commit, or no answer
    /// to it came in time: the write may have happened, and must not be answered with a success. [`StoreError::Suspended`]
    /// or [`StoreError::RoleChanged`] if the actor may not write any more.
    pub async fn commit(mut self, answer: Option<(&Ticket, &StoredAnswer)>) -> Result<Committed, StoreError> {
        let Some(Written { purge, subject, detail }) = self.written.take() else {
            return Err(StoreError::Unnumbered);
        };
        self.check_actor().await?;
        if let Some((ticket, answer)) = answer {
            ticket.record(&mut self.tx, answer).await?;
        }
        let purge = purge.capped();
        let texts = |tags: &std::collections::BTreeSet<common::Tag>| -> Vec<String> {
            tags.iter().map(|tag| tag.as_str().to_owned()).collect()
        };
        // The commit waits until the standby has it, too, however long that takes: `answered` is the limit, and no success.
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
               SELECT head.seq AS "seq!", head.log AS "log!", change.at AS "at!", pg_notify('changes', head.seq::text) AS notified,
                      set_config('synchronous_commit', 'on', true) AS durable
               FROM head, change"#,
            purge.kind,
            &texts(&purge.gone),
            &texts(&purge.hard),
            &texts(&purge.soft),
            self.actor().map(|actor| actor.to_string()),
            answer.map(|(ticket, _)| ticket.id()),
            subject,
            detail,
        )
        .fetch_one(&mut *self.tx);
        let row = self.db.answered(row).await?;
        let committed = Committed { seq: pg::seq(row.seq)?, log: pg::log(&row.log)?, at: row.at.into() };
        self.db.answered(self.tx.commit()).await.map_err(|error| match error {
            // The server answered: the transaction was refused and is gone.
            sqlx::Error::Database(_) => StoreError::from(error),
            _ => StoreError::OutcomeUnknown(error),
        })?;
        Ok(committed)
    }
}
