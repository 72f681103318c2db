//! `origin migrate`.

use common::{
    SystemClock,
    clock::Clock as _,
    entropy::{Entropy as _, SystemEntropy},
};
use origin::{
    config::DatabaseConfig,
    store::{Db, MIGRATIONS, identity},
};

use super::Failure;

/// Rewriting a large table takes longer than any request may, in milliseconds.
const MIGRATION_STATEMENT_MS_MAX: u64 = 3_600_000;

pub(super) async fn run(config: &DatabaseConfig) -> Result<(), Failure> {
    let db = Db::new(&DatabaseConfig { statement_ms_max: MIGRATION_STATEMENT_MS_MAX, ..config.clone() })?;
    MIGRATIONS.run(db.pool()).await?;
    let (log, renewed) = identity::settle(&db, SystemEntropy.ulid(SystemClock.wall())).await?;
    println!("the schema is up to date; the log is {log}{}", if renewed { ", a new one" } else { "" });
    Ok(())
}
