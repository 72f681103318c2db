//! The store against a real PostgreSQL.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

mod editors;
mod idempotency;
mod log;
mod migrations;
mod numbering;
mod outcome;
mod photographs;
mod races;
mod receipts;
mod reviews;
mod search;
mod soundness;
mod support;
