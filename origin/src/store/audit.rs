//! Who did what. Numbered writes enter themselves (`write.rs`); the rest does it here.

use common::{Seq, Timestamp};
use serde_json::Value;

use crate::{
    domain::{
        Cursor, EditorId, InvalidCursor, Page, PageRequest,
        cursor::{Direction, List},
    },
    store::{Db, StoreError, pg},
};

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub id: i64,
    pub at: Timestamp,
    pub actor: Option<EditorId>,
    pub action: String,
    pub subject: Option<String>,
    pub detail: Value,
    pub seq: Option<Seq>,
}

/// Enters what changes nothing public: `session.opened`.
pub async fn enter(
    db: &Db,
    actor: Option<EditorId>,
    action: &str,
    subject: Option<&str>,
    detail: Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_entries (actor, action, subject, detail) VALUES ($1, $2, $3, $4)",
        actor as _,
        action,
        subject,
        detail,
    )
    .execute(&db.pool)
    .await?;
    Ok(())
}

macro_rules! entries {
    ($condition:literal, $($argument:expr),*) => {
        sqlx::query!(
            r#"SELECT id, at, actor AS "actor: EditorId", action, subject, detail, seq FROM audit_entries "# + $condition,
            $($argument),*
        )
        .try_map(|row| Ok(AuditEntry {
            id: row.id,
            at: row.at.into(),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
            seq: row.seq.map(pg::seq).transpose().map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
        }))
    };
}

/// The latest first.
pub async fn list(db: &Db, request: &PageRequest) -> Result<Page<AuditEntry>, StoreError> {
    let limit = request.limit.probe();
    let rows = match &request.cursor {
        None => entries!("ORDER BY id DESC LIMIT $1", limit).fetch_all(&db.pool).await?,
        Some(cursor) => {
            let [id] = cursor.key::<1>(List::Audit)?;
            let id: i64 = id.parse().map_err(|_| InvalidCursor)?;
            match cursor.direction() {
                Direction::On => entries!("WHERE id < $2 ORDER BY id DESC LIMIT $1", limit, id).fetch_all(&db.pool).await?,
                Direction::Back => entries!("WHERE id > $2 ORDER BY id LIMIT $1", limit, id).fetch_all(&db.pool).await?,
            }
        }
    };
    Ok(Page::from_probe(rows, request, |entry, direction| Cursor::new(List::Audit, direction, vec![entry.id.to_string()])))
}
