//! The schema, forward and back.

use origin::store::{MIGRATIONS, startup};

use crate::support::in_a_database;

#[tokio::test]
async fn runs_forward_and_back_to_zero_and_forward_again() {
    in_a_database(|world| async move {
        assert!(startup::pending_migrations(&world.db).await.unwrap().is_empty());
        MIGRATIONS.undo(world.db.pool(), 0).await.unwrap();
        let left = world
            .number(
                "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_sqlx%')
                      + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)
                      + (SELECT count(*) FROM pg_ts_config WHERE cfgnamespace = 'public'::regnamespace)",
            )
            .await;
        assert_eq!(left, 0, "things are left behind");
        assert_eq!(startup::pending_migrations(&world.db).await.unwrap().len(), 8);
        MIGRATIONS.run(world.db.pool()).await.unwrap();
        assert!(startup::pending_migrations(&world.db).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_table_and_column_is_explained() {
    in_a_database(|world| async move {
        let silent: Vec<String> = sqlx::query_scalar(
            "SELECT c.relname || '.' || coalesce(a.attname, '')
             FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE '\\_sqlx%'
               AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)",
        )
        .fetch_all(world.db.pool())
        .await
        .unwrap();
        assert_eq!(silent, Vec::<String>::new());
    })
    .await;
}
