//! The real services that tests run against, and a database for each test that needs one.

use common::{
    Clock as _, SystemClock,
    entropy::{Entropy as _, SystemEntropy},
};
use origin::{
    config::DatabaseConfig,
    store::{Db, MIGRATIONS},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, postgres::PgPoolOptions};
use ulid::Ulid;

/// A missing service fails the test, and never skips it.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: `cargo stack services env` says what to set"))
}

pub fn new_id() -> Ulid {
    SystemEntropy.ulid(SystemClock.wall())
}

/// A new database with all migrations, in the server of TEST_DATABASE_URL.
pub struct TestDatabase {
    pub pool: PgPool,
    pub db: Db,
    admin_url: String,
    name: String,
}

impl TestDatabase {
    pub async fn create() -> TestDatabase {
        const CONNECTIONS_MAX: u32 = 8;
        let admin_url = variable("TEST_DATABASE_URL");
        let name = format!("rcr_test_{}", new_id().to_string().to_lowercase());
        let mut admin = PgConnection::connect(&admin_url).await.expect("the server of TEST_DATABASE_URL");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        let options = admin_url.parse::<sqlx::postgres::PgConnectOptions>().unwrap().database(&name);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).connect_with(options).await.unwrap();
        MIGRATIONS.run(&pool).await.unwrap();
        let (server, _) = admin_url.rsplit_once('/').expect("postgres://…/name");
        let db = Db::new(&DatabaseConfig::with_url(&format!("{server}/{name}"))).unwrap();
        TestDatabase { pool, db, admin_url, name }
    }

    /// At the end of a test that passed; what a failed one leaves behind is there to look at.
    pub async fn drop(self) {
        self.pool.close().await;
        self.db.close().await;
        let mut admin = PgConnection::connect(&self.admin_url).await.unwrap();
        let dropped = sqlx::query(AssertSqlSafe(format!("DROP DATABASE {} WITH (FORCE)", self.name)));
        dropped.execute(&mut admin).await.unwrap();
    }
}
