//! Rules R1, R2 and R5: one number is one state.

use std::collections::BTreeSet;

use common::Seq;
use origin::{
    domain::{EditorId, ReviewId, Role},
    store::{StoreError, cameras, changes, editors},
};

use crate::support::{facts, in_a_database, new_ulid, slug};

const WRITERS: usize = 16;
const WRITES_EACH: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_are_contiguous_and_in_commit_order_under_sixteen_writers() {
    in_a_database(|world| async move {
        let stop = tokio_util::sync::CancellationToken::new();
        // Every write adds one editor: a snapshot that shows n writes shows n editors.
        let reader = tokio::spawn({
            let (world, stop) = (world.clone(), stop.clone());
            async move {
                let mut looks = 0;
                let mut last = Seq::ZERO;
                while !stop.is_cancelled() || looks < 10 {
                    let mut snapshot = world.snapshot().await;
                    let as_of = snapshot.as_of();
                    assert!(as_of >= last, "numbers go back");
                    last = as_of;
                    let shown = editors::count(&mut snapshot).await.unwrap();
                    assert_eq!(shown, as_of.get(), "a snapshot of {as_of} shows {shown} writes");
                    snapshot.end().await;
                    looks += 1;
                }
            }
        });
        let writers = (0..WRITERS).map(|writer| {
            let world = world.clone();
            tokio::spawn(async move {
                let mut committed = Vec::new();
                for n in 0..WRITES_EACH {
                    let name = format!("e{}", writer * WRITES_EACH + n);
                    let (_, write) = world.try_editor(&name, Role::Author).await.unwrap();
                    // Read after the answer: it shows what was answered.
                    assert!(world.snapshot().await.as_of() >= write.seq);
                    committed.push(write);
                }
                committed
            })
        });
        let mut all = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            all.extend(writer.await.unwrap());
        }
        stop.cancel();
        reader.await.unwrap();
        all.sort_by_key(|write| write.seq);
        let total = u64::try_from(WRITERS * WRITES_EACH).unwrap();
        assert_eq!(all.iter().map(|write| write.seq.get()).collect::<Vec<_>>(), (1..=total).collect::<Vec<_>>());
        assert!(all.is_sorted_by_key(|write| write.at), "times are not in the order of the numbers");
        assert_eq!(world.number("SELECT count(*) FROM audit_entries WHERE seq IS NOT NULL").await, i64::try_from(total).unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_rolled_back_write_leaves_no_gap() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        let mut tx = world.write().await;
        cameras::upsert(&mut tx, origin::domain::CameraId(new_ulid()), &slug("r5"), &facts("Canon", "R5"), None).await.unwrap();
        drop(tx);
        let error = world.try_editor("ana", Role::Author).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { .. }), "{error}");
        let (_, write) = world.try_editor("bia", Role::Author).await.unwrap();
        assert_eq!(write.seq.get(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_is_one_event_and_an_empty_one_is_none() {
    in_a_database(|world| async move {
        assert!(matches!(world.write().await.commit(None).await, Err(StoreError::Unnumbered)));
        let mut tx = world.write().await;
        for name in ["r5", "r6"] {
            cameras::upsert(&mut tx, origin::domain::CameraId(new_ulid()), &slug(name), &facts("Canon", name), None)
                .await
                .unwrap();
        }
        let write = tx.commit(None).await.unwrap();
        let event = changes::find(&world.db, write.seq).await.unwrap().unwrap();
        assert_eq!((event.seq.get(), event.kind.as_str()), (1, "camera.added"));
        assert_eq!(event.hard.iter().map(ToString::to_string).collect::<Vec<_>>(), ["camera:r5", "camera:r6"]);
    })
    .await;
}

/// What readers can see. A table is either here or in the list of those that they cannot.
const PUBLIC: &[&str] = &[
    "cameras",
    "editors",
    "offers",
    "photographs",
    "review_locales",
    "review_photographs",
    "review_slugs",
    "reviews",
    "revisions",
];
const PRIVATE: &[&str] = &[
    "archived_texts",
    "_sqlx_migrations",
    "audit_entries",
    "cdn_budget",
    "cdn_invalidations",
    "cdn_progress",
    "changes",
    "edge_processes",
    "feed_head",
    "idempotency_keys",
    "manuscripts",
    "receipts",
    "sessions",
];

#[tokio::test]
async fn every_table_is_public_with_the_trigger_or_named_as_private() {
    in_a_database(|world| async move {
        let tables: Vec<(String, bool)> = sqlx::query_as(
            "SELECT c.relname::text, EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'event_required'
                     AND t.tgdeferrable AND t.tginitdeferred AND t.tgenabled = 'O')
             FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'",
        )
        .fetch_all(world.db.pool())
        .await
        .unwrap();
        let named: BTreeSet<&str> = tables.iter().map(|(table, _)| table.as_str()).collect();
        assert_eq!(named, PUBLIC.iter().chain(PRIVATE).copied().collect());
        for (table, guarded) in &tables {
            assert_eq!(*guarded, PUBLIC.contains(&table.as_str()), "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_public_change_without_an_event_is_refused_at_the_commit() {
    in_a_database(|world| async move {
        let author = world.editor("ana", Role::Author).await;
        let camera = world.camera("r5").await;
        let photograph = world.photograph(1, author.id).await;
        let review = world.draft("one", &author, &camera).await;
        let draft = crate::support::text(&author, origin::domain::Locale::PtBr, "two", "x", &[photograph]);
        world.save(&review, &draft).await;
        let head = world.snapshot().await.as_of();
        for sql in [
            "UPDATE editors SET bio = 'x'",
            "UPDATE cameras SET model = 'x'",
            "UPDATE reviews SET rating = 1",
            "UPDATE review_locales SET updated_at = now()",
            "UPDATE photographs SET width = 1",
            "UPDATE review_photographs SET alt = 'x'",
            "UPDATE review_slugs SET review_id = review_id",
            "DELETE FROM review_photographs",
            "INSERT INTO editors (id, email, name, slug, role, password_hash) VALUES ('x', 'x', 'x', 'x', 'admin', 'x')",
        ] {
            let error = world.raw(sql).await.expect_err(sql);
            assert!(matches!(StoreError::from(error), StoreError::Unnumbered), "{sql}");
        }
        for sql in ["TRUNCATE editors CASCADE", "UPDATE revisions SET title = 'x'", "UPDATE changes SET kind = 'x'"] {
            let error = world.raw(sql).await.expect_err(sql).to_string();
            assert!(error.contains("refuses"), "{sql}: {error}");
        }
        assert_eq!(world.snapshot().await.as_of(), head);
        assert_eq!(world.number("SELECT count(*) FROM editors WHERE bio = 'x'").await, 0);
    })
    .await;
}

/// The test of the test: without the trigger the unnumbered write goes through, and a
/// snapshot's number stops meaning one state.
#[tokio::test]
async fn without_the_trigger_the_unnumbered_write_would_go_through() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        world.raw("ALTER TABLE editors DISABLE TRIGGER event_required").await.unwrap();
        assert_eq!(world.raw("UPDATE editors SET bio = 'x'").await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_event_of_another_transaction_does_not_count() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let mut tx = world.write().await;
        editors::change_profile(&mut tx, ana.id, ana.version, "Ana", "bio").await.unwrap();
        // Another transaction commits its own event meanwhile.
        world.editor("bia", Role::Author).await;
        let write = tx.commit(None).await.unwrap();
        assert_eq!(write.seq.get(), 3);
        let error = world.raw("UPDATE editors SET bio = 'y'").await.unwrap_err();
        assert!(matches!(StoreError::from(error), StoreError::Unnumbered));
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_does_not_move_while_others_write() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let mut snapshot = world.snapshot().await;
        world.editor("bia", Role::Author).await;
        assert_eq!(snapshot.as_of().get(), 1);
        assert!(editors::profile(&mut snapshot, &slug("bia")).await.unwrap().is_none());
        assert!(editors::profile(&mut snapshot, &ana.slug).await.unwrap().is_some());
        assert!(editors::find(&world.db, EditorId(new_ulid())).await.is_err());
        assert!(origin::store::editorial::view(&mut snapshot, ReviewId(new_ulid())).await.is_err());
    })
    .await;
}
