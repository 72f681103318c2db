//! Idempotency keys.

use std::collections::BTreeMap;

use origin::{
    domain::{Role, Sha256, StoredAnswer},
    store::{
        StoreError, WriteTx, editors,
        idempotency::{self, Begun, Ticket},
    },
};

use crate::support::{World, in_a_database, new_ulid};

const BODY: Sha256 = Sha256([1; 32]);
const OTHER_BODY: Sha256 = Sha256([2; 32]);

async fn begin(world: &World, body: Sha256) -> Begun {
    idempotency::begin(&world.db, "ana", "key-1", body, new_ulid()).await.unwrap()
}

async fn ticket(world: &World) -> Ticket {
    match begin(world, BODY).await {
        Begun::New(ticket) => ticket,
        other => panic!("expected a ticket, got {other:?}"),
    }
}

fn answer() -> StoredAnswer {
    let headers = BTreeMap::from([("location".to_owned(), "/v1/x".to_owned())]);
    StoredAnswer { status: 201, headers, body: b"{}".to_vec(), seq: None }
}

async fn write(world: &World) -> WriteTx {
    let ana = editors::find_by_email(&world.db, "ana@example.org").await.unwrap().unwrap().editor;
    let mut tx = world.write().await;
    editors::change_profile(&mut tx, ana.id, ana.version, "Ana", "bio").await.unwrap();
    tx
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_with_its_number() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        let ticket = ticket(&world).await;
        assert_eq!(begin(&world, BODY).await, Begun::InFlight);
        let committed = write(&world).await.commit(Some((&ticket, &answer()))).await.unwrap();
        assert_eq!(begin(&world, BODY).await, Begun::Replay(StoredAnswer { seq: Some(committed.seq), ..answer() }));
        assert_eq!(begin(&world, OTHER_BODY).await, Begun::Mismatch);
        let others = idempotency::begin(&world.db, "bia", "key-1", OTHER_BODY, new_ulid()).await.unwrap();
        assert!(matches!(others, Begun::New(_)), "another editor's key is another key");
    })
    .await;
}

#[tokio::test]
async fn a_crash_before_the_commit_loses_write_and_answer_together() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        let _dead = ticket(&world).await;
        drop(write(&world).await);
        assert_eq!(begin(&world, BODY).await, Begun::InFlight);
        world.raw("UPDATE idempotency_keys SET started_at = now() - interval '2 minutes'").await.unwrap();
        assert_eq!(begin(&world, OTHER_BODY).await, Begun::Mismatch, "a dead request's key is still that request's");
        let second = ticket(&world).await;
        write(&world).await.commit(Some((&second, &answer()))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_given_up_for_dead_cannot_commit_after_all() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        let slow = ticket(&world).await;
        world.raw("UPDATE idempotency_keys SET started_at = now() - interval '2 minutes'").await.unwrap();
        let second = ticket(&world).await;
        let error = write(&world).await.commit(Some((&slow, &answer()))).await.unwrap_err();
        assert!(matches!(error, StoreError::Superseded), "{error}");
        write(&world).await.commit(Some((&second, &answer()))).await.unwrap();
        assert_eq!(world.snapshot().await.as_of().get(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_failed_request_frees_its_key_and_old_keys_expire() {
    in_a_database(|world| async move {
        ticket(&world).await.abandon(&world.db).await.unwrap();
        let ticket_again = ticket(&world).await;
        ticket_again.answer(&world.db, &answer()).await.unwrap();
        assert_eq!(begin(&world, BODY).await, Begun::Replay(answer()));
        world.raw("UPDATE idempotency_keys SET started_at = now() - interval '25 hours'").await.unwrap();
        assert!(matches!(begin(&world, OTHER_BODY).await, Begun::New(_)));
        world.raw("UPDATE idempotency_keys SET started_at = now() - interval '25 hours'").await.unwrap();
        origin::store::maintenance::prune(&world.db).await.unwrap();
        assert_eq!(world.number("SELECT count(*) FROM idempotency_keys").await, 0);
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_one_works() {
    in_a_database(|world| async move {
        let asked = (0..16).map(|_| begin(&world, BODY));
        let begun = futures_util::future::join_all(asked).await;
        assert_eq!(begun.iter().filter(|begun| matches!(begun, Begun::New(_))).count(), 1, "{begun:?}");
        assert_eq!(begun.iter().filter(|begun| matches!(begun, Begun::InFlight)).count(), 15);
    })
    .await;
}
