//! PostgreSQL: one file for each family of tables. Queries live here and nowhere else.
//!
//! Two ways in. What readers see is read through a [`Snapshot`] and written through a
//! [`WriteTx`]: that is what makes one number mean one state (see consistency.md). What no
//! reader sees (sessions, idempotency keys, receipts) goes straight to the [`Db`].

pub mod archived;
pub mod audit;
pub mod cameras;
pub mod changes;
pub mod db;
pub mod editorial;
pub mod editors;
pub mod error;
pub mod idempotency;
pub mod identity;
pub mod included;
pub mod inventory;
pub mod maintenance;
pub mod offers;
pub mod pages;
mod pg;
pub mod photographs;
pub mod published;
pub mod receipts;
pub mod reviews;
pub mod search;
pub mod sessions;
pub mod snapshot;
pub mod startup;
pub mod write;

use std::sync::LazyLock;

use sqlx::migrate::Migrator;

pub use db::Db;
pub use error::StoreError;
pub use snapshot::Snapshot;
pub use write::{Committed, WriteTx};

/// The schema, forward and back. What a later version has added to a database is none of this program's business: a
/// rollback must start on it.
pub static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!();
    migrations.set_ignore_missing(true);
    migrations
});
