//! Which texts the archive holds.

use ulid::Ulid;

use crate::{
    domain::RevisionId,
    store::{Db, StoreError},
};

/// Revisions whose text no archive holds yet, in the order of their ids, after `after`.
pub async fn lacking(db: &Db, after: Option<RevisionId>, limit: usize) -> Result<Vec<RevisionId>, StoreError> {
    let after = after.map(|after| after.to_string()).unwrap_or_default();
    let revisions = sqlx::query_scalar!(
        r#"SELECT r.id AS "id: RevisionId" FROM revisions r
           WHERE r.id > $1 AND NOT EXISTS (SELECT FROM archived_texts WHERE revision_id = r.id) ORDER BY r.id LIMIT $2"#,
        after,
        i64::try_from(limit).unwrap_or(i64::MAX),
    );
    Ok(revisions.fetch_all(&db.pool).await?)
}

/// `object` holds these texts. What was noted before stays: two may have archived the same.
pub async fn note(db: &Db, revisions: &[Ulid], object: &str) -> Result<(), StoreError> {
    let ids: Vec<String> = revisions.iter().map(Ulid::to_string).collect();
    let noted = sqlx::query!(
        "INSERT INTO archived_texts (revision_id, object) SELECT id, $2 FROM unnest($1::text[]) AS id ON CONFLICT DO NOTHING",
        &ids,
        object,
    );
    noted.execute(&db.pool).await?;
    Ok(())
}

/// Texts and the objects that hold them, in the order of their ids, after `after`.
pub async fn held(db: &Db, after: Option<RevisionId>, limit: usize) -> Result<Vec<(RevisionId, String)>, StoreError> {
    let after = after.map(|after| after.to_string()).unwrap_or_default();
    let rows = sqlx::query!(
        r#"SELECT revision_id AS "revision: RevisionId", object FROM archived_texts
           WHERE revision_id > $1 ORDER BY revision_id LIMIT $2"#,
        after,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(|row| (row.revision, row.object)).collect())
}
