//! The pool.

use std::time::Duration;

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{config::DatabaseConfig, store::StoreError};

/// The primary. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) pool: PgPool,
    options: PgConnectOptions,
}

impl Db {
    /// Connects lazily: the first use fails if there is nothing to connect to.
    ///
    /// # Errors
    /// When the URL cannot be understood.
    pub fn new(config: &DatabaseConfig) -> Result<Db, StoreError> {
        let options: PgConnectOptions = config.url.expose().parse::<PgConnectOptions>()?;
        let options = options.application_name("rcr-origin").options([
            ("statement_timeout", config.statement_ms_max.to_string()),
            ("lock_timeout", config.lock_wait_ms_max.to_string()),
            ("idle_in_transaction_session_timeout", config.idle_in_transaction_ms_max.to_string()),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(config.pool_connections_max)
            .acquire_timeout(Duration::from_millis(config.pool_wait_ms_max))
            .connect_lazy_with(options.clone());
        Ok(Db { pool, options })
    }

    /// For a connection outside of the pool, and for O3's manuscripts in the same database.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    /// Whether the database answers, for `/readyz`.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query!("SELECT 1 AS one").fetch_one(&self.pool).await?;
        Ok(())
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}
