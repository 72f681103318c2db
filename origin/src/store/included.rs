//! What `?include=` adds to a list, in one statement for each kind of thing.

use crate::{
    domain::{AuthorProfile, Camera, CameraId, CameraKind, CameraState, Sha256, Slug, Version},
    store::{Snapshot, StoreError},
};

/// The cameras of these slugs, by slug. Those that do not exist are left out.
pub async fn cameras(snapshot: &mut Snapshot, slugs: &[&Slug]) -> Result<Vec<Camera>, StoreError> {
    let rows = sqlx::query_as!(
        Camera,
        r#"SELECT id AS "id: CameraId", slug AS "slug: Slug", maker, model, kind AS "kind: CameraKind", mount, crop_factor,
                  state AS "state: CameraState", picture AS "picture: Sha256", version AS "version: Version", updated_at
           FROM cameras WHERE slug = ANY($1) ORDER BY slug"#,
        &texts(slugs),
    );
    Ok(rows.fetch_all(snapshot.connection()).await?)
}

/// The authors of these slugs, by slug. Those that do not exist are left out.
pub async fn authors(snapshot: &mut Snapshot, slugs: &[&Slug]) -> Result<Vec<AuthorProfile>, StoreError> {
    let rows = sqlx::query_as!(
        AuthorProfile,
        r#"SELECT slug AS "slug: Slug", name, bio FROM editors WHERE slug = ANY($1) ORDER BY slug"#,
        &texts(slugs),
    );
    Ok(rows.fetch_all(snapshot.connection()).await?)
}

fn texts(slugs: &[&Slug]) -> Vec<String> {
    slugs.iter().map(ToString::to_string).collect()
}
