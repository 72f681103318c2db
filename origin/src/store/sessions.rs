//! Open sign-ins. Not public: changes need no number.

use common::Timestamp;

use crate::{
    domain::{Editor, EditorId, Sha256, editor::Session},
    store::{Db, StoreError, editors, pg},
};

/// How long a session lasts, in hours, used or not.
pub const SESSION_HOURS_MAX: i32 = 12;
/// A session's last use is written at most this often, in seconds.
pub const LAST_USED_EVERY_S: i32 = 60;
/// Sessions of one editor; opening another ends the oldest.
pub const SESSIONS_PER_EDITOR_MAX: i64 = 20;

/// Opens a session for an editor who is not suspended. `token_hash` is of the token that
/// only its holder has.
pub async fn open(db: &Db, token_hash: Sha256, editor: EditorId) -> Result<Timestamp, StoreError> {
    let mut tx = db.pool.begin().await?;
    // The lock makes this wait for a suspension in progress, which ends all sessions.
    let opened = sqlx::query!(
        r#"INSERT INTO sessions (token_hash, editor_id, expires_at)
           SELECT $1, id, now() + make_interval(hours => $3)
           FROM (SELECT id FROM editors WHERE id = $2 AND suspended_at IS NULL FOR SHARE) AS active
           RETURNING expires_at"#,
        token_hash.0.as_slice(),
        editor as _,
        SESSION_HOURS_MAX,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StoreError::NotFound("editor"))?;
    sqlx::query!(
        r#"DELETE FROM sessions WHERE editor_id = $1 AND token_hash IN (
               SELECT token_hash FROM sessions WHERE editor_id = $1 ORDER BY created_at DESC, token_hash OFFSET $2)"#,
        editor as _,
        SESSIONS_PER_EDITOR_MAX,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(opened.expires_at.into())
}

/// Whose session this is; `None` if it is over, or its editor suspended.
pub async fn find(db: &Db, token_hash: Sha256) -> Result<Option<Session>, StoreError> {
    let Some(row) = sqlx::query!(
        r#"SELECT editor_id AS "editor_id: EditorId", created_at, expires_at,
                  last_used_at < now() - make_interval(secs => $2) AS "touch!"
           FROM sessions WHERE token_hash = $1 AND expires_at > now()"#,
        token_hash.0.as_slice(),
        f64::from(LAST_USED_EVERY_S),
    )
    .fetch_optional(&db.pool)
    .await?
    else {
        return Ok(None);
    };
    let editor: Editor = match editors::find(db, row.editor_id).await {
        Ok(editor) if editor.suspended_at.is_none() => editor,
        Ok(_) | Err(StoreError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    if row.touch {
        sqlx::query!("UPDATE sessions SET last_used_at = now() WHERE token_hash = $1", token_hash.0.as_slice())
            .execute(&db.pool)
            .await?;
    }
    Ok(Some(Session { editor, created_at: row.created_at.into(), expires_at: row.expires_at.into() }))
}

/// Ends one session. Ending one that is over is not an error.
pub async fn close(db: &Db, token_hash: Sha256) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM sessions WHERE token_hash = $1", token_hash.0.as_slice()).execute(&db.pool).await?;
    Ok(())
}

/// Ends all sessions of an editor; says how many there were.
pub async fn close_all(db: &Db, editor: EditorId) -> Result<u64, StoreError> {
    let ended = sqlx::query!("DELETE FROM sessions WHERE editor_id = $1", editor as _).execute(&db.pool).await?;
    Ok(ended.rows_affected())
}

/// For tests: makes a session old.
#[doc(hidden)]
pub async fn set_expiry(db: &Db, token_hash: Sha256, expires_at: Timestamp) -> Result<(), StoreError> {
    sqlx::query!("UPDATE sessions SET expires_at = $2 WHERE token_hash = $1", token_hash.0.as_slice(), pg::at(expires_at))
        .execute(&db.pool)
        .await?;
    Ok(())
}
