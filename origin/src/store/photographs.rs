//! Photographs, and where they stand in texts.

use std::collections::HashMap;

use serde_json::json;
use sqlx::PgConnection;

use crate::{
    domain::{EditorId, Photograph, PlacedPhotograph, RevisionId, Sha256, photograph::Placement, purge},
    store::{Snapshot, StoreError, WriteTx, pg},
};

/// For readers: only what a published text or a camera's page shows. An edge may store what
/// it is given, so a draft's photographs must not be found.
pub async fn public(snapshot: &mut Snapshot, digest: Sha256) -> Result<Option<Photograph>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT sha256 AS "sha256: Sha256", width, height, content_type, uploader_id AS "uploader: EditorId", widths
           FROM photographs p
           WHERE sha256 = $1
             AND (EXISTS (SELECT FROM cameras c WHERE c.picture = p.sha256)
                  OR EXISTS (SELECT FROM review_photographs rp JOIN review_locales rl ON rl.published_revision = rp.revision_id
                             WHERE rp.sha256 = p.sha256))"#,
        digest as _,
    )
    .fetch_optional(snapshot.connection())
    .await?;
    Ok(row.map(|row| Photograph {
        sha256: row.sha256,
        width: pg::pixels(row.width),
        height: pg::pixels(row.height),
        content_type: row.content_type,
        uploader: row.uploader,
        widths: pg::widths(row.widths),
    }))
}

/// Notes a photograph whose bytes are stored already. The same bytes again are not an error:
/// false, and nothing is written (there is nothing to commit then).
pub async fn add(tx: &mut WriteTx, photograph: &Photograph) -> Result<bool, StoreError> {
    let widths: Vec<i32> = photograph.widths.iter().filter_map(|width| i32::try_from(*width).ok()).collect();
    let added = sqlx::query!(
        r#"INSERT INTO photographs (sha256, width, height, content_type, uploader_id, widths) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (sha256) DO NOTHING"#,
        photograph.sha256 as _,
        i32::try_from(photograph.width).unwrap_or(i32::MAX),
        i32::try_from(photograph.height).unwrap_or(i32::MAX),
        photograph.content_type,
        photograph.uploader as _,
        &widths,
    )
    .execute(tx.connection())
    .await?;
    let is_new = added.rows_affected() == 1;
    if is_new {
        // Readers see it when something that shows it is published: that purges its tag.
        tx.wrote(purge::unseen("photograph.uploaded"), photograph.sha256, json!({}));
    }
    Ok(is_new)
}

/// For every write that may stop showing photographs, before it looks who else shows them.
/// Of two such writes at once the second must see the first's end, or each would take a
/// photograph for still shown by the other, and none would purge it. In one order, so that
/// they cannot wait for each other in a circle.
pub(crate) async fn lock(connection: &mut PgConnection, digests: &[Sha256]) -> Result<(), StoreError> {
    let digests: Vec<String> = digests.iter().map(Sha256::to_string).collect();
    sqlx::query!("SELECT sha256 FROM photographs WHERE sha256 = ANY($1) ORDER BY sha256 FOR NO KEY UPDATE", &digests)
        .fetch_all(connection)
        .await?;
    Ok(())
}

/// Those that nothing public shows any longer, as this transaction leaves things. They are
/// locked by [`lock`].
pub(crate) async fn hidden(connection: &mut PgConnection, digests: &[Sha256]) -> Result<Vec<Sha256>, StoreError> {
    let digests: Vec<String> = digests.iter().map(Sha256::to_string).collect();
    let hidden = sqlx::query_scalar!(
        r#"SELECT sha256 AS "sha256!: Sha256" FROM unnest($1::text[]) AS was (sha256)
           WHERE NOT EXISTS (SELECT FROM cameras c WHERE c.picture = was.sha256)
             AND NOT EXISTS (SELECT FROM review_photographs rp JOIN review_locales rl ON rl.published_revision = rp.revision_id
                             WHERE rp.sha256 = was.sha256)"#,
        &digests,
    );
    Ok(hidden.fetch_all(connection).await?)
}

pub(crate) async fn place(
    connection: &mut PgConnection,
    revision: RevisionId,
    placements: &[Placement],
) -> Result<(), StoreError> {
    let digests: Vec<String> = placements.iter().map(|placement| placement.sha256.to_string()).collect();
    let alts: Vec<String> = placements.iter().map(|placement| placement.alt.clone()).collect();
    sqlx::query!(
        r#"INSERT INTO review_photographs (revision_id, position, sha256, alt)
           SELECT $1, n - 1, sha256, alt FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS placed (sha256, alt, n)"#,
        revision as _,
        &digests,
        &alts,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The photographs of several revisions, in order.
pub(crate) async fn placed(
    connection: &mut PgConnection,
    revisions: &[RevisionId],
) -> Result<HashMap<RevisionId, Vec<PlacedPhotograph>>, StoreError> {
    let ids: Vec<String> = revisions.iter().map(RevisionId::to_string).collect();
    let rows = sqlx::query!(
        r#"SELECT rp.revision_id AS "revision: RevisionId", p.sha256 AS "sha256: Sha256", rp.alt, p.width, p.height, p.widths
           FROM review_photographs rp JOIN photographs p USING (sha256)
           WHERE rp.revision_id = ANY($1) ORDER BY rp.revision_id, rp.position"#,
        &ids,
    )
    .fetch_all(connection)
    .await?;
    let mut placed: HashMap<RevisionId, Vec<PlacedPhotograph>> = HashMap::new();
    for row in rows {
        placed.entry(row.revision).or_default().push(PlacedPhotograph {
            sha256: row.sha256,
            alt: row.alt,
            width: pg::pixels(row.width),
            height: pg::pixels(row.height),
            widths: pg::widths(row.widths),
        });
    }
    Ok(placed)
}
