//! The log's identity (R19), and what the origin refuses to run on (R3).

use origin::store::{Db, identity, startup};

use crate::support::{in_a_database, new_ulid};

#[tokio::test]
async fn the_log_is_renewed_when_the_cluster_or_its_timeline_is_another() {
    in_a_database(|world| async move {
        let log = world.snapshot().await.log();
        assert_eq!(identity::settle(&world.db, new_ulid()).await.unwrap(), (log, false), "the same cluster");
        for rewound in ["UPDATE feed_head SET timeline = timeline + 1", "UPDATE feed_head SET system_identifier = 42"] {
            let before = world.snapshot().await.log();
            world.raw(rewound).await.unwrap();
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
