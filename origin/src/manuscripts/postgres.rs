//! Manuscripts in PostgreSQL: the embedded default, a table beside the others. Its commits
//! are as durable as everything else (R3), and the table refuses updates.

use common::Timestamp;
use futures_util::future::BoxFuture;
use sqlx::PgPool;
use time::OffsetDateTime;
use ulid::Ulid;

use super::{ManuscriptError, Manuscripts, Revision, bounded, check_count, check_length, in_order};

pub struct PgManuscripts {
    pool: PgPool,
}

impl PgManuscripts {
    pub fn new(pool: PgPool) -> PgManuscripts {
        PgManuscripts { pool }
    }

    async fn find(&self, ids: &[String]) -> Result<Vec<Revision>, ManuscriptError> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT id, review_id, locale, author_id, markdown, created_at FROM manuscripts WHERE id = ANY($1)",
            ids
        );
        rows.fetch_all(&self.pool).await.map_err(unavailable)?.into_iter().map(Row::into_revision).collect()
    }

    async fn find_one(&self, id: Ulid) -> Result<Revision, ManuscriptError> {
        self.find(&[id.to_string()]).await?.pop().ok_or(ManuscriptError::NotFound(id))
    }
}

impl Manuscripts for PgManuscripts {
    fn insert<'a>(&'a self, revision: &'a Revision) -> BoxFuture<'a, Result<(), ManuscriptError>> {
        Box::pin(bounded(async move {
            check_length(revision)?;
            let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(revision.created_at.unix_ms()) * 1_000_000)
                .map_err(|error| ManuscriptError::Damaged { id: revision.id, why: error.to_string() })?;
            let inserted = sqlx::query!(
                "INSERT INTO manuscripts (id, review_id, locale, author_id, markdown, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
                revision.id.to_string(),
                revision.review.to_string(),
                revision.locale,
                revision.author.to_string(),
                revision.markdown,
                at
            );
            if inserted.execute(&self.pool).await.map_err(unavailable)?.rows_affected() == 1 {
                return Ok(());
            }
            let stored = self.find_one(revision.id).await?;
            if stored == *revision { Ok(()) } else { Err(ManuscriptError::Conflict(revision.id)) }
        }))
    }

    fn get(&self, id: Ulid) -> BoxFuture<'_, Result<Revision, ManuscriptError>> {
        Box::pin(bounded(self.find_one(id)))
    }

    fn get_many<'a>(&'a self, ids: &'a [Ulid]) -> BoxFuture<'a, Result<Vec<Revision>, ManuscriptError>> {
        Box::pin(bounded(async move {
            check_count(ids)?;
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let keys: Vec<String> = ids.iter().map(Ulid::to_string).collect();
            in_order(ids, self.find(&keys).await?)
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ManuscriptError>> {
        // Asks for the table and not only for an answer: unmigrated is not ready.
        Box::pin(bounded(async move {
            let asked = sqlx::query!("SELECT 1 AS one FROM manuscripts LIMIT 1").fetch_optional(&self.pool).await;
            asked.map(drop).map_err(unavailable)
        }))
    }
}

struct Row {
    id: String,
    review_id: String,
    locale: String,
    author_id: String,
    markdown: String,
    created_at: OffsetDateTime,
}

impl Row {
    fn into_revision(self) -> Result<Revision, ManuscriptError> {
        let parse = |text: &str| {
            Ulid::from_string(text)
                .map_err(|error| ManuscriptError::Damaged { id: Ulid::nil(), why: format!("{text:?}: {error}") })
        };
        Ok(Revision {
            id: parse(&self.id)?,
            review: parse(&self.review_id)?,
            locale: self.locale,
            author: parse(&self.author_id)?,
            markdown: self.markdown,
            created_at: Timestamp::from(self.created_at),
        })
    }
}

fn unavailable(error: sqlx::Error) -> ManuscriptError {
    ManuscriptError::Unavailable(error.to_string())
}
