//! What the other stores must have, for `origin check`: MongoDB and S3 are checked against
//! PostgreSQL, page by page.

use crate::{
    domain::{EditorId, Photograph, RevisionId, Sha256},
    store::{Db, StoreError, pg},
};

/// Ids per page.
pub const PAGE_MAX: i64 = 100;

/// Revisions that some language points at, in order, after `after`.
pub async fn revisions(db: &Db, after: Option<RevisionId>) -> Result<Vec<RevisionId>, StoreError> {
    let after = after.map(|after| after.to_string()).unwrap_or_default();
    let revisions = sqlx::query_scalar!(
        r#"SELECT id AS "id: RevisionId" FROM revisions v
           WHERE id > $1 AND EXISTS (SELECT FROM review_locales WHERE v.id IN (draft_revision, published_revision)
                                     AND review_id = v.review_id)
           ORDER BY id LIMIT $2"#,
        after,
        PAGE_MAX,
    );
    Ok(revisions.fetch_all(&db.pool).await?)
}

/// Photographs in order, after `after`.
pub async fn photographs(db: &Db, after: Option<Sha256>) -> Result<Vec<Photograph>, StoreError> {
    let after = after.map(|after| after.to_string()).unwrap_or_default();
    let rows = sqlx::query!(
        r#"SELECT sha256 AS "sha256: Sha256", width, height, content_type, uploader_id AS "uploader: EditorId", widths
           FROM photographs WHERE sha256 > $1 ORDER BY sha256 LIMIT $2"#,
        after,
        PAGE_MAX,
    )
    .fetch_all(&db.pool)
    .await?;
    let photographs = rows.into_iter().map(|row| Photograph {
        sha256: row.sha256,
        width: pg::pixels(row.width),
        height: pg::pixels(row.height),
        content_type: row.content_type,
        uploader: row.uploader,
        widths: pg::widths(row.widths),
    });
    Ok(photographs.collect())
}
