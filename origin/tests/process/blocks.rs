//! Locks of the test's own in the origin's database, so that a request stops where it is wanted.

use sqlx::{Connection as _, PgConnection, PgPool};

use crate::{real::TestDatabase, wait::eventually};

/// Where requests are to stop.
#[derive(Clone, Copy, Debug)]
pub enum At {
    /// A write, at taking its number: the last statement before its commit.
    ItsNumber,
    /// Whoever reads or writes reviews, public readers too.
    Reviews,
}

/// Holds requests up until it is released or dropped.
pub struct Block {
    connection: PgConnection,
    pool: PgPool,
}

impl Block {
    pub async fn take(database: &TestDatabase, at: At) -> Block {
        let mut connection = PgConnection::connect_with(&database.pool.connect_options()).await.unwrap();
        let lock = match at {
            At::ItsNumber => "BEGIN; SELECT seq FROM feed_head FOR UPDATE",
            At::Reviews => "BEGIN; LOCK TABLE reviews IN ACCESS EXCLUSIVE MODE",
        };
        sqlx::raw_sql(lock).execute(&mut connection).await.unwrap();
        Block { connection, pool: database.pool.clone() }
    }

    /// The backends that wait for a lock, once there are as many.
    pub async fn holds_up(&self, count: usize) -> Vec<i32> {
        eventually(&format!("{count} statement(s) wait for the lock"), async || {
            let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let pids: Vec<i32> = sqlx::query_scalar(waiting).fetch_all(&self.pool).await.unwrap();
            (pids.len() == count).then_some(pids)
        })
        .await
    }

    pub async fn release(mut self) {
        sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await.unwrap();
        self.connection.close().await.unwrap();
    }
}

/// What a killed origin was doing in the database has come to its end.
pub async fn gone(database: &TestDatabase, backends: &[i32]) {
    eventually("the dead origin's statements have ended", async || {
        let alive = sqlx::query_scalar("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)").bind(backends);
        let alive: i64 = alive.fetch_one(&database.pool).await.unwrap();
        (alive == 0).then_some(())
    })
    .await;
}
