//! What edges report.

use std::time::Duration;

use common::{LogId, Seq};
use origin::{
    domain::{EdgeReport, RegionReceipt, Role, id::ProcessId, receipt::Applied},
    store::{
        Snapshot,
        receipts::{self, Recorded},
    },
};

use crate::support::{World, in_a_database, new_ulid};

const SILENCE_MAX: Duration = Duration::from_secs(3);

fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}

async fn log(world: &World) -> LogId {
    Snapshot::begin(&world.db).await.unwrap().log()
}

async fn report(world: &World, process: ProcessId, region: &str, applied: &[(u64, f64)]) -> Recorded {
    let report = EdgeReport {
        process,
        region: region.to_owned(),
        log: log(world).await,
        rtt_ms: 100.0,
        seq: None,
        applied: applied.iter().map(|(n, held_ms)| Applied { seq: seq(*n), held_ms: *held_ms }).collect(),
    };
    receipts::record(&world.db, &report, new_ulid()).await.unwrap()
}

async fn of(world: &World, n: u64) -> Vec<RegionReceipt> {
    receipts::of_change(&world.db, seq(n)).await.unwrap()
}

#[tokio::test]
async fn a_regions_receipt_is_its_slowest_live_process() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        // Ten seconds ago, for times that can be told apart.
        world
            .raw("ALTER TABLE changes DISABLE TRIGGER immutable; UPDATE changes SET at = at - interval '10 seconds'")
            .await
            .unwrap();
        let (one, two) = (ProcessId(new_ulid()), ProcessId(new_ulid()));
        report(&world, one, "na", &[(1, 9000.0)]).await;
        let [na] = of(&world, 1).await.try_into().unwrap();
        assert!(na.applied && na.processes == 1);
        let fast = na.applied_ms.unwrap();
        assert!((950.0..5000.0).contains(&fast), "10 s less 9 s held, less half of 100 ms: {fast}");
        report(&world, two, "na", &[]).await;
        assert!(!of(&world, 1).await[0].applied, "a live process has said nothing");
        assert_eq!(receipts::applied_by_all(&world.db, SILENCE_MAX).await.unwrap(), Some(Seq::ZERO));
        report(&world, two, "na", &[(1, 5000.0)]).await;
        let slow = of(&world, 1).await[0].applied_ms.unwrap();
        assert!((4950.0..9000.0).contains(&slow), "{slow}");
        report(&world, two, "na", &[(1, 0.0)]).await;
        assert_eq!(of(&world, 1).await[0].applied_ms, Some(slow), "a repeated report changes nothing");
        assert_eq!(receipts::applied_by_all(&world.db, SILENCE_MAX).await.unwrap(), Some(seq(1)));
        world.raw("UPDATE edge_processes SET last_seen = now() - interval '1 minute'").await.unwrap();
        assert_eq!(receipts::applied_by_all(&world.db, SILENCE_MAX).await.unwrap(), None);
        let [na] = of(&world, 1).await.try_into().unwrap();
        assert!(na.applied && na.processes == 0 && na.applied_ms == Some(slow), "who applied it has applied it: {na:?}");
    })
    .await;
}

#[tokio::test]
async fn a_time_is_never_below_zero() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        report(&world, ProcessId(new_ulid()), "eu", &[(1, 1_000_000.0)]).await;
        assert_eq!(of(&world, 1).await[0].applied_ms, Some(0.0));
    })
    .await;
}

#[tokio::test]
async fn a_process_that_started_later_counts_by_its_position() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        let report = EdgeReport {
            process: ProcessId(new_ulid()),
            region: "asia".to_owned(),
            log: log(&world).await,
            rtt_ms: 1.0,
            seq: Some(seq(1)),
            applied: vec![],
        };
        receipts::record(&world.db, &report, new_ulid()).await.unwrap();
        let [asia] = of(&world, 1).await.try_into().unwrap();
        assert!(asia.applied && asia.applied_ms.is_none());
    })
    .await;
}

#[tokio::test]
async fn numbers_of_another_log_are_ignored_and_ones_above_the_head_renew_it() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        let process = ProcessId(new_ulid());
        let other = EdgeReport {
            process,
            region: "sa".to_owned(),
            log: LogId::from_ulid(new_ulid()),
            rtt_ms: 1.0,
            seq: None,
            applied: vec![Applied { seq: seq(1), held_ms: 0.0 }],
        };
        assert_eq!(receipts::record(&world.db, &other, new_ulid()).await.unwrap(), Recorded::OtherLog);
        assert!(!of(&world, 1).await[0].applied);
        assert_eq!(world.number("SELECT count(*) FROM receipts").await, 0);
        let before = log(&world).await;
        assert_eq!(report(&world, process, "sa", &[(1, 0.0), (2, 0.0)]).await, Recorded::Renewed);
        assert_ne!(log(&world).await, before);
        assert_eq!(world.number("SELECT count(*) FROM receipts").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_silent_edge_holds_the_cdn_until_it_can_answer_nothing_old_any_more() {
    in_a_database(|world| async move {
        world.editor("ana", Role::Author).await;
        report(&world, ProcessId(new_ulid()), "na", &[(1, 0.0)]).await;
        report(&world, ProcessId(new_ulid()), "eu", &[]).await;
        // Silent for longer than an edge stays confirmed, but it may be half way through an
        // answer of before.
        world.raw("UPDATE edge_processes SET last_seen = now() - interval '10 seconds' WHERE region = 'eu'").await.unwrap();
        assert_eq!(receipts::applied_by_all(&world.db, SILENCE_MAX).await.unwrap(), Some(seq(1)));
        assert_eq!(receipts::applied_by_all(&world.db, origin::cdn::SILENCE_MAX).await.unwrap(), Some(Seq::ZERO));
        assert!(origin::cdn::SILENCE_MAX < origin::cdn::WAIT_MAX);
    })
    .await;
}
