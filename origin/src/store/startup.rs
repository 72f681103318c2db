//! Rule R3: what the origin refuses to run on.

use crate::store::{Db, StoreError};

/// PostgreSQL 15, as it counts.
const OLDEST_VERSION: i32 = 150_000;

/// How the server is set up, as far as it matters.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub fsync: bool,
    /// Anything but `off`.
    pub synchronous_commit: bool,
    pub prepared_transactions_max: i32,
    pub standby: bool,
    pub version: i32,
    pub utf8: bool,
}

impl Settings {
    /// On a connection of its own: the pool has none to a standby, and one that is open knows
    /// nothing of what was set for the database since.
    pub async fn read(db: &Db) -> Result<Settings, StoreError> {
        let mut connection = db.connect().await?;
        let settings = sqlx::query_as!(
            Settings,
            r#"SELECT current_setting('fsync') <> 'off' AS "fsync!", current_setting('synchronous_commit') <> 'off' AS "synchronous_commit!",
                      current_setting('max_prepared_transactions')::int AS "prepared_transactions_max!",
                      pg_is_in_recovery() AS "standby!", current_setting('server_version_num')::int AS "version!",
                      current_setting('server_encoding') = 'UTF8' AS "utf8!""#
        )
        .fetch_one(&mut connection);
        Ok(db.answered(settings).await?)
    }

    /// What is wrong, one line each.
    pub fn mistakes(self) -> Vec<String> {
        let rules = [
            (!self.fsync, "fsync is off: a power cut would take back numbers that edges have seen"),
            (!self.synchronous_commit, "synchronous_commit is off: a crash would take back numbers that edges have seen"),
            (
                self.prepared_transactions_max > 0,
                "max_prepared_transactions is above 0: a prepared transaction would hold the log's number for ever",
            ),
            (self.standby, "this is a standby: the origin writes, so it needs the primary"),
            (self.version < OLDEST_VERSION, "PostgreSQL 15 or later is needed"),
            (!self.utf8, "the database's encoding is not UTF8"),
        ];
        rules.into_iter().filter(|(broken, _)| *broken).map(|(_, mistake)| mistake.to_owned()).collect()
    }
}

/// What is wrong with this server's settings; empty if nothing is.
pub async fn mistakes(db: &Db) -> Result<Vec<String>, StoreError> {
    Ok(Settings::read(db).await?.mistakes())
}

/// Whether the schema is this program's, and complete: the migrations that are missing.
pub async fn pending_migrations(db: &Db) -> Result<Vec<String>, StoreError> {
    let there = sqlx::query_scalar!(r#"SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS "there!""#);
    let mut applied: Vec<i64> = Vec::new();
    if there.fetch_one(&db.pool).await? {
        // Not checked when the program is compiled: sqlx makes the table, not our migrations.
        applied = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success").fetch_all(&db.pool).await?;
    }
    let forward = super::MIGRATIONS.iter().filter(|migration| !migration.migration_type.is_down_migration());
    let missing = forward.filter(|migration| !applied.contains(&migration.version));
    Ok(missing.map(|migration| format!("migration {} ({})", migration.version, migration.description)).collect())
}
