//! The pools.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{
    Rotated, Secret, SystemClock,
    clock::Clock as _,
    entropy::{Entropy as _, SystemEntropy},
};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::DatabaseConfig,
    store::{StoreError, identity},
};

/// How long the pools' connections may take to say goodbye.
pub const CLOSE_WAIT_MAX: Duration = Duration::from_secs(5);
const URL_LOOK_EVERY: Duration = Duration::from_secs(1);

/// The primary. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    /// For readers, editors and background work.
    pub(crate) pool: PgPool,
    /// For what edges live by: the feed, heads and receipts. A flood of readers must not make
    /// every edge unconfirmed, which would multiply the flood.
    pub(crate) edges: PgPool,
    options: Options,
    /// On the system's clock: connections that were opened before then are opened anew.
    renewed_ms: Arc<AtomicU64>,
    pool_wait_max: Duration,
    answer_wait_max: Duration,
    silence_max: Duration,
    fit: Arc<AtomicBool>,
}

impl Db {
    /// Connects lazily: the first use fails if there is nothing to connect to.
    ///
    /// # Errors
    /// When the URL cannot be understood.
    pub fn new(config: &DatabaseConfig) -> Result<Db, StoreError> {
        let options = Options::new(config);
        let now = options.current()?;
        let renewed_ms = Arc::<AtomicU64>::default();
        let pool_wait_max = Duration::from_millis(config.pool_wait_ms_max);
        let pool = |connections_max| {
            PgPoolOptions::new()
                .max_connections(connections_max)
                .acquire_timeout(pool_wait_max)
                .after_connect(|connection, _| Box::pin(vet(connection)))
                .before_acquire({
                    let renewed_ms = Arc::clone(&renewed_ms);
                    move |_, about| {
                        let since = now_ms().saturating_sub(renewed_ms.load(Ordering::Relaxed));
                        Box::pin(async move { Ok(about.age <= Duration::from_millis(since)) })
                    }
                })
                .connect_lazy_with(now.clone())
        };
        Ok(Db {
            pool: pool(config.pool_connections_max),
            edges: pool(config.edge_connections_max),
            pool_wait_max,
            answer_wait_max: Duration::from_millis(config.answer_ms_max),
            silence_max: Duration::from_millis(config.silence_ms_max),
            fit: Arc::new(AtomicBool::new(true)),
            options,
            renewed_ms,
        })
    }

    /// Has the pools log in anew when `DATABASE_URL_FILE` says something else than before, until `stop`. Not before the new
    /// login has been tried: one that does not work must cost nothing.
    pub async fn follow_url(self, stop: CancellationToken) {
        let mut url = self.options.url.current();
        let mut refused = None;
        while stop.run_until_cancelled(tokio::time::sleep(URL_LOOK_EVERY)).await.is_some() {
            let now = self.options.url.current();
            if url.matches(now.expose()) {
                continue;
            }
            match self.log_in_anew().await {
                Ok(()) => {
                    tracing::info!("DATABASE_URL_FILE was replaced: the pools log in anew");
                    url = now;
                }
                Err(error) if refused.as_ref().is_none_or(|refused: &Secret| !refused.matches(now.expose())) => {
                    tracing::error!(%error, "DATABASE_URL_FILE does not open the database; the login before it stays");
                    refused = Some(now);
                }
                Err(_) => {}
            }
        }
    }

    async fn log_in_anew(&self) -> Result<(), StoreError> {
        let options = self.options.current()?;
        let tried = self.within(self.answer_wait_max, options.connect()).await?;
        drop(tried.close().await);
        self.pool.set_connect_options(options.clone());
        self.edges.set_connect_options(options);
        // Whoever is just connecting by the old one is to be older than this.
        tokio::time::sleep(URL_LOOK_EVERY).await;
        self.renewed_ms.store(now_ms(), Ordering::Relaxed);
        Ok(())
    }

    /// For what has tables of its own in the same database: manuscripts, invalidations.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// # Errors
    /// When the URL cannot be understood.
    pub(crate) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        self.options.current()
    }

    /// A connection that is in no pool and was looked at by nobody.
    pub(crate) async fn connect(&self) -> Result<PgConnection, StoreError> {
        let options = self.options.current()?;
        self.within(self.answer_wait_max, options.connect()).await
    }

    /// `ORIGIN_DATABASE_SILENCE_MS`.
    pub(crate) fn silence_max(&self) -> Duration {
        self.silence_max
    }

    /// Whether the server may take writes, as rule R3 was last judged.
    pub(crate) fn is_fit(&self) -> bool {
        self.fit.load(Ordering::Relaxed)
    }

    pub(crate) fn set_fit(&self, fit: bool) {
        self.fit.store(fit, Ordering::Relaxed);
    }

    /// To get a connection and to begin on it.
    pub(crate) async fn begun<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
        self.within(self.pool_wait_max.saturating_add(self.answer_wait_max), work).await
    }

    /// The server's own limits do not help when its answer does not arrive. After this limit
    /// the connection is taken for dead.
    pub(crate) async fn answered<T>(&self, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
        tokio::time::timeout(self.answer_wait_max, work).await.unwrap_or_else(late)
    }

    async fn within<T>(&self, wait_max: Duration, work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
        let late = |_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
        Ok(tokio::time::timeout(wait_max, work).await.unwrap_or_else(late)?)
    }

    /// Whether the database answers, for `/readyz`.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query!("SELECT 1 AS one").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// Waits for the connections that are in use, but not for ever.
    pub async fn close(&self) {
        let closing = async { tokio::join!(self.pool.close(), self.edges.close()) };
        if tokio::time::timeout(CLOSE_WAIT_MAX, closing).await.is_err() {
            tracing::warn!("connections to the database were cut off");
        }
    }
}

/// How a connection is opened now.
#[derive(Clone, Debug)]
struct Options {
    url: Rotated,
    limits: [(&'static str, String); 3],
}

impl Options {
    fn new(config: &DatabaseConfig) -> Options {
        let limits = [
            ("statement_timeout", config.statement_ms_max.to_string()),
            ("lock_timeout", config.lock_wait_ms_max.to_string()),
            ("idle_in_transaction_session_timeout", config.idle_in_transaction_ms_max.to_string()),
        ];
        Options { url: config.url.clone(), limits }
    }

    fn current(&self) -> Result<PgConnectOptions, StoreError> {
        let options: PgConnectOptions = self.url.current().expose().parse()?;
        Ok(options.application_name("rcr-origin").options(self.limits.clone()))
    }
}

fn now_ms() -> u64 {
    u64::try_from(SystemClock.now().as_millis()).unwrap_or(u64::MAX)
}

/// Rule R19 for every connection: a pool finds its way to a promoted standby by itself, and
/// nothing may be committed or read there under the old log.
async fn vet(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    // Receipts, sessions and the like are safe on this machine alone: with the standby away they must hold up nobody.
    // What is acknowledged to editors asks for more (`WriteTx::commit`).
    let server = sqlx::query!(
        r#"SELECT pg_is_in_recovery() AS "standby!", to_regclass('feed_head') IS NOT NULL AS "migrated!",
                  set_config('synchronous_commit', 'local', false) AS local"#
    )
    .fetch_one(&mut *connection)
    .await?;
    if server.standby {
        return Err(sqlx::Error::Protocol("connected to a standby, not to the primary".to_owned()));
    }
    // Before the first migration there is no log yet.
    if server.migrated {
        // Real time and real chance: there is nothing to simulate behind a connection.
        let fresh = SystemEntropy.ulid(SystemClock.wall());
        identity::settle_on(connection, fresh).await?;
    }
    Ok(())
}
