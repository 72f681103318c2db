//! The race of `fill_after_purge`, for purges by hand: the origin has written nothing, so the
//! old answer and the new one carry the same number, or none.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::{EdgeBuilder, HOST, HoldAt, Origin, Page, Reply, Rng, TestEdge, eventually, in_time, redis_url, until};

const ROUNDS: u64 = 300;
/// Rounds at a time: the purges of one fall into the middle of another.
const LANES: u64 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Tag,
    Url,
    All,
}

/// When the held answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    WithPurge,
    BeforeReaders,
    AmongReaders,
    AfterReaders,
}

/// What varies from round to round.
#[derive(Clone, Copy, Debug)]
struct Plan {
    what: What,
    soft: bool,
    release: Release,
    hold_at: HoldAt,
    readers: u64,
    /// There is an entry already, and the held fill revalidates it.
    warm: bool,
}

impl Plan {
    fn of(round: u64) -> Plan {
        let mut rng = Rng::new(round + 10_000);
        let one_of_four = |rng: &mut Rng| usize::try_from(rng.below(4)).unwrap();
        Plan {
            what: [What::Tag, What::Tag, What::Url, What::All][one_of_four(&mut rng)],
            soft: rng.one_in(4),
            release: [Release::WithPurge, Release::BeforeReaders, Release::AmongReaders, Release::AfterReaders]
                [one_of_four(&mut rng)],
            hold_at: if rng.one_in(2) { HoldAt::Head } else { HoldAt::Body },
            readers: 1 + rng.below(6),
            warm: rng.one_in(3),
        }
    }
}

#[derive(Default)]
struct Tally {
    readers: AtomicUsize,
    joined_old_fill: AtomicUsize,
}

struct Stage {
    origin: Origin,
    edge: TestEdge,
    plain: bool,
    tally: Tally,
}

impl Stage {
    fn page(&self, plan: Plan, tag: &str, text: &str) -> Page {
        let cache = if plan.warm { "max-age=0, stale-if-error=600" } else { "max-age=3600" };
        if self.plain {
            let etag = format!("\"{}\"", text.replace(' ', "-"));
            Page::plain(text).etag(Some(&etag)).with("surrogate-key", tag).with("cache-control", cache)
        } else {
            Page::new(text).tags(tag).cache(cache)
        }
    }

    async fn round(&self, round: u64) {
        let plan = Plan::of(round);
        let (origin, edge) = (&self.origin, &self.edge);
        let (path, tag) = (format!("/hand/{round}"), format!("hand:{round}"));
        let (old, new) = (format!("old {round}"), format!("new {round}"));
        origin.put(&path, self.page(plan, &tag, &old));
        if plan.warm {
            assert_eq!(edge.get(&path).await.text(), old);
        }

        let held = origin.hold(&path, plan.hold_at);
        let first = edge.reading(&path, &[]);
        held.arrived().await;
        origin.put(&path, self.page(plan, &tag, &new));
        let mut order = match plan.what {
            What::Tag => json!({"tags": [tag]}),
            What::Url => json!({"urls": [format!("http://{HOST}{path}")]}),
            What::All => json!({"all": true}),
        };
        order["strength"] = json!(if plan.soft { "soft" } else { "hard" });
        if plan.release == Release::WithPurge {
            held.release();
        }
        edge.purge(order).await;

        if plan.release == Release::BeforeReaders {
            held.release();
        }
        let early = if plan.release == Release::AmongReaders { plan.readers.div_ceil(2) } else { plan.readers };
        let mut readers: Vec<_> = (0..early).map(|_| edge.reading(&path, &[])).collect();
        // A purged URL's fill has left the table: nobody can join it.
        if matches!(plan.release, Release::AmongReaders | Release::AfterReaders) && plan.what != What::Url {
            self.wait_for(&path, early).await;
            self.tally.joined_old_fill.fetch_add(readers.len(), Ordering::Relaxed);
        }
        held.release();
        readers.extend((early..plan.readers).map(|_| edge.reading(&path, &[])));
        for reader in readers {
            let reply = in_time("a reader", reader).await.unwrap();
            self.judge(plan, round, &reply, &old, &new);
        }
        assert_eq!(in_time("the first reader", first).await.unwrap().status, 200, "round {round}: {plan:?}");

        // An old copy may lie there only if it was there before the purge.
        let may_hold_old = plan.warm || plan.release == Release::WithPurge;
        assert!(may_hold_old || edge.stored_text(&path).as_ref() != Some(&old), "round {round}: {plan:?}");
        let after = edge.get(&path).await;
        assert_eq!(after.text(), new, "round {round}: {plan:?}: {after:?}");
        // What was asked for after the purge is storable, though its number is no higher. (The
        // purge of everything in another lane may have come in between.)
        let what = format!("round {round} stores the new text: {plan:?}");
        eventually(&what, async || {
            assert_eq!(edge.get(&path).await.text(), new);
            (edge.stored_text(&path).as_ref() == Some(&new)).then_some(())
        })
        .await;
    }

    fn judge(&self, plan: Plan, round: u64, reply: &Reply, old: &str, new: &str) {
        self.tally.readers.fetch_add(1, Ordering::Relaxed);
        let shown_soft = plan.soft && reply.text() == old;
        assert!(reply.status == 200 && (reply.text() == new || shown_soft), "round {round}: {plan:?}: {reply:?}");
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
        let (readers, joined) = (count(&self.tally.readers), count(&self.tally.joined_old_fill));
        println!("{ROUNDS} rounds: {readers} readers after the purge, {joined} of them joined the old fill in flight");
        assert!(joined > 200, "the race was not staged");
    }
}

async fn staged(plain: bool, with: impl FnOnce(EdgeBuilder) -> EdgeBuilder) {
    let origin = Origin::start().await;
    let edge = with(EdgeBuilder::new(&origin).set("EDGE_FILL_TIMEOUT_MS", 60_000)).following().await;
    Stage { origin, edge, plain, tally: Tally::default() }.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_that_comes_after_a_purge_by_hand_is_neither_shown_nor_stored() {
    staged(false, |edge| edge).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_without_a_feed() {
    staged(true, |edge| edge.set("EDGE_FEED", "off")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_with_a_copy_in_redis() {
    staged(false, |edge| edge.set("EDGE_REDIS_WAIT_MS", 2000).set("REDIS_URL", redis_url())).await;
}
