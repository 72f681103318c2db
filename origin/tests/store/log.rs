//! The log's identity (R19), and what the origin refuses to run on (R3).

use std::time::Duration;

use origin::{
    config::DatabaseConfig,
    domain::Role,
    store::{Db, Snapshot, StoreError, WriteTx, changes, editors, identity, startup},
};

use crate::support::{in_a_database, new_ulid};

#[tokio::test]
async fn the_log_is_renewed_when_the_cluster_or_its_timeline_is_another() {
    in_a_database(|world| async move {
        let log = world.snapshot().await.log();
        assert_eq!(identity::settle(&world.db, new_ulid()).await.unwrap(), (log, false), "the same cluster");
        for rewound in ["UPDATE feed_head SET timeline = timeline + 1", "UPDATE feed_head SET system_identifier = 42"] {
            let before = world.snapshot().await.log();
            world.raw(rewound).await.unwrap();
            // On the connection of before, once it is back: a new one renews the log by itself, before it is asked to.
            let back = async {
                while world.db.pool().num_idle() == 0 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), back).await.unwrap();
            let fresh = new_ulid();
            let (log, renewed) = identity::settle(&world.db, fresh).await.unwrap();
            assert!(renewed && log != before, "{rewound}");
            assert_eq!(world.snapshot().await.log(), log);
            assert_eq!(identity::settle(&world.db, new_ulid()).await.unwrap(), (log, false), "once is enough");
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_to_another_server_renews_the_log_before_it_is_used() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let before = world.snapshot().await.log();
        world.raw("UPDATE feed_head SET timeline = timeline + 1").await.unwrap();
        // What a pool does by itself when the server behind the address is another one.
        let pool = Db::new(&world.config).unwrap();
        let mut tx = WriteTx::begin(&pool, None).await.unwrap();
        editors::change_profile(&mut tx, ana.id, ana.version, "Ana", "bio").await.unwrap();
        let write = tx.commit(None).await.unwrap();
        assert_ne!(write.log, before, "committed under the log of another history");
        assert_eq!(world.number("SELECT count(*) FROM changes").await, 2, "the same cluster: its transactions go on");
        pool.close().await;
    })
    .await;
}

#[tokio::test]
async fn in_another_cluster_the_transactions_of_the_old_one_are_not_taken_for_new_ones() {
    in_a_database(|world| async move {
        // As a dump of another cluster has it: changes of transactions that are to come here.
        world
            .raw(
                "INSERT INTO changes (seq, at, kind, gone, hard, soft, txid)
                 SELECT n, now(), 'x', '{}', '{}', '{}', (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + n)::text::xid8
                 FROM generate_series(1, 2000) AS n;
                 UPDATE feed_head SET seq = 2000, system_identifier = 42",
            )
            .await
            .unwrap();
        let restored = Db::new(&world.config).unwrap();
        let snapshot = Snapshot::begin(&restored).await.unwrap();
        assert!(snapshot.at().unix_ms() > 0, "pages are not older than they were before");
        snapshot.end().await;
        let (_, write) = world.try_editor("ana", Role::Author).await.unwrap();
        assert_eq!(write.seq.get(), 2001, "numbers go on");
        let error = world.raw("UPDATE editors SET bio = 'x'").await.unwrap_err();
        assert!(matches!(StoreError::from(error), StoreError::Unnumbered));
        restored.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_log_is_renewed_on_demand_and_once_for_many_reports() {
    in_a_database(|world| async move {
        let first = world.snapshot().await.log();
        let second = identity::renew(&world.db, new_ulid()).await.unwrap();
        assert_ne!(first, second);
        identity::renew_if_still(&world.db, first, new_ulid()).await.unwrap();
        assert_eq!(world.snapshot().await.log(), second, "that one is gone already");
        identity::renew_if_still(&world.db, second, new_ulid()).await.unwrap();
        assert_ne!(world.snapshot().await.log(), second);
    })
    .await;
}

#[tokio::test]
async fn refuses_a_database_that_may_forget_a_commit() {
    in_a_database(|world| async move {
        assert_eq!(startup::mistakes(&world.db).await.unwrap(), Vec::<String>::new());
        world
            .raw("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$")
            .await
            .unwrap();
        let mistakes = startup::mistakes(&Db::new(&world.config).unwrap()).await.unwrap();
        assert!(matches!(mistakes.as_slice(), [mistake] if mistake.starts_with("synchronous_commit is off")), "{mistakes:?}");
    })
    .await;
}

#[tokio::test]
async fn heads_are_answered_while_readers_hold_every_other_connection() {
    in_a_database(|world| async move {
        let config = DatabaseConfig { pool_connections_max: 2, pool_wait_ms_max: 200, ..(*world.config).clone() };
        let db = Db::new(&config).unwrap();
        let _readers = (Snapshot::begin(&db).await.unwrap(), Snapshot::begin(&db).await.unwrap());
        assert!(matches!(Snapshot::begin(&db).await, Err(StoreError::Unavailable(_))));
        changes::head(&db).await.unwrap();
    })
    .await;
}

#[test]
fn refuses_each_setting_by_itself() {
    let good = startup::Settings {
        fsync: true,
        synchronous_commit: true,
        prepared_transactions_max: 0,
        standby: false,
        version: 150_018,
        utf8: true,
    };
    assert!(good.mistakes().is_empty());
    for bad in [
        startup::Settings { fsync: false, ..good },
        startup::Settings { synchronous_commit: false, ..good },
        startup::Settings { prepared_transactions_max: 1, ..good },
        startup::Settings { standby: true, ..good },
        startup::Settings { version: 140_000, ..good },
        startup::Settings { utf8: false, ..good },
    ] {
        assert_eq!(bad.mistakes().len(), 1, "{bad:?}");
    }
}
