//! What can go wrong with the database, in the caller's terms.

use crate::domain::{InvalidCursor, Version, review_state::IllegalStep};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing, or none that the caller may know of.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// `If-Match` does not hold: somebody was faster.
    #[error("the version is {current}, not the expected one")]
    Stale { current: Version },
    /// A name or an address is taken.
    #[error("{field} is taken")]
    Taken { field: &'static str },
    /// A thing referred to does not exist.
    #[error("{field} names nothing that exists")]
    Dangling { field: &'static str },
    #[error(transparent)]
    IllegalStep(#[from] IllegalStep),
    /// What is missing for a publication.
    #[error("cannot be published without {0}")]
    Incomplete(&'static str),
    /// A change that would leave nobody who may undo it.
    #[error("the last active admin must stay one")]
    LastAdmin,
    /// The actor was suspended, or is no more, since the request was allowed.
    #[error("the editor is suspended")]
    Suspended,
    /// The actor's role is not the one that the request was allowed for.
    #[error("the editor's role was changed meanwhile")]
    RoleChanged,
    /// The key was taken over by a later request, because this one seemed dead.
    #[error("a later request with the same idempotency key took over")]
    Superseded,
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// Nothing happened, and it may work later.
    #[error("the database cannot be reached: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Rule R3 does not hold: what is committed may be lost.
    #[error("the server is not set up for this: {0}")]
    Unfit(String),
    /// The connection broke during the commit, or no answer came in time: the write may have
    /// happened. Never a 2xx.
    #[error("it is unknown whether the write was committed: {0}")]
    OutcomeUnknown(#[source] sqlx::Error),
    /// Rule R2: a public table was touched without an event. A bug.
    #[error("a public change without an event")]
    Unnumbered,
    /// A row that this program could not have written. A bug, or somebody else's hand.
    #[error("the database holds what it should not: {0}")]
    Corrupt(String),
    #[error("the database refused a statement: {0}")]
    Sql(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        match &error {
            sqlx::Error::Database(database) => match database.constraint() {
                Some("editors_email_key") => StoreError::Taken { field: "email" },
                Some("editors_slug_key" | "cameras_slug_key" | "reviews_slug_key" | "review_slugs_pkey") => {
                    StoreError::Taken { field: "slug" }
                }
                Some("cameras_picture_fkey") => StoreError::Dangling { field: "picture" },
                Some("review_photographs_photograph") => StoreError::Dangling { field: "photographs" },
                Some("event_required") => StoreError::Unnumbered,
                _ if is_passing(database.code().as_deref()) => StoreError::Unavailable(error),
                _ => StoreError::Sql(error),
            },
            sqlx::Error::ColumnDecode { source, .. } => StoreError::Corrupt(source.to_string()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => StoreError::Unavailable(error),
            _ => StoreError::Sql(error),
        }
    }
}

/// SQLSTATEs that say "not now": connection trouble, shutdown, out of resources, deadlock,
/// a limit on waiting.
fn is_passing(code: Option<&str>) -> bool {
    code.is_some_and(|code| {
        matches!(code.get(..2), Some("08" | "53" | "57")) || matches!(code, "40001" | "40P01" | "55P03" | "25006" | "25P03")
    })
}
