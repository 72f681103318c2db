//! Editors and their sessions.

use common::Timestamp;
use origin::{
    domain::{CameraId, Editor, Limit, PageRequest, Role, Sha256, Version},
    store::{Committed, StoreError, WriteTx, cameras, editors, sessions},
};

use crate::support::{World, facts, in_a_database, new_ulid, slug};

const TOKEN: Sha256 = Sha256([7; 32]);

#[tokio::test]
async fn suspending_ends_open_sessions_and_refuses_new_ones() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        sessions::open(&world.db, TOKEN, ana.id).await.unwrap();
        assert_eq!(sessions::find(&world.db, TOKEN).await.unwrap().unwrap().editor, ana);
        let mut tx = world.write().await;
        let suspended = editors::suspend(&mut tx, ana.id, ana.version).await.unwrap();
        let write = tx.commit(None).await.unwrap();
        assert!(suspended.suspended_at.is_some());
        assert_eq!(world.tags(write).await, [const { Vec::<String>::new() }; 3], "nothing that readers see");
        assert!(sessions::find(&world.db, TOKEN).await.unwrap().is_none());
        assert!(matches!(sessions::open(&world.db, TOKEN, ana.id).await, Err(StoreError::NotFound(_))));
        let mut tx = world.write().await;
        let reinstated = editors::reinstate(&mut tx, ana.id, suspended.version).await.unwrap();
        tx.commit(None).await.unwrap();
        assert_eq!((reinstated.suspended_at, reinstated.version), (None, Version(3)));
        assert!(sessions::find(&world.db, TOKEN).await.unwrap().is_none(), "the old session stays ended");
        sessions::open(&world.db, TOKEN, ana.id).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_expired_session_is_nobodys() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        sessions::open(&world.db, TOKEN, ana.id).await.unwrap();
        sessions::set_expiry(&world.db, TOKEN, Timestamp::from_unix_ms(0)).await.unwrap();
        assert!(sessions::find(&world.db, TOKEN).await.unwrap().is_none());
        origin::store::maintenance::prune(&world.db).await.unwrap();
        assert_eq!(world.number("SELECT count(*) FROM sessions").await, 0);
    })
    .await;
}

#[tokio::test]
async fn opening_too_many_sessions_ends_the_oldest() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let most = u8::try_from(sessions::SESSIONS_PER_EDITOR_MAX).unwrap();
        for n in 0..=most {
            sessions::open(&world.db, Sha256([n; 32]), ana.id).await.unwrap();
        }
        assert_eq!(world.number("SELECT count(*) FROM sessions").await, sessions::SESSIONS_PER_EDITOR_MAX);
        assert!(sessions::find(&world.db, Sha256([0; 32])).await.unwrap().is_none());
        assert!(sessions::find(&world.db, Sha256([most; 32])).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn addresses_are_compared_without_case_and_names_are_unique() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        assert_eq!(editors::find_by_email(&world.db, "ANA@Example.org").await.unwrap().unwrap().editor, ana);
        let error = world.try_editor("ana", Role::Author).await.unwrap_err();
        assert!(matches!(error, StoreError::Taken { field: "email" }), "{error}");
    })
    .await;
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    in_a_database(|world| async move {
        let (ana, bia) = (world.editor("ana", Role::Admin).await, world.editor("bia", Role::Admin).await);
        // Both demote the other at once: the lock lets one of them find itself the last.
        let demote = |target: origin::domain::Editor| {
            let world = world.clone();
            async move {
                let mut tx = world.write().await;
                editors::change_role(&mut tx, target.id, target.version, Role::Author).await?;
                tx.commit(None).await
            }
        };
        let (first, second) = tokio::join!(demote(ana), demote(bia));
        assert_eq!([&first, &second].iter().filter(|result| result.is_ok()).count(), 1, "{first:?} {second:?}");
        assert_eq!(world.number("SELECT count(*) FROM editors WHERE role = 'admin'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_list_goes_both_ways() {
    in_a_database(|world| async move {
        for name in ["a", "b", "c", "d", "e"] {
            world.editor(name, Role::Author).await;
        }
        let page = |cursor| PageRequest { limit: Limit::new(2).unwrap(), cursor };
        let names = |page: &origin::domain::Page<origin::domain::Editor>| -> String {
            page.items.iter().map(|editor| editor.name.as_str()).collect()
        };
        let first = editors::list(&world.db, &page(None)).await.unwrap();
        let second = editors::list(&world.db, &page(first.next.clone())).await.unwrap();
        let third = editors::list(&world.db, &page(second.next.clone())).await.unwrap();
        assert_eq!([names(&first), names(&second), names(&third)], ["ab", "cd", "e"]);
        assert_eq!(third.next, None);
        let back = editors::list(&world.db, &page(third.prev)).await.unwrap();
        assert_eq!(names(&back), "cd");
        let back = editors::list(&world.db, &page(back.prev)).await.unwrap();
        assert_eq!((names(&back), back.prev), ("ab".to_owned(), None));
    })
    .await;
}

#[tokio::test]
async fn a_stale_version_changes_nothing() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Author).await;
        let mut tx = world.write().await;
        let error = editors::change_profile(&mut tx, ana.id, Version(9), "x", "y").await.unwrap_err();
        assert!(matches!(error, StoreError::Stale { current: Version(1) }), "{error}");
    })
    .await;
}

async fn suspend(world: &World, editor: &Editor) -> WriteTx {
    let mut tx = world.write().await;
    editors::suspend(&mut tx, editor.id, editor.version).await.unwrap();
    tx
}

async fn write_a_camera(mut tx: WriteTx) -> Result<Committed, StoreError> {
    cameras::upsert(&mut tx, CameraId(new_ulid()), &slug("r5"), &facts("Canon", "R5"), None).await?;
    tx.commit(None).await
}

#[tokio::test]
async fn who_is_suspended_or_has_another_role_since_the_request_was_allowed_writes_nothing() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Editor).await;
        let first = WriteTx::begin(&world.db, Some(&ana)).await.unwrap();
        let second = WriteTx::begin(&world.db, Some(&ana)).await.unwrap();
        let mut tx = world.write().await;
        let ana = editors::change_role(&mut tx, ana.id, ana.version, Role::Contributor).await.unwrap();
        tx.commit(None).await.unwrap();
        assert!(matches!(write_a_camera(first).await, Err(StoreError::RoleChanged)));
        suspend(&world, &ana).await.commit(None).await.unwrap();
        assert!(matches!(write_a_camera(second).await, Err(StoreError::Suspended)));
        assert_eq!(world.number("SELECT count(*) FROM cameras").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_suspension_under_way_is_waited_for() {
    in_a_database(|world| async move {
        let ana = world.editor("ana", Role::Editor).await;
        let tx = WriteTx::begin(&world.db, Some(&ana)).await.unwrap();
        let suspension = suspend(&world, &ana).await;
        let write = tokio::spawn(write_a_camera(tx));
        world.until_blocked(&write).await;
        suspension.commit(None).await.unwrap();
        assert!(matches!(write.await.unwrap(), Err(StoreError::Suspended)));
    })
    .await;
}

#[tokio::test]
async fn editors_who_change_each_other_and_themselves_do_not_wait_in_a_circle() {
    in_a_database(|world| async move {
        let (ana, bia) = (world.editor("ana", Role::Admin).await, world.editor("bia", Role::Admin).await);
        let change = |actor: &Editor, target: &Editor| {
            let (world, actor, target) = (world.clone(), actor.clone(), target.clone());
            async move {
                let mut tx = WriteTx::begin(&world.db, Some(&actor)).await?;
                editors::change_profile(&mut tx, target.id, target.version, "x", "y").await?;
                tx.commit(None).await
            }
        };
        for _ in 0..20 {
            let ana = editors::find(&world.db, ana.id).await.unwrap();
            let bia = editors::find(&world.db, bia.id).await.unwrap();
            let results = tokio::join!(change(&ana, &bia), change(&bia, &ana));
            assert!(results.0.is_ok() && results.1.is_ok(), "{results:?}");
        }
        // An own change of role is of the role that it was allowed for.
        let ana = editors::find(&world.db, ana.id).await.unwrap();
        let mut tx = WriteTx::begin(&world.db, Some(&ana)).await.unwrap();
        editors::change_role(&mut tx, ana.id, ana.version, Role::Author).await.unwrap();
        tx.commit(None).await.unwrap();
    })
    .await;
}
