//! The CloudFront worker: against the real control plane's stand-in of services.md (moto at
//! TEST_CLOUDFRONT_ENDPOINT) and a real PostgreSQL, and against a provider that fails on demand.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests are tests")]

mod real;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_cloudfront::{
    config::{BehaviorVersion, Credentials, Region},
    types::{
        CookiePreference, DefaultCacheBehavior, DistributionConfig, ForwardedValues, ItemSelection, Origin, Origins,
        S3OriginConfig, ViewerProtocolPolicy,
    },
};
use common::{Secret, Tag, clock::ManualClock, entropy::SystemEntropy};
use futures_util::future::BoxFuture;
use origin::store::Db;
use origin::{
    aws::Keys,
    cdn::{
        CdnMetrics, CloudFront, Death, EXACT_ITEMS_MAX, EXPIRES_AFTER, IN_FLIGHT_MARGIN, Progress, Provider, ProviderError,
        QUEUED_ITEMS_MAX, Rung, Settings, Tick, WAIT_MAX, Worker,
    },
};
use real::{TestDatabase, new_id, variable};
use sqlx::{PgPool, Row as _};

const LOG: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const BUDGET: u32 = 1000;

/// Says what it was told to say, and remembers what it was asked.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<ProviderError>>,
    asked: Mutex<Vec<(String, Vec<String>)>>,
}

impl Scripted {
    fn fails_with(&self, errors: impl IntoIterator<Item = ProviderError>) {
        self.answers.lock().unwrap().extend(errors);
    }

    fn asked(&self) -> Vec<(String, Vec<String>)> {
        self.asked.lock().unwrap().clone()
    }
}

impl Provider for Scripted {
    fn create<'a>(&'a self, reference: &'a str, tags: &'a [Tag]) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(async move {
            let mut asked = self.asked.lock().unwrap();
            asked.push((reference.to_owned(), tags.iter().map(|tag| tag.as_str().to_owned()).collect()));
            self.answers.lock().unwrap().pop_front().map_or(Ok(format!("I{}", asked.len())), Err)
        })
    }

    fn progress<'a>(&'a self, _id: &'a str) -> BoxFuture<'a, Result<Progress, ProviderError>> {
        Box::pin(async { Ok(Progress::Completed) })
    }
}

/// A database with a log of its own, and a worker that is driven tick by tick.
struct Stage {
    database: TestDatabase,
    clock: Arc<ManualClock>,
    provider: Arc<Scripted>,
    worker: Worker,
}

impl Stage {
    async fn new() -> Stage {
        Stage::with(BUDGET, Duration::ZERO).await
    }

    async fn with(monthly_budget: u32, window: Duration) -> Stage {
        let database = TestDatabase::create().await;
        // The first connection takes a log; then it is this one.
        database.db.ping().await.unwrap();
        run(&database.pool, &format!("UPDATE feed_head SET log = '{LOG}'")).await;
        let (clock, provider) = (Arc::new(ManualClock::default()), Arc::new(Scripted::default()));
        let worker = worker(&database.db, provider.clone(), clock.clone(), Settings { window, monthly_budget });
        Stage { database, clock, provider, worker }
    }

    /// A write with these tags, committed so long ago.
    async fn change(&self, tags: &[String], age: Duration) {
        let mut tx = self.database.pool.begin().await.unwrap();
        sqlx::query(
            "WITH head AS (UPDATE feed_head SET seq = seq + 1 RETURNING seq)
             INSERT INTO changes (seq, at, kind, gone, hard, soft)
             SELECT seq, clock_timestamp() - make_interval(secs => $2), 'test', '{}', $1, '{}' FROM head",
        )
        .bind(tags)
        .bind(age.as_secs_f64())
        .execute(&mut *tx)
        .await
        .unwrap();
        tx.commit().await.unwrap();
    }

    /// A live edge process that has applied up to `seq`.
    async fn edge(&self, process: &str, seq: i64) {
        run(
            &self.database.pool,
            &format!(
                "INSERT INTO edge_processes (process, region, log, applied_seq, rtt_ms) VALUES ('{process}', 'sa', '{LOG}', {seq}, 1)
                 ON CONFLICT (process) DO UPDATE SET applied_seq = {seq}, last_seen = clock_timestamp()"
            ),
        )
        .await;
    }

    async fn tick(&mut self) -> Tick {
        self.worker.tick().await.unwrap()
    }

    async fn rows(&self) -> Vec<(String, i64, i64, i32)> {
        let rows = sqlx::query("SELECT state, from_seq, to_seq, attempts FROM cdn_invalidations ORDER BY id");
        let rows = rows.fetch_all(&self.database.pool).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
    }

    async fn finish(self) {
        drop(self.worker);
        self.database.drop().await;
    }
}

fn worker(db: &Db, provider: Arc<dyn Provider>, clock: Arc<ManualClock>, settings: Settings) -> Worker {
    Worker::new(db.clone(), provider, clock, Arc::new(SystemEntropy), settings, CdnMetrics::default())
}

async fn run(pool: &PgPool, sql: &str) {
    sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap();
}

fn tags(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn many(kind: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{kind}:{n}")).collect()
}

#[tokio::test]
async fn gathers_deduplicates_submits_and_confirms() {
    let mut stage = Stage::new().await;
    stage.change(&tags(&["review:A", "list:reviews"]), WAIT_MAX).await;
    stage.change(&tags(&["review:B", "list:reviews"]), WAIT_MAX).await;
    let tick = stage.tick().await;
    let sealed = tick.sealed.unwrap();
    assert_eq!((sealed.changes, sealed.items, sealed.rung), (2, 3, Rung::Exact));
    assert_eq!((tick.submitted, tick.confirmed), (1, 1));
    assert_eq!(stage.provider.asked(), [(format!("rcr-{LOG}-1-2-0"), tags(&["list:reviews", "review:A", "review:B"]))]);
    assert_eq!(stage.rows().await, [("confirmed".to_owned(), 1, 2, 1)]);
    assert_eq!(stage.tick().await, Tick::default(), "there is nothing left to do");
    stage.finish().await;
}

#[tokio::test]
async fn waits_for_the_slowest_live_edge_and_for_responses_in_flight() {
    let mut stage = Stage::new().await;
    stage.change(&tags(&["review:A"]), Duration::ZERO).await;
    stage.edge("fast", 1).await;
    stage.edge("slow", 0).await;
    assert_eq!(stage.tick().await.sealed, None);
    stage.clock.advance(IN_FLIGHT_MARGIN * 2);
    assert_eq!(stage.tick().await.sealed, None, "one has not applied it");

    stage.edge("slow", 1).await;
    assert_eq!(stage.tick().await.sealed, None, "applied, but its old answers may be on their way");
    stage.clock.advance(IN_FLIGHT_MARGIN);
    stage.edge("slow", 1).await;
    assert_eq!(stage.tick().await.submitted, 1);
    stage.finish().await;
}

#[tokio::test]
async fn goes_on_without_an_edge_that_must_have_become_unconfirmed() {
    let mut stage = Stage::new().await;
    stage.edge("stuck", 0).await;
    stage.change(&tags(&["review:A"]), WAIT_MAX - Duration::from_secs(5)).await;
    assert_eq!(stage.tick().await.sealed, None);
    stage.change(&tags(&["review:B"]), WAIT_MAX).await;
    run(&stage.database.pool, "ALTER TABLE changes DISABLE TRIGGER immutable").await;
    run(&stage.database.pool, "UPDATE changes SET at = at - interval '1 minute'").await;
    assert_eq!(stage.tick().await.submitted, 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_new_cdn_is_not_told_what_was_before_it() {
    let mut stage = Stage::new().await;
    stage.change(&tags(&["review:A"]), EXPIRES_AFTER * 2).await;
    stage.change(&tags(&["review:B"]), EXPIRES_AFTER * 2).await;
    assert_eq!(stage.tick().await.sealed, None);
    stage.change(&tags(&["review:C"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.submitted, 1);
    assert_eq!(stage.provider.asked(), [(format!("rcr-{LOG}-3-3-0"), tags(&["review:C"]))]);
    stage.finish().await;
}

#[tokio::test]
async fn what_is_over_is_forgotten_in_time() {
    let mut stage = Stage::new().await;
    for tag in ["review:A", "review:B"] {
        stage.change(&tags(&[tag]), WAIT_MAX).await;
        stage.tick().await;
    }
    run(&stage.database.pool, "UPDATE cdn_invalidations SET state = 'confirmed', created_at = now() - interval '1 year'").await;
    origin::store::maintenance::prune(&stage.database.db).await.unwrap();
    assert_eq!(stage.rows().await.len(), 1, "the last one says which log it was of");
    stage.finish().await;
}

#[tokio::test]
async fn gathers_for_the_window() {
    let mut stage = Stage::with(BUDGET, WAIT_MAX * 2).await;
    stage.change(&tags(&["review:A"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.sealed, None, "old enough to go, but the window is open");
    run(&stage.database.pool, "ALTER TABLE changes DISABLE TRIGGER immutable").await;
    run(&stage.database.pool, "UPDATE changes SET at = at - interval '10 minutes'").await;
    stage.change(&tags(&["review:B"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.sealed.unwrap().changes, 2, "what came since goes along");
    stage.finish().await;
}

#[tokio::test]
async fn a_write_that_nobody_sees_costs_nothing() {
    let mut stage = Stage::new().await;
    stage.change(&[], WAIT_MAX).await;
    let tick = stage.tick().await;
    assert_eq!((tick.sealed.unwrap().items, tick.submitted), (0, 0));
    assert_eq!(stage.rows().await, []);
    assert_eq!(stage.tick().await.sealed, None, "and is not looked at again");
    stage.finish().await;
}

#[tokio::test]
async fn backs_off_and_tries_again_under_the_same_reference() {
    let mut stage = Stage::new().await;
    let throttled = || ProviderError::Throttled("slow down".to_owned());
    stage.provider.fails_with([throttled(), ProviderError::Unreachable("reset".to_owned())]);
    stage.change(&tags(&["review:A"]), WAIT_MAX).await;
    let first = stage.tick().await.retry_in.unwrap();
    assert_eq!(stage.tick().await, Tick::default(), "left alone until the wait is over");
    stage.clock.advance(first);
    let second = stage.tick().await.retry_in.unwrap();
    stage.clock.advance(second);
    assert_eq!(stage.tick().await.submitted, 1);
    let asked = stage.provider.asked();
    assert!(asked.len() == 3 && asked.iter().all(|call| *call == asked[0]), "{asked:?}");
    let used: i32 = sqlx::query("SELECT used FROM cdn_budget").fetch_one(&stage.database.pool).await.unwrap().get(0);
    assert_eq!(used, 1, "paid once, however often it was tried");
    stage.finish().await;
}

#[tokio::test]
async fn a_crash_between_submitting_and_noting_it_repeats_the_very_same_request() {
    let mut stage = Stage::new().await;
    stage.change(&tags(&["review:A"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.submitted, 1);
    // As if the process had died before it wrote down the answer.
    run(&stage.database.pool, "UPDATE cdn_invalidations SET state = 'queued', provider_id = NULL, submitted_at = NULL").await;
    let settings = Settings { window: Duration::ZERO, monthly_budget: BUDGET };
    let Stage { database, clock, provider, worker: dead } = stage;
    drop(dead);
    let mut successor = worker(&database.db, provider.clone(), clock, settings);
    assert_eq!(until_leading(&mut successor).await.submitted, 1);
    let asked = provider.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0], asked[1]);
    drop(successor);
    database.drop().await;
}

/// The server notices a closed connection in its own time.
async fn until_leading(worker: &mut Worker) -> Tick {
    const TRIES_MAX: u32 = 10_000;
    for _ in 0..TRIES_MAX {
        let tick = worker.tick().await.unwrap();
        if !tick.standby {
            return tick;
        }
    }
    panic!("the lock of a closed connection was never released");
}

#[tokio::test]
async fn one_worker_at_a_time() {
    let mut stage = Stage::new().await;
    let settings = Settings { window: Duration::ZERO, monthly_budget: BUDGET };
    let mut other = worker(&stage.database.db, stage.provider.clone(), stage.clock.clone(), settings);
    assert!(!stage.tick().await.standby);
    stage.change(&tags(&["review:A"]), WAIT_MAX).await;
    assert!(other.tick().await.unwrap().standby);
    assert_eq!(stage.provider.asked(), []);
    assert_eq!(stage.tick().await.submitted, 1);
    drop(other);
    stage.finish().await;
}

#[tokio::test]
async fn a_spent_budget_waits_for_the_time_to_live_and_is_no_error() {
    let mut stage = Stage::with(3, Duration::ZERO).await;
    stage.change(&tags(&["review:A", "search"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.submitted, 1);
    stage.change(&tags(&["review:B", "search"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.dead, [Death::Budget]);
    stage.change(&tags(&["review:C"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.submitted, 1, "what still fits is still sent");
    let used: i32 = sqlx::query("SELECT used FROM cdn_budget").fetch_one(&stage.database.pool).await.unwrap().get(0);
    assert_eq!(used, 3);
    stage.finish().await;
}

#[tokio::test]
async fn what_is_refused_dies_and_the_rest_goes_on() {
    let mut stage = Stage::new().await;
    stage.provider.fails_with([ProviderError::Refused("no such syntax".to_owned())]);
    stage.change(&many("review", EXACT_ITEMS_MAX), WAIT_MAX).await;
    let tick = stage.tick().await;
    assert_eq!((tick.dead.as_slice(), tick.submitted), (&[Death::Refused][..], 1), "the second of two requests");
    stage.finish().await;
}

#[tokio::test]
async fn what_waited_too_long_is_given_up() {
    let mut stage = Stage::new().await;
    stage.provider.fails_with([ProviderError::Misconfigured("AccessDenied".to_owned())]);
    stage.change(&tags(&["review:A"]), WAIT_MAX).await;
    let wait = stage.tick().await.retry_in.unwrap();
    run(&stage.database.pool, "UPDATE cdn_invalidations SET created_at = created_at - interval '2 hours'").await;
    stage.clock.advance(wait);
    assert_eq!(stage.tick().await.dead, [Death::Expired]);
    stage.finish().await;
}

#[tokio::test]
async fn a_pile_is_sent_coarsened() {
    let mut stage = Stage::new().await;
    stage.provider.fails_with((0..100).map(|_| ProviderError::Unreachable("down".to_owned())));
    let mut written = 0;
    while written <= usize::try_from(QUEUED_ITEMS_MAX).unwrap() {
        let names: Vec<String> = (0..40).map(|n| format!("review:{}", written + n)).collect();
        stage.change(&names, WAIT_MAX).await;
        written += names.len();
        stage.tick().await;
    }
    let rows = stage.rows().await;
    let queued: Vec<_> = rows.iter().filter(|row| row.0 == "queued").collect();
    assert_eq!((queued.len(), queued[0].1), (1, 1), "one batch, back to the first write: {rows:?}");
    stage.provider.answers.lock().unwrap().clear();
    stage.clock.advance(Duration::from_secs(3600));
    assert_eq!(stage.tick().await.submitted, 1);
    assert_eq!(stage.provider.asked().last().unwrap().1, ["reviews"]);
    stage.finish().await;
}

#[tokio::test]
async fn forgets_everything_when_the_log_is_another() {
    let mut stage = Stage::new().await;
    stage.change(&tags(&["review:A"]), WAIT_MAX).await;
    stage.tick().await;
    run(&stage.database.pool, "UPDATE feed_head SET log = '01BX5ZZKBKACTAV9WEVGEMMVRZ'").await;
    stage.change(&tags(&["review:B"]), WAIT_MAX).await;
    assert_eq!(stage.tick().await.sealed.unwrap().rung, Rung::All);
    assert_eq!(stage.provider.asked().last().unwrap().1, ["all"]);
    stage.finish().await;
}

fn keys() -> Keys {
    Keys::new("testing", &Secret::new("testing"))
}

fn client(endpoint: &str) -> aws_sdk_cloudfront::Client {
    use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
    aws_sdk_cloudfront::Client::from_conf(
        aws_sdk_cloudfront::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::new("testing", "testing", None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
            .build(),
    )
}

async fn make_distribution(client: &aws_sdk_cloudfront::Client) -> String {
    let origin = Origin::builder()
        .id("o")
        .domain_name("rcr-test.s3.amazonaws.com")
        .s3_origin_config(S3OriginConfig::builder().origin_access_identity("").build())
        .build()
        .unwrap();
    let cookies = CookiePreference::builder().forward(ItemSelection::None).build().unwrap();
    #[expect(deprecated, reason = "what moto reads")]
    let behaviour = DefaultCacheBehavior::builder()
        .target_origin_id("o")
        .viewer_protocol_policy(ViewerProtocolPolicy::HttpsOnly)
        .forwarded_values(ForwardedValues::builder().query_string(true).cookies(cookies).build().unwrap())
        .min_ttl(0)
        .build()
        .unwrap();
    let config = DistributionConfig::builder()
        .caller_reference(new_id().to_string())
        .origins(Origins::builder().quantity(1).items(origin).build().unwrap())
        .default_cache_behavior(behaviour)
        .comment("test")
        .enabled(true)
        .build()
        .unwrap();
    let made =
        client.create_distribution().distribution_config(config).send().await.expect("the server of TEST_CLOUDFRONT_ENDPOINT");
    made.distribution.unwrap().id
}

#[tokio::test]
async fn the_real_control_plane_takes_it_and_confirms() {
    let endpoint = variable("TEST_CLOUDFRONT_ENDPOINT");
    let client = client(&endpoint);
    let distribution = make_distribution(&client).await;
    let stage = Stage::new().await;
    let provider = Arc::new(CloudFront::new(&distribution, Some(&endpoint), "us-east-1", &keys()));
    let settings = Settings { window: Duration::ZERO, monthly_budget: BUDGET };
    let mut worker = worker(&stage.database.db, provider, stage.clock.clone(), settings);

    stage.change(&tags(&["review:01J8ZABCDEFGHJKMNPQRSTVWXY", "list:reviews"]), WAIT_MAX).await;
    stage.change(&many("media", EXACT_ITEMS_MAX - 2), WAIT_MAX).await;
    let tick = worker.tick().await.unwrap();
    assert_eq!((tick.submitted, tick.dead.len(), tick.retry_in), (2, 0, None));

    let listed = client.list_invalidations().distribution_id(&distribution).send().await.unwrap();
    let ids: Vec<String> = listed.invalidation_list.unwrap().items.unwrap().into_iter().map(|found| found.id).collect();
    assert_eq!(ids.len(), 2);
    let mut items = Vec::new();
    let mut references = Vec::new();
    for id in ids {
        let found = client.get_invalidation().distribution_id(&distribution).id(id).send().await.unwrap();
        let batch = found.invalidation.unwrap().invalidation_batch.unwrap();
        references.push(batch.caller_reference);
        items.extend(batch.paths.unwrap().items.unwrap());
    }
    references.sort();
    assert_eq!(references, [format!("rcr-{LOG}-1-2-0"), format!("rcr-{LOG}-1-2-1")]);
    assert_eq!(items.len(), EXACT_ITEMS_MAX);
    assert!(items.contains(&"#review:01J8ZABCDEFGHJKMNPQRSTVWXY".to_owned()), "{items:?}");
    assert!(items.iter().all(|item| item.starts_with('#')));

    stage.clock.advance(Duration::from_secs(60));
    worker.tick().await.unwrap();
    assert!(stage.rows().await.iter().all(|row| row.0 == "confirmed"), "{:?}", stage.rows().await);
    drop(worker);
    stage.finish().await;
}

#[tokio::test]
async fn a_missing_distribution_and_a_dead_endpoint_are_told_apart() {
    let tags = [Tag::parse("search").unwrap()];
    let missing = CloudFront::new("ENOSUCHTHING", Some(&variable("TEST_CLOUDFRONT_ENDPOINT")), "us-east-1", &keys());
    let outcome = missing.create("rcr-test", &tags).await;
    assert!(matches!(outcome, Err(ProviderError::Misconfigured(_))), "{outcome:?}");
    // Nothing listens on port 9 of the loopback.
    let dead = CloudFront::new("E1", Some("http://127.0.0.1:9"), "us-east-1", &keys());
    let outcome = dead.create("rcr-test", &tags).await;
    assert!(matches!(outcome, Err(ProviderError::Unreachable(_))), "{outcome:?}");
}
