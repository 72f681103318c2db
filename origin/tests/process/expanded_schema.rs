//! Expand and contract: while a new version is rolled out, and after it was rolled back, this program runs on a schema that
//! has more than it knows.

use crate::{texts::Store, world::World};

/// Every table gets a column that this program does not know, there is one table more, and the log of the migrations says so.
const EXPAND: &str = r"
    DO $$
    DECLARE known regclass;
    BEGIN
        FOR known IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE '\_sqlx%'
        LOOP
            EXECUTE format('ALTER TABLE %s ADD COLUMN of_a_later_version text DEFAULT ''x''', known);
        END LOOP;
    END $$;
    CREATE TABLE of_a_later_version (id text PRIMARY KEY);
    INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'of a later version', true, '\x00', 1);
";

#[tokio::test]
async fn a_program_runs_on_the_schema_of_a_later_version() {
    let mut world = World::start_with(Store::Postgres, &[]).await;
    let desk = world.desk().await;
    let camera = desk.camera().await;
    let mut review = desk.published(&camera, "Antes").await;
    // While it serves, as a rollout does it.
    sqlx::raw_sql(EXPAND).execute(&world.database.pool).await.unwrap();
    desk.save(&mut review, "Durante").await;
    desk.publish(&mut review).await;
    assert_eq!(world.origin.get(&review.page()).await.expect(200).json()["title"], "Durante");

    // And started on it anew, as a rollback does it.
    world.origin.terminate();
    assert_eq!(world.origin.exit_code().await, Some(0));
    let (code, said) = world.run("migrate", &["migrate"]).await;
    assert_eq!(code, Some(0), "{said}");
    world.origin.start();
    world.origin.ready().await;
    let desk = world.desk().await;
    let mut another = desk.published(&camera, "Outra").await;
    desk.save(&mut another, "Depois").await;
    let published = desk.publish(&mut another).await;
    assert_eq!(world.origin.get(&another.page()).await.expect(200).json()["title"], "Depois");
    assert!(desk.list().await.to_string().contains("Durante"));
    world.has_no_gap(common::Seq::new(published).unwrap()).await;
    let (code, said) = world.check().await;
    assert_eq!(code, Some(0), "{said}");
    world.end().await;
}
