//! The classic bug of a cached site, staged a thousand times: a fill that started before a
//! purge comes back after it, while readers who arrived after the purge are waiting.

use std::sync::atomic::{AtomicUsize, Ordering};

use common::Seq;
use redis::AsyncCommands as _;

use crate::support::{EdgeBuilder, HoldAt, Origin, Page, Purge, Reply, Rng, TestEdge, in_time, redis::connect, redis_url, until};

const ROUNDS: u64 = 1000;
/// Rounds at a time: the numbers of one move while another is in the middle.
const LANES: u64 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Soft,
    Hard,
    Gone,
}

/// When the held answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    /// Together with the purge: either may come first.
    WithPurge,
    BeforeReaders,
    AmongReaders,
    AfterReaders,
}

/// What varies from round to round.
#[derive(Clone, Copy, Debug)]
struct Plan {
    kind: Kind,
    release: Release,
    hold_at: HoldAt,
    readers: u64,
    /// There is an entry already, and the held fill revalidates it.
    warm: bool,
    /// The next fill is answered from the old snapshot too.
    lagging: bool,
}

impl Plan {
    fn of(round: u64) -> Plan {
        let mut rng = Rng::new(round);
        Plan {
            kind: [Kind::Soft, Kind::Hard, Kind::Hard, Kind::Gone][usize::try_from(rng.below(4)).unwrap()],
            release: [Release::WithPurge, Release::BeforeReaders, Release::AmongReaders, Release::AfterReaders]
                [usize::try_from(rng.below(4)).unwrap()],
            hold_at: if rng.one_in(2) { HoldAt::Head } else { HoldAt::Body },
            readers: 1 + rng.below(8),
            warm: rng.one_in(3),
            lagging: rng.one_in(4),
        }
    }
}

#[derive(Default)]
struct Tally {
    readers: AtomicUsize,
    joined_old_fill: AtomicUsize,
    refused: AtomicUsize,
    old_answers: AtomicUsize,
    old_stored: AtomicUsize,
}

struct Stage {
    origin: Origin,
    edge: TestEdge,
    /// Another process of the same region.
    neighbour: Option<TestEdge>,
    tally: Tally,
}

impl Stage {
    async fn round(&self, round: u64) {
        let plan = Plan::of(round);
        let (origin, edge) = (&self.origin, &self.edge);
        let (path, tag) = (format!("/race/{round}"), format!("race:{round}"));
        let (old, new) = (format!("old {round}"), format!("new {round}"));
        let page = |text: &str| {
            let page = Page::new(text).tags(&format!("{tag} all"));
            if plan.warm { page.cache("max-age=0, stale-if-error=600") } else { page }
        };
        origin.put(&path, page(&old));
        if plan.warm {
            assert_eq!(edge.get(&path).await.text(), old);
        }

        let held = origin.hold(&path, plan.hold_at);
        let first = edge.reading(&path, &[]);
        held.arrived().await;
        if plan.lagging {
            origin.lag(&path, 1);
        }
        let purge = match plan.kind {
            Kind::Soft => Purge::soft(&[&tag]),
            Kind::Hard => Purge::hard(&[&tag]),
            Kind::Gone => Purge::gone(&[&tag]),
        };
        let number = origin.write(purge, &[(&path, page(&new))]);
        if plan.release == Release::WithPurge {
            held.release();
        }
        edge.has_applied(number).await;

        // From here on nobody may see the old text.
        if plan.release == Release::BeforeReaders {
            held.release();
        }
        let early = if plan.release == Release::AmongReaders { plan.readers.div_ceil(2) } else { plan.readers };
        let mut readers: Vec<_> = (0..early).map(|_| self.reader(plan, &path, number)).collect();
        if matches!(plan.release, Release::AmongReaders | Release::AfterReaders) {
            self.wait_for(&path, early).await;
            self.tally.joined_old_fill.fetch_add(readers.len(), Ordering::Relaxed);
            held.release();
        }
        readers.extend((early..plan.readers).map(|_| self.reader(plan, &path, number)));
        for reader in readers {
            let reply = in_time("a reader", reader).await.unwrap();
            self.judge(plan, round, &reply, &old, &new);
        }
        assert_eq!(in_time("the first reader", first).await.unwrap().status, 200, "round {round}: {plan:?}");

        // An old copy may lie there only if it was there before the purge.
        let may_hold_old = plan.warm || plan.release == Release::WithPurge;
        if !may_hold_old && edge.stored_text(&path).as_ref() == Some(&old) {
            self.tally.old_stored.fetch_add(1, Ordering::Relaxed);
        }
        let after = self.read(edge, plan, &path, number).await;
        assert_eq!(after.text(), new, "round {round}: {plan:?}: {after:?}");
        assert_eq!(edge.stored_text(&path), Some(new.clone()), "round {round}: {plan:?}");
        if let Some(neighbour) = &self.neighbour {
            neighbour.has_applied(number).await;
            let there = self.read(neighbour, plan, &path, number).await;
            self.judge(plan, round, &there, &old, &new);
        }
    }

    /// A reader who arrives after a soft purge may be shown the old text unless it names the
    /// purge's number.
    fn reader(&self, plan: Plan, path: &str, number: Seq) -> tokio::task::JoinHandle<Reply> {
        let number = number.to_string();
        let headers = [("rcr-min-seq", number.as_str())];
        self.edge.reading(path, if plan.kind == Kind::Soft { &headers } else { &[] })
    }

    async fn read(&self, edge: &TestEdge, plan: Plan, path: &str, number: Seq) -> Reply {
        let number = number.to_string();
        let headers = [("rcr-min-seq", number.as_str())];
        edge.get_with(path, if plan.kind == Kind::Soft { &headers } else { &[] }).await
    }

    fn judge(&self, plan: Plan, round: u64, reply: &Reply, old: &str, new: &str) {
        self.tally.readers.fetch_add(1, Ordering::Relaxed);
        match reply.status {
            200 if reply.text() == new => {}
            200 if reply.text() == old => {
                eprintln!("round {round}: {plan:?}: an old answer: {}", reply.did());
                self.tally.old_answers.fetch_add(1, Ordering::Relaxed);
            }
            // Both fills that a reader may wait for were old.
            502 if plan.lagging => drop(self.tally.refused.fetch_add(1, Ordering::Relaxed)),
            _ => panic!("round {round}: {plan:?}: {reply:?}"),
        }
    }

    /// Waits until this many more readers than the first wait for the fill of `path`.
    async fn wait_for(&self, path: &str, readers: u64) {
        let (epoch, key) = (self.edge.epoch(), TestEdge::key(path));
        // The reader who began it waits, too.
        let expected = usize::try_from(readers).unwrap() + 1;
        until(&format!("{readers} readers wait for {path}"), || epoch.fills.waiters(&key) >= expected).await;
    }

    async fn run(&self) {
        let lane = async |lane| {
            for round in (lane..ROUNDS).step_by(usize::try_from(LANES).unwrap()) {
                self.round(round).await;
            }
        };
        futures_util::future::join_all((0..LANES).map(lane)).await;
        let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        let tally = &self.tally;
        println!(
            "{ROUNDS} rounds: {} readers after the purge ({} joined the old fill in flight), {} refused, {} old answers, {} old copies stored",
            count(&tally.readers),
            count(&tally.joined_old_fill),
            count(&tally.refused),
            count(&tally.old_answers),
            count(&tally.old_stored),
        );
        assert_eq!((count(&tally.old_answers), count(&tally.old_stored)), (0, 0));
        assert!(count(&tally.joined_old_fill) > 1000, "the race was not staged");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_that_comes_after_a_purge_is_neither_shown_nor_stored() {
    let origin = Origin::start().await;
    let edge = EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 60_000).following().await;
    Stage { origin, edge, neighbour: None, tally: Tally::default() }.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_through_redis_where_a_neighbour_would_read_it() {
    let origin = Origin::start().await;
    let build = || {
        let edge = EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 60_000);
        edge.set("EDGE_REDIS_WAIT_MS", 2000).set("REDIS_URL", redis_url()).following()
    };
    let (edge, neighbour) = (build().await, build().await);
    let stage = Stage { origin, edge, neighbour: Some(neighbour), tally: Tally::default() };
    stage.run().await;

    let mut redis = connect(&redis_url()).await;
    let log = stage.origin.log();
    let mut old_in_redis = 0;
    let mut copies = 0;
    for round in 0..ROUNDS {
        let key = format!("rcr:{log}:{}", TestEdge::key(&format!("/race/{round}")));
        let stored: Option<Vec<u8>> = redis.hget(&key, "v").await.unwrap();
        let Some(stored) = stored else { continue };
        copies += 1;
        old_in_redis += usize::from(stored.ends_with(format!("old {round}").as_bytes()));
    }
    println!("{copies} copies in Redis, {old_in_redis} of them old");
    assert_eq!(old_in_redis, 0);
    assert!(copies > 900, "Redis was not used: {copies} copies");
}
