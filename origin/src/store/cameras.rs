//! Cameras.

use serde_json::json;

use crate::{
    domain::{
        Camera, CameraId, CameraKind, CameraState, Cursor, InvalidCursor, Market, Page, PageRequest, Sha256, Slug, Version,
        camera::{CameraFacts, CameraPage},
        cursor::{Direction, List},
        purge,
    },
    store::{Snapshot, StoreError, WriteTx, offers, photographs},
};

/// Which cameras a list has; `None` means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CameraFilter {
    pub maker: Option<String>,
    pub state: Option<CameraState>,
}

macro_rules! select {
    ($first:literal $(+ $rest:literal)*, $($argument:expr),*) => {
        sqlx::query_as!(
            Camera,
            r#"SELECT id AS "id: CameraId", slug AS "slug: Slug", maker, model, kind AS "kind: CameraKind", mount, crop_factor,
                      state AS "state: CameraState", picture AS "picture: Sha256", version AS "version: Version", updated_at
               FROM cameras "# + $first $(+ $rest)*,
            $($argument),*
        )
    };
}

macro_rules! filtered {
    ($condition:literal, $filter:expr, $($argument:expr),*) => {
        select!(
            "WHERE ($1::text IS NULL OR maker = $1) AND ($2::text IS NULL OR state = $2) " + $condition,
            $filter.maker.as_deref(),
            $filter.state.map(CameraState::as_str),
            $($argument),*
        )
    };
}

/// By slug, which is by maker and model.
pub async fn list(snapshot: &mut Snapshot, filter: &CameraFilter, request: &PageRequest) -> Result<Page<Camera>, StoreError> {
    let limit = request.limit.probe();
    let connection = snapshot.connection();
    let rows = match &request.cursor {
        None => filtered!("ORDER BY slug LIMIT $3", filter, limit).fetch_all(connection).await?,
        Some(cursor) => {
            let [slug] = cursor.key::<1>(List::Cameras)?;
            let slug = &Slug::parse(slug).map_err(|_| InvalidCursor)?;
            match cursor.direction() {
                Direction::On => {
                    filtered!("AND slug > $4 ORDER BY slug LIMIT $3", filter, limit, slug as _).fetch_all(connection).await?
                }
                Direction::Back => {
                    filtered!("AND slug < $4 ORDER BY slug DESC LIMIT $3", filter, limit, slug as _).fetch_all(connection).await?
                }
            }
        }
    };
    Ok(Page::from_probe(rows, request, |camera, direction| Cursor::new(List::Cameras, direction, vec![camera.slug.to_string()])))
}

pub async fn by_slug(snapshot: &mut Snapshot, slug: &Slug) -> Result<Option<Camera>, StoreError> {
    Ok(select!("WHERE slug = $1", slug as _).fetch_optional(snapshot.connection()).await?)
}

/// A camera's page, with the offers of one market or of all.
pub async fn page(snapshot: &mut Snapshot, slug: &Slug, market: Option<Market>) -> Result<Option<CameraPage>, StoreError> {
    let Some(camera) = by_slug(snapshot, slug).await? else {
        return Ok(None);
    };
    let offers = offers::of_camera(snapshot, slug, market).await?;
    Ok(Some(CameraPage { camera, offers }))
}

/// Adds a camera, or changes all facts of the one with this slug. `expected` is the version
/// to be changed; `None` adds, and fails if the slug is taken.
pub async fn upsert(
    tx: &mut WriteTx,
    id: CameraId,
    slug: &Slug,
    facts: &CameraFacts,
    expected: Option<Version>,
) -> Result<Camera, StoreError> {
    match expected {
        None => add(tx, id, slug, facts).await,
        Some(expected) => change(tx, slug, facts, expected).await,
    }
}

async fn add(tx: &mut WriteTx, id: CameraId, slug: &Slug, facts: &CameraFacts) -> Result<Camera, StoreError> {
    sqlx::query!(
        r#"INSERT INTO cameras (id, slug, maker, model, kind, mount, crop_factor, state, picture)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
        id as _,
        slug as _,
        facts.maker,
        facts.model,
        facts.kind as _,
        facts.mount,
        facts.crop_factor,
        facts.state as _,
        facts.picture as _,
    )
    .execute(tx.connection())
    .await?;
    tx.wrote(purge::camera_added(slug, facts.picture), id, json!({ "slug": slug }));
    read_back(tx, slug).await
}

async fn change(tx: &mut WriteTx, slug: &Slug, facts: &CameraFacts, expected: Version) -> Result<Camera, StoreError> {
    let before = lock(tx, slug, expected).await?;
    let pictures: Vec<Sha256> =
        if before.picture == facts.picture { vec![] } else { before.picture.into_iter().chain(facts.picture).collect() };
    photographs::lock(tx.connection(), &pictures).await?;
    sqlx::query!(
        r#"UPDATE cameras SET maker = $2, model = $3, kind = $4, mount = $5, crop_factor = $6, state = $7, picture = $8,
                  version = version + 1, updated_at = now()
           WHERE id = $1"#,
        before.id as _,
        facts.maker,
        facts.model,
        facts.kind as _,
        facts.mount,
        facts.crop_factor,
        facts.state as _,
        facts.picture as _,
    )
    .execute(tx.connection())
    .await?;
    if (&before.maker, &before.model) != (&facts.maker, &facts.model) {
        refresh_search(tx, before.id).await?;
    }
    let hidden = photographs::hidden(tx.connection(), &pictures).await?;
    tx.wrote(purge::camera_changed(slug, &pictures, &hidden), before.id, json!({ "slug": slug }));
    read_back(tx, slug).await
}

/// Search finds reviews by the camera's name.
async fn refresh_search(tx: &mut WriteTx, camera: CameraId) -> Result<(), StoreError> {
    sqlx::query!(
        r#"UPDATE review_locales rl
           SET search = search_vector(rl.locale, c.maker || ' ' || c.model, v.title, v.summary, v.plain_text)
           FROM reviews r, cameras c, revisions v
           WHERE c.id = $1 AND r.camera_id = c.id AND rl.review_id = r.id AND rl.state = 'published' AND v.id = rl.published_revision"#,
        camera as _,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Not FOR UPDATE: the key never changes, and a draft that is being saved refers to the camera
/// while it holds a row that a rename needs.
async fn lock(tx: &mut WriteTx, slug: &Slug, expected: Version) -> Result<Camera, StoreError> {
    let camera = select!("WHERE slug = $1 FOR NO KEY UPDATE", slug as _)
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound("camera"))?;
    if camera.version == expected { Ok(camera) } else { Err(StoreError::Stale { current: camera.version }) }
}

async fn read_back(tx: &mut WriteTx, slug: &Slug) -> Result<Camera, StoreError> {
    Ok(select!("WHERE slug = $1", slug as _).fetch_one(tx.connection()).await?)
}
