//! Reviews as readers see them. Never consults a clock (rule R2).

use common::Timestamp;
use sqlx::PgConnection;

use crate::{
    domain::{
        AuthorRef, CameraState, CameraSummary, Cursor, InvalidCursor, Locale, Page, PageRequest, PublishedReview,
        PublishedSummary, Rating, ReviewId, RevisionId, Sha256, Slug,
        cursor::{Direction, List},
    },
    store::{Snapshot, StoreError, pg, photographs},
};

/// Which reviews a list has; `None` means all. Without a language each review appears once,
/// in its first one (or, if that is not published, in another).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewFilter {
    pub author: Option<Slug>,
    pub camera: Option<Slug>,
    pub locale: Option<Locale>,
}

/// What stands under a slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Review(Box<PublishedReview>),
    /// An earlier slug of a published review: a permanent redirect.
    Moved {
        id: ReviewId,
        to: Slug,
    },
    /// Published, but not in the language asked for.
    OtherLocales {
        id: ReviewId,
        locales: Vec<Locale>,
    },
    Nothing,
}

/// One review in one language: what lists are made of.
pub(crate) type Key = (ReviewId, Locale);

/// The keys of a page of a list. `$order` picks the rows beyond the cursor.
macro_rules! keys {
    ($order:literal, $filter:expr, $limit:expr, $($argument:expr),*) => {
        sqlx::query!(
            r#"SELECT rl.review_id AS "id: ReviewId", rl.locale AS "locale: Locale", rl.published_at AS "published_at!"
               FROM review_locales rl
               JOIN reviews r ON r.id = rl.review_id
               JOIN editors e ON e.id = r.author_id
               JOIN cameras c ON c.id = r.camera_id
               WHERE rl.state = 'published'
                 AND ($1::text IS NULL OR e.slug = $1)
                 AND ($2::text IS NULL OR c.slug = $2)
                 AND rl.locale = coalesce($3::text, (
                         SELECT l.locale FROM review_locales l WHERE l.review_id = r.id AND l.state = 'published'
                         ORDER BY l.locale <> r.first_locale, l.locale LIMIT 1)) "# + $order + " LIMIT $4",
            $filter.author.as_ref().map(Slug::as_str),
            $filter.camera.as_ref().map(Slug::as_str),
            $filter.locale.map(Locale::as_str),
            $limit,
            $($argument),*
        )
        .map(|row| (row.id, row.locale, Timestamp::from(row.published_at)))
    };
}

/// The newest first.
pub async fn list(
    snapshot: &mut Snapshot,
    filter: &ReviewFilter,
    request: &PageRequest,
) -> Result<Page<PublishedSummary>, StoreError> {
    let limit = request.limit.probe();
    let connection = snapshot.connection();
    let rows = match &request.cursor {
        None => keys!("ORDER BY rl.published_at DESC, rl.review_id DESC", filter, limit,).fetch_all(&mut *connection).await?,
        Some(cursor) => {
            let [published_at, id] = cursor.key::<2>(List::Reviews)?;
            let published_at = pg::at(Timestamp::from_unix_ms(published_at.parse().map_err(|_| InvalidCursor)?));
            match cursor.direction() {
                Direction::On => {
                    keys!(
                        "AND (rl.published_at, rl.review_id) < ($5, $6) ORDER BY rl.published_at DESC, rl.review_id DESC",
                        filter,
                        limit,
                        published_at,
                        id
                    )
                    .fetch_all(&mut *connection)
                    .await?
                }
                Direction::Back => {
                    keys!(
                        "AND (rl.published_at, rl.review_id) > ($5, $6) ORDER BY rl.published_at, rl.review_id",
                        filter,
                        limit,
                        published_at,
                        id
                    )
                    .fetch_all(&mut *connection)
                    .await?
                }
            }
        }
    };
    let page = Page::from_probe(rows, request, |(id, _, published_at), direction| {
        Cursor::new(List::Reviews, direction, vec![published_at.unix_ms().to_string(), id.to_string()])
    });
    let keys: Vec<Key> = page.items.iter().map(|(id, locale, _)| (*id, *locale)).collect();
    let items = load(connection, &keys).await?.into_iter().map(|loaded| loaded.summary).collect();
    Ok(Page { items, next: page.next, prev: page.prev })
}

pub async fn by_slug(snapshot: &mut Snapshot, slug: &Slug, locale: Option<Locale>) -> Result<Found, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT r.id AS "id: ReviewId", r.slug AS "current: Slug", rl.locale AS "locale: Locale"
           FROM review_slugs s
           JOIN reviews r ON r.id = s.review_id
           JOIN review_locales rl ON rl.review_id = r.id AND rl.state = 'published'
           WHERE s.slug = $1 ORDER BY rl.locale <> r.first_locale, rl.locale"#,
        slug as _,
    )
    .fetch_all(snapshot.connection())
    .await?;
    let Some(first) = rows.first() else {
        return Ok(Found::Nothing);
    };
    let id = first.id;
    if first.current != *slug {
        return Ok(Found::Moved { id, to: first.current.clone() });
    }
    let asked = locale.unwrap_or(first.locale);
    let mut locales: Vec<Locale> = rows.iter().map(|row| row.locale).collect();
    locales.sort_unstable();
    if !locales.contains(&asked) {
        return Ok(Found::OtherLocales { id, locales });
    }
    let loaded = load(snapshot.connection(), &[(id, asked)]).await?.pop();
    let loaded = loaded.ok_or_else(|| StoreError::Corrupt(format!("review {id} is half published")))?;
    Ok(Found::Review(Box::new(PublishedReview {
        summary: loaded.summary,
        revision: loaded.revision,
        first_locale: loaded.first_locale,
        locales,
        photographs: loaded.photographs,
    })))
}

pub(crate) struct Loaded {
    pub(crate) summary: PublishedSummary,
    revision: RevisionId,
    first_locale: Locale,
    photographs: Vec<crate::domain::PlacedPhotograph>,
}

/// What readers see of these, in the order asked.
pub(crate) async fn load(connection: &mut PgConnection, keys: &[Key]) -> Result<Vec<Loaded>, StoreError> {
    let ids: Vec<String> = keys.iter().map(|(id, _)| id.to_string()).collect();
    let locales: Vec<String> = keys.iter().map(|(_, locale)| locale.to_string()).collect();
    let rows = sqlx::query!(
        r#"SELECT r.id AS "id: ReviewId", r.slug AS "slug: Slug", rl.locale AS "locale: Locale", v.title, v.summary,
                  r.rating AS "rating: Rating", r.first_locale AS "first_locale: Locale", v.id AS "revision: RevisionId",
                  c.slug AS "camera: Slug", c.maker, c.model, c.state AS "camera_state: CameraState",
                  c.picture AS "camera_picture: Sha256", e.slug AS "author: Slug", e.name AS author_name,
                  rl.published_at AS "published_at!", rl.updated_at
           FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (id, locale, n)
           JOIN review_locales rl ON rl.review_id = k.id AND rl.locale = k.locale AND rl.state = 'published'
           JOIN revisions v ON v.id = rl.published_revision
           JOIN reviews r ON r.id = rl.review_id
           JOIN editors e ON e.id = r.author_id
           JOIN cameras c ON c.id = r.camera_id
           ORDER BY k.n"#,
        &ids,
        &locales,
    )
    .fetch_all(&mut *connection)
    .await?;
    let revisions: Vec<RevisionId> = rows.iter().map(|row| row.revision).collect();
    let mut placed = photographs::placed(connection, &revisions).await?;
    let loaded = rows.into_iter().map(|row| {
        let photographs = placed.remove(&row.revision).unwrap_or_default();
        Loaded {
            summary: PublishedSummary {
                id: row.id,
                slug: row.slug,
                locale: row.locale,
                title: row.title,
                summary: row.summary,
                rating: row.rating,
                camera: CameraSummary {
                    slug: row.camera,
                    maker: row.maker,
                    model: row.model,
                    state: row.camera_state,
                    picture: row.camera_picture,
                },
                author: AuthorRef { slug: row.author, name: row.author_name },
                picture: photographs.first().cloned(),
                published_at: row.published_at.into(),
                updated_at: row.updated_at.into(),
            },
            revision: row.revision,
            first_locale: row.first_locale,
            photographs,
        }
    });
    Ok(loaded.collect())
}
