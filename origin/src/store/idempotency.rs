//! Answers that are given again instead of doing the work again.

use std::collections::BTreeMap;

use sqlx::{PgConnection, types::Json};
use ulid::Ulid;

use crate::{
    domain::{Sha256, StoredAnswer},
    store::{Db, StoreError, pg},
};

/// How long an answer is kept, in hours.
pub const KEY_HOURS_MAX: i32 = 24;
/// After how long a request without an answer is taken for dead, in seconds. Longer than any
/// request may last; and if it lives all the same, it can no longer commit.
pub const IN_FLIGHT_S_MAX: i32 = 60;
/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 128;

/// The right to answer under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    id: i64,
    attempt: Ulid,
}

/// What a key stands for when a request arrives with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Do the work, and hand the ticket to the commit.
    New(Ticket),
    /// It was done: answer this.
    Replay(StoredAnswer),
    /// The key was used for another request.
    Mismatch,
    /// An earlier request with this key is at work.
    InFlight,
}

/// Takes the key. `scope` is whose key it is; `fingerprint` is of everything that makes the
/// request what it is: method, path, body. `attempt` is a new ULID.
pub async fn begin(db: &Db, scope: &str, key: &str, fingerprint: Sha256, attempt: Ulid) -> Result<Begun, StoreError> {
    // Taking a new key, one that has expired, or one whose request is dead are one atomic
    // step: of two requests at once one gets the row, the other reads it.
    let taken = sqlx::query_scalar!(
        r#"INSERT INTO idempotency_keys AS k (scope, key, fingerprint, attempt) VALUES ($1, $2, $3, $4)
           ON CONFLICT (scope, key) DO UPDATE
               SET fingerprint = $3, attempt = $4, started_at = now(), status = NULL, headers = NULL, body = NULL, seq = NULL
               WHERE k.started_at < now() - make_interval(hours => $5)
                  OR (k.status IS NULL AND k.fingerprint = $3 AND k.started_at < now() - make_interval(secs => $6))
           RETURNING id"#,
        scope,
        key,
        fingerprint.0.as_slice(),
        attempt.to_string(),
        KEY_HOURS_MAX,
        f64::from(IN_FLIGHT_S_MAX),
    )
    .fetch_optional(&db.pool)
    .await?;
    if let Some(id) = taken {
        return Ok(Begun::New(Ticket { id, attempt }));
    }
    let row = sqlx::query!(
        r#"SELECT fingerprint, status, headers AS "headers: Json<BTreeMap<String, String>>", body, seq
           FROM idempotency_keys WHERE scope = $1 AND key = $2"#,
        scope,
        key,
    )
    .fetch_optional(&db.pool)
    .await?;
    if row.as_ref().is_some_and(|row| row.status.is_some()) {
        make_durable(db, scope, key).await?;
    }
    Ok(match row {
        Some(row) if row.fingerprint != fingerprint.0 => Begun::Mismatch,
        Some(row) => match row.status {
            Some(status) => Begun::Replay(StoredAnswer {
                status: u16::try_from(status).unwrap_or_default(),
                headers: row.headers.map(|headers| headers.0).unwrap_or_default(),
                body: row.body.unwrap_or_default(),
                seq: row.seq.map(pg::seq).transpose()?,
            }),
            None => Begun::InFlight,
        },
        // Abandoned this very moment. The client tries again.
        None => Begun::InFlight,
    })
}

/// What is answered again may be what a first attempt never heard the end of: visible after a restart, and on this machine
/// alone. A commit that waits for the standby waits for everything before it.
async fn make_durable(db: &Db, scope: &str, key: &str) -> Result<(), StoreError> {
    let mut tx = db.pool.begin().await?;
    sqlx::query!(
        r#"WITH durable AS (SELECT set_config('synchronous_commit', 'on', true) AS set)
           UPDATE idempotency_keys SET attempt = attempt FROM durable WHERE scope = $1 AND key = $2"#,
        scope,
        key,
    )
    .execute(&mut *tx)
    .await?;
    db.answered(tx.commit()).await.map_err(StoreError::OutcomeUnknown)
}

impl Ticket {
    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// Fails if another request has taken the key over, so that the work is not done twice.
    pub(crate) async fn record(&self, connection: &mut PgConnection, answer: &StoredAnswer) -> Result<(), StoreError> {
        let recorded = sqlx::query!(
            "UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE id = $1 AND attempt = $2 AND status IS NULL",
            self.id,
            self.attempt.to_string(),
            i16::try_from(answer.status).unwrap_or_default(),
            Json(&answer.headers) as _,
            answer.body,
        )
        .execute(connection)
        .await?;
        if recorded.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Superseded) }
    }

    /// Keeps the answer of a request that wrote nothing numbered.
    pub async fn answer(&self, db: &Db, answer: &StoredAnswer) -> Result<(), StoreError> {
        let mut connection = db.pool.acquire().await?;
        self.record(&mut connection, answer).await
    }

    /// Frees the key of a request that failed: it may be sent again. Not after
    /// [`StoreError::OutcomeUnknown`], when an answer may be there: then it is kept.
    pub async fn abandon(&self, db: &Db) -> Result<(), StoreError> {
        sqlx::query!(
            "DELETE FROM idempotency_keys WHERE id = $1 AND attempt = $2 AND status IS NULL",
            self.id,
            self.attempt.to_string(),
        )
        .execute(&db.pool)
        .await?;
        Ok(())
    }
}
