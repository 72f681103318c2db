//! Reviews as their editors see them: drafts, states and all languages.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::{
    domain::{
        AuthorRef, CameraState, CameraSummary, Cursor, EditorId, EditorialLocale, EditorialReview, EditorialSummary, Locale,
        Page, PageRequest, Rating, ReviewId, ReviewState, RevisionId, Sha256, Slug, Version,
        cursor::{Direction, List},
        review::EditorialText,
    },
    store::{Snapshot, StoreError, pg::MaybeAt, photographs},
};

pub async fn view(snapshot: &mut Snapshot, id: ReviewId) -> Result<EditorialReview, StoreError> {
    view_in(snapshot.connection(), id).await
}

pub(crate) async fn view_in(connection: &mut PgConnection, id: ReviewId) -> Result<EditorialReview, StoreError> {
    let row = sqlx::query!(
        r#"SELECT r.slug AS "slug: Slug", r.first_locale AS "first_locale: Locale", r.rating AS "rating: Rating",
                  r.draft_rating AS "draft_rating: Rating", r.version AS "version: Version", r.created_at, r.updated_at,
                  c.slug AS "camera: Slug", c.maker, c.model, c.state AS "camera_state: CameraState",
                  c.picture AS "camera_picture: Sha256", e.id AS "author_id: EditorId", e.slug AS "author: Slug", e.name
           FROM reviews r JOIN cameras c ON c.id = r.camera_id JOIN editors e ON e.id = r.author_id
           WHERE r.id = $1"#,
        id as _,
    )
    .fetch_optional(&mut *connection)
    .await?
    .ok_or(StoreError::NotFound("review"))?;
    Ok(EditorialReview {
        id,
        slug: row.slug,
        camera: CameraSummary {
            slug: row.camera,
            maker: row.maker,
            model: row.model,
            state: row.camera_state,
            picture: row.camera_picture,
        },
        author_id: row.author_id,
        author: AuthorRef { slug: row.author, name: row.name },
        first_locale: row.first_locale,
        rating: row.rating,
        draft_rating: row.draft_rating,
        version: row.version,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
        locales: locales(connection, id).await?,
    })
}

async fn locales(connection: &mut PgConnection, id: ReviewId) -> Result<Vec<EditorialLocale>, StoreError> {
    let mut texts = texts(connection, id).await?;
    let rows = sqlx::query!(
        r#"SELECT locale AS "locale: Locale", state AS "state: ReviewState", draft_revision AS "draft: RevisionId",
                  published_revision AS "published: RevisionId", scheduled_at AS "scheduled_at!: MaybeAt",
                  published_at AS "published_at!: MaybeAt", updated_at
           FROM review_locales WHERE review_id = $1 ORDER BY locale"#,
        id as _,
    )
    .fetch_all(connection)
    .await?;
    let locales = rows.into_iter().map(|row| EditorialLocale {
        locale: row.locale,
        state: row.state,
        draft: row.draft.and_then(|revision| texts.remove(&revision)),
        published: row.published.and_then(|revision| texts.remove(&revision)),
        scheduled_at: row.scheduled_at.into(),
        published_at: row.published_at.into(),
        updated_at: row.updated_at.into(),
    });
    Ok(locales.collect())
}

/// The revisions that the review's languages point at.
async fn texts(connection: &mut PgConnection, id: ReviewId) -> Result<HashMap<RevisionId, EditorialText>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT v.id AS "revision: RevisionId", v.title, v.summary, v.created_by AS "saved_by: EditorId", v.created_at
           FROM review_locales rl JOIN revisions v ON v.id IN (rl.draft_revision, rl.published_revision)
           WHERE rl.review_id = $1"#,
        id as _,
    )
    .fetch_all(&mut *connection)
    .await?;
    let revisions: Vec<RevisionId> = rows.iter().map(|row| row.revision).collect();
    let mut placed = photographs::placed(connection, &revisions).await?;
    let texts = rows.into_iter().map(|row| {
        let text = EditorialText {
            revision: row.revision,
            title: row.title,
            summary: row.summary,
            photographs: placed.remove(&row.revision).unwrap_or_default(),
            saved_by: row.saved_by,
            saved_at: row.created_at.into(),
        };
        (row.revision, text)
    });
    Ok(texts.collect())
}

macro_rules! lines {
    ($order:literal, $($argument:expr),*) => {
        sqlx::query!(
            r#"SELECT r.id AS "id: ReviewId", r.slug AS "slug: Slug", r.version AS "version: Version", r.updated_at,
                      c.slug AS "camera: Slug", e.slug AS "author: Slug", e.name,
                      (SELECT v.title FROM review_locales l JOIN revisions v ON v.id = coalesce(l.draft_revision, l.published_revision)
                       WHERE l.review_id = r.id AND l.locale = r.first_locale) AS title,
                      ARRAY(SELECT l.locale FROM review_locales l WHERE l.review_id = r.id ORDER BY l.locale) AS "locales!: Vec<Locale>",
                      ARRAY(SELECT l.state FROM review_locales l WHERE l.review_id = r.id ORDER BY l.locale) AS "states!: Vec<ReviewState>"
               FROM reviews r JOIN cameras c ON c.id = r.camera_id JOIN editors e ON e.id = r.author_id
               WHERE ($1::text IS NULL OR r.author_id = $1) "# + $order + " LIMIT $2",
            $($argument),*
        )
        .map(|row| EditorialSummary {
            id: row.id,
            slug: row.slug,
            camera: row.camera,
            author: AuthorRef { slug: row.author, name: row.name },
            title: row.title.unwrap_or_default(),
            version: row.version,
            updated_at: row.updated_at.into(),
            states: row.locales.into_iter().zip(row.states).collect(),
        })
    };
}

/// The latest begun first; of one author, or of all.
pub async fn list(
    snapshot: &mut Snapshot,
    author: Option<EditorId>,
    request: &PageRequest,
) -> Result<Page<EditorialSummary>, StoreError> {
    let limit = request.limit.probe();
    let author = author.map(|author| author.to_string());
    let connection = snapshot.connection();
    let rows = match &request.cursor {
        None => lines!("ORDER BY r.id DESC", author, limit).fetch_all(connection).await?,
        Some(cursor) => {
            let [id] = cursor.key::<1>(List::Editorial)?;
            match cursor.direction() {
                Direction::On => lines!("AND r.id < $3 ORDER BY r.id DESC", author, limit, id).fetch_all(connection).await?,
                Direction::Back => lines!("AND r.id > $3 ORDER BY r.id", author, limit, id).fetch_all(connection).await?,
            }
        }
    };
    Ok(Page::from_probe(rows, request, |line, direction| Cursor::new(List::Editorial, direction, vec![line.id.to_string()])))
}
