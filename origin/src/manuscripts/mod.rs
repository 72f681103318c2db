//! Manuscripts: every revision of a review's text. A revision is inserted once, under an id
//! that has never been used, before anything points at it, and never changes (rule R4).
//!
//! Two stores, chosen by `MANUSCRIPTS_URL`, pass one contract test (`tests/manuscripts.rs`).

pub mod archive;
mod mongo;
mod postgres;
pub mod render;

use std::{sync::Arc, time::Duration};

use common::{Rotated, Timestamp};
use futures_util::future::BoxFuture;
use sqlx::PgPool;
use ulid::Ulid;

pub use mongo::MongoManuscripts;
pub use postgres::PgManuscripts;
pub use render::{MARKDOWN_BYTES_MAX, RenderError, Rendered, Renderer};

/// The most revisions one `get_many` may ask for: a page of a list.
pub const GET_MANY_MAX: usize = 200;
/// How long any one operation may take, queueing for a connection included.
pub const OPERATION_WAIT_MAX: Duration = Duration::from_secs(5);

/// One text as one person left it at one moment. Which review shows it is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub id: Ulid,
    pub review: Ulid,
    /// BCP 47.
    pub locale: String,
    /// Who wrote it.
    pub author: Ulid,
    /// CommonMark with tables, as it was typed; rendered when it is read.
    pub markdown: String,
    pub created_at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum ManuscriptError {
    /// PostgreSQL points at a revision that the store does not have: a 503, never a 404, and
    /// nothing that a cache may keep.
    #[error("there is no revision {0}")]
    NotFound(Ulid),
    /// Also when the outcome of an insert is unknown: inserting the same again is safe.
    #[error("the manuscript store cannot be reached: {0}")]
    Unavailable(String),
    #[error("revision {0} exists with another content")]
    Conflict(Ulid),
    #[error("revision {id} in the store is damaged: {why}")]
    Damaged { id: Ulid, why: String },
    #[error("{asked} revisions were asked for at once; at most {GET_MANY_MAX} are allowed")]
    TooMany { asked: usize },
    #[error("the text is {bytes} bytes long; at most {MARKDOWN_BYTES_MAX} are allowed")]
    TooLong { bytes: usize },
}

pub trait Manuscripts: Send + Sync + 'static {
    /// Durable when it returns: acknowledged by a majority and journaled. Inserting the very
    /// same revision again succeeds, so that a caller may retry after a lost answer.
    fn insert<'a>(&'a self, revision: &'a Revision) -> BoxFuture<'a, Result<(), ManuscriptError>>;

    fn get(&self, id: Ulid) -> BoxFuture<'_, Result<Revision, ManuscriptError>>;

    /// In the order asked. One that is missing fails the whole.
    fn get_many<'a>(&'a self, ids: &'a [Ulid]) -> BoxFuture<'a, Result<Vec<Revision>, ManuscriptError>>;

    /// Whether a revision could be inserted now, for `/readyz`.
    fn ping(&self) -> BoxFuture<'_, Result<(), ManuscriptError>>;
}

/// The store of `MANUSCRIPTS_URL`: `postgres:` is a table in the database of `pool`.
///
/// # Errors
/// If MongoDB's URL cannot be read.
pub async fn open(url: &Rotated, pool: &PgPool) -> Result<Arc<dyn Manuscripts>, ManuscriptError> {
    if url.current().expose().starts_with("mongodb") {
        Ok(Arc::new(MongoManuscripts::connect(url.clone()).await?))
    } else {
        Ok(Arc::new(PgManuscripts::new(pool.clone())))
    }
}

fn check_length(revision: &Revision) -> Result<(), ManuscriptError> {
    let bytes = revision.markdown.len();
    if bytes > MARKDOWN_BYTES_MAX { Err(ManuscriptError::TooLong { bytes }) } else { Ok(()) }
}

fn check_count(ids: &[Ulid]) -> Result<(), ManuscriptError> {
    if ids.len() > GET_MANY_MAX { Err(ManuscriptError::TooMany { asked: ids.len() }) } else { Ok(()) }
}

/// Puts what a store returned, in whatever order, into the order that was asked for. The
/// same id may be asked for twice.
fn in_order(ids: &[Ulid], found: Vec<Revision>) -> Result<Vec<Revision>, ManuscriptError> {
    let by_id: std::collections::HashMap<Ulid, Revision> = found.into_iter().map(|revision| (revision.id, revision)).collect();
    ids.iter().map(|id| by_id.get(id).cloned().ok_or(ManuscriptError::NotFound(*id))).collect()
}

/// Bounds any store operation. What it was doing may still happen: see
/// [`ManuscriptError::Unavailable`].
async fn bounded<T>(operation: impl Future<Output = Result<T, ManuscriptError>>) -> Result<T, ManuscriptError> {
    tokio::time::timeout(OPERATION_WAIT_MAX, operation)
        .await
        .unwrap_or_else(|_| Err(ManuscriptError::Unavailable(format!("no answer within {} s", OPERATION_WAIT_MAX.as_secs()))))
}
