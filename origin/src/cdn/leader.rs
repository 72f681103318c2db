//! One worker at a time: a session lock of PostgreSQL, on a connection of its own. If the
//! process dies, so does the connection, and another process leads. Should two lead for a
//! moment, the derived references keep a batch from being submitted twice.

use sqlx::{Connection as _, PgConnection, PgPool};

/// Any number that nothing else locks.
const LOCK: i64 = 0x7263_725F_6364_6E00;

pub(super) struct Leader {
    pool: PgPool,
    connection: Option<PgConnection>,
}

impl Leader {
    pub(super) fn new(pool: PgPool) -> Leader {
        Leader { pool, connection: None }
    }

    /// Takes the lock if it is free, and makes sure that it is still held.
    pub(super) async fn is_leading(&mut self) -> Result<bool, sqlx::Error> {
        if let Some(connection) = &mut self.connection {
            if connection.ping().await.is_ok() {
                return Ok(true);
            }
            self.connection = None;
        }
        let mut connection = self.pool.acquire().await?;
        let locked = sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "locked!""#, LOCK);
        if locked.fetch_one(&mut *connection).await? {
            // Out of the pool for good: the pool might close it for being idle.
            self.connection = Some(connection.detach());
        }
        Ok(self.connection.is_some())
    }
}
