//! What the edge counts, named as Prometheus has it: base units, `_total` for what only grows.
//!
//! Every label is a constant of the program, so their number is bounded. Nothing here but a
//! counter's atomic addition is on the way of a hit.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use crate::{
    cache_status::Disposition,
    fill::{Answer, Failure, Outcome, Source},
    follow::Walk,
    listen::ConnectionMetrics,
    memory::Evictions,
    regional::RegionalError,
    serve::Fetched,
    tags::Strength,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PurgeLabels {
    source: &'static str,
    strength: &'static str,
}

/// Who purged, if not the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PurgeSource {
    /// `POST /purge`.
    Hand,
    /// `Cache-Group-Invalidation`.
    Groups,
}

/// What came of an exchange with the regional Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exchange {
    Found,
    Absent,
    Stored,
    /// Too many stores wait already.
    StoreSkipped,
    TimedOut,
    /// Not asked: it has just failed.
    Resting,
    Failed,
}

impl Exchange {
    const fn as_str(self) -> &'static str {
        match self {
            Exchange::Found => "found",
            Exchange::Absent => "absent",
            Exchange::Stored => "stored",
            Exchange::StoreSkipped => "store-skipped",
            Exchange::TimedOut => "timed-out",
            Exchange::Resting => "resting",
            Exchange::Failed => "failed",
        }
    }
}

/// Origin latencies: from a neighbour (1 ms) to the fill limit and beyond.
const LATENCY_BUCKETS_S: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0];
/// A Redis in the same region: from 0.1 ms to its longest wait.
const REGIONAL_BUCKETS_S: [f64; 10] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];
/// From a header of its own to the largest object that is stored by default.
const SIZE_BUCKETS_BYTES: [f64; 8] = [256.0, 1024.0, 4096.0, 16_384.0, 65_536.0, 262_144.0, 1_048_576.0, 8_388_608.0];

/// All metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Reason, Counter>,
    /// The one label that every hit needs, looked up once.
    hits: Counter,
    body_bytes: Counter,
    refused: Family<Reason, Counter>,
    fills: Family<Reason, Counter>,
    first_byte_seconds: Histogram,
    fill_seconds: Histogram,
    stalls: Counter,
    stored_bytes: Histogram,
    regional: Family<Reason, Counter>,
    regional_seconds: Family<Operation, Histogram, fn() -> Histogram>,
    purges: Family<PurgeLabels, Counter>,
    events: Counter,
    feed_lag_seconds: Histogram,
    ahead: Family<Reason, Counter>,
    refreshes_ahead: Family<Reason, Counter>,
    walks: Family<Reason, Counter>,
    epochs: Counter,
    feed_connects: Counter,
    evictions: Counter,
    evicted_bytes: Counter,
    log_lines: Counter,
    log_dropped: Counter,
    fill_waiters: Gauge,
    pub gauges: Gauges,
    pub connections: ConnectionMetrics,
}

/// Set when they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    pub entries: Gauge,
    pub entry_bytes: Gauge,
    pub cells: Gauge,
    pub ring_events: Gauge,
    pub fills_in_flight: Gauge,
    pub applied: Gauge,
    pub confirmed: Gauge,
    pub confirmation_age: Gauge<f64, AtomicU64>,
    pub breaker_failing: Gauge,
}

/// Counted in a gauge as long as it lives.
#[derive(Debug)]
pub struct Counted(Gauge);

impl Counted {
    fn of(gauge: &Gauge) -> Counted {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub fn new() -> Metrics {
        let requests = Family::<Reason, Counter>::default();
        let regional_histogram: fn() -> Histogram = || Histogram::new(REGIONAL_BUCKETS_S);
        let metrics = Metrics {
            registry: Registry::with_prefix("edge"),
            hits: requests.get_or_create_owned(&Reason { reason: "hit" }),
            requests,
            body_bytes: Counter::default(),
            refused: Family::default(),
            fills: Family::default(),
            first_byte_seconds: Histogram::new(LATENCY_BUCKETS_S),
            fill_seconds: Histogram::new(LATENCY_BUCKETS_S),
            stored_bytes: Histogram::new(SIZE_BUCKETS_BYTES),
            regional: Family::default(),
            regional_seconds: Family::new_with_constructor(regional_histogram),
            purges: Family::default(),
            events: Counter::default(),
            feed_lag_seconds: Histogram::new(LATENCY_BUCKETS_S),
            ahead: Family::default(),
            refreshes_ahead: Family::default(),
            walks: Family::default(),
            epochs: Counter::default(),
            feed_connects: Counter::default(),
            evictions: Counter::default(),
            evicted_bytes: Counter::default(),
            log_lines: Counter::default(),
            log_dropped: Counter::default(),
            fill_waiters: Gauge::default(),
            stalls: Counter::default(),
            connections: ConnectionMetrics::default(),
            gauges: Gauges::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Metrics {
        let mut registry = std::mem::take(&mut self.registry);
        let r = &mut registry;
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        r.register("build", "What runs", version);
        r.register("requests", "Requests by what was done with them", self.requests.clone());
        let bytes = self.body_bytes.clone();
        r.register_with_unit("response_body", "Bodies of answers whose length is known ahead", Unit::Bytes, bytes);
        r.register("requests_refused", "Requests refused, by the limit that did it", self.refused.clone());
        self.connections.register(r);

        r.register("fills", "Fills by how they ended", self.fills.clone());
        r.register("fill_stalls", "Fills whose waiters were released before they ended", self.stalls.clone());
        r.register("fill_waiters", "Readers who wait for a fill", self.fill_waiters.clone());
        let first_byte = self.first_byte_seconds.clone();
        r.register_with_unit("origin_first_byte", "From asking the origin to the head of its answer", Unit::Seconds, first_byte);
        r.register_with_unit("fill", "From asking the origin to its answer", Unit::Seconds, self.fill_seconds.clone());
        r.register_with_unit("stored_body", "Bodies that were stored", Unit::Bytes, self.stored_bytes.clone());
        r.register("evictions", "Keys that made room for others", self.evictions.clone());
        r.register_with_unit("evicted", "What evicted keys took of memory", Unit::Bytes, self.evicted_bytes.clone());

        r.register("regional", "Exchanges with the regional Redis by result", self.regional.clone());
        let regional = self.regional_seconds.clone();
        r.register_with_unit("regional", "Exchanges with the regional Redis, failed ones too", Unit::Seconds, regional);

        r.register("purges", "Purges that did not come from the change feed", self.purges.clone());
        r.register("events_applied", "Events of the change feed applied", self.events.clone());
        let lag = self.feed_lag_seconds.clone();
        r.register_with_unit("feed_lag", "From an event's commit to its application here", Unit::Seconds, lag);
        r.register("prefetches", "Pages asked for before any reader did, by what came of it", self.ahead.clone());
        let refreshes = self.refreshes_ahead.clone();
        r.register("refreshes_ahead", "Pages asked for again because they were purged, by what came of it", refreshes);
        r.register("prefetch_walks", "Looks at all of the origin's pages, by how they ended", self.walks.clone());
        r.register("epochs", "Times that everything stored was given up", self.epochs.clone());
        r.register("feed_connects", "Connections opened to the change feed", self.feed_connects.clone());

        r.register("log_lines", "Requests that were logged", self.log_lines.clone());
        r.register("log_lines_dropped", "Requests to be logged, but for the limit", self.log_dropped.clone());

        let gauges = self.gauges.clone();
        r.register("entries", "Keys in memory", gauges.entries);
        r.register_with_unit("entry", "Memory that entries take", Unit::Bytes, gauges.entry_bytes);
        r.register("tag_cells", "Tags that stored entries carry", gauges.cells);
        r.register("ring_events", "Events kept to judge old answers by", gauges.ring_events);
        r.register("fills_in_flight", "Fills under way", gauges.fills_in_flight);
        r.register("applied_seq", "The highest event applied", gauges.applied);
        r.register("confirmed", "1 while the applied number is known to be current", gauges.confirmed);
        let age = gauges.confirmation_age;
        r.register_with_unit("confirmation_age", "How long ago the applied number was known to be current", Unit::Seconds, age);
        r.register("breaker_failing", "1 while the last request to the origin failed", gauges.breaker_failing);
        Metrics { registry, ..self }
    }

    /// An answer leaves, with a body of this many bytes if that is known.
    pub fn answered(&self, disposition: &Disposition, body_bytes: Option<u64>) {
        match disposition {
            Disposition::Hit { .. } => drop(self.hits.inc()),
            other => drop(self.requests.get_or_create(&Reason { reason: other.label() }).inc()),
        }
        if let Some(bytes) = body_bytes.filter(|bytes| *bytes > 0) {
            self.body_bytes.inc_by(bytes);
        }
    }

    /// A limit refused a request. `reason` is the limit's name: a constant of the program.
    pub fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&Reason { reason }).inc();
    }

    /// A reader who waits for a fill, until it is dropped.
    pub fn waiting(&self) -> Counted {
        Counted::of(&self.fill_waiters)
    }

    /// Hits that were answered in front of hyper.
    pub fn hits(&self, count: u64, body_bytes: u64) {
        self.hits.inc_by(count);
        self.body_bytes.inc_by(body_bytes);
    }

    pub fn fill_ended(&self, outcome: &Outcome) {
        // What another fill had stored was counted as that one's.
        if let Outcome::Answer(Answer { entry, source, stored: Ok(()), .. }) = outcome
            && *source != Source::Memory
        {
            self.stored_bytes.observe(entry.message.body().len() as f64);
        }
        self.fills.get_or_create(&Reason { reason: outcome.label() }).inc();
    }

    pub fn fill_stalled(&self) {
        self.stalls.inc();
    }

    /// Counts it if a limit was the reason.
    pub fn miss_refused(&self, failure: Failure) {
        if failure.is_refusal() {
            self.refused(failure.as_str());
        }
    }

    /// A page was asked for that no reader had asked for.
    pub fn fetched_ahead(&self, fetched: Fetched) {
        self.ahead.get_or_create(&Reason { reason: fetched.as_str() }).inc();
    }

    /// A page that readers read was asked for again when it was purged.
    pub fn refreshed_ahead(&self, fetched: Fetched) {
        self.refreshes_ahead.get_or_create(&Reason { reason: fetched.as_str() }).inc();
    }

    /// All pages were looked at, or as many as could be.
    pub fn walked(&self, walk: Walk) {
        self.walks.get_or_create(&Reason { reason: walk.as_str() }).inc();
    }

    /// The head of the origin's answer has come.
    pub fn first_byte_took(&self, duration: Duration) {
        self.first_byte_seconds.observe(duration.as_secs_f64());
    }

    pub fn fill_took(&self, duration: Duration) {
        self.fill_seconds.observe(duration.as_secs_f64());
    }

    pub fn regional_read(&self, found: bool) {
        self.count_regional(if found { Exchange::Found } else { Exchange::Absent });
    }

    pub fn regional_stored(&self) {
        self.count_regional(Exchange::Stored);
    }

    pub fn regional_store_skipped(&self) {
        self.count_regional(Exchange::StoreSkipped);
    }

    pub fn regional_failed(&self, error: &RegionalError) {
        self.count_regional(match error {
            RegionalError::TimedOut(_) => Exchange::TimedOut,
            RegionalError::Resting => Exchange::Resting,
            RegionalError::Redis(_) => Exchange::Failed,
        });
    }

    fn count_regional(&self, exchange: Exchange) {
        self.regional.get_or_create(&Reason { reason: exchange.as_str() }).inc();
    }

    pub fn regional_get_took(&self, duration: Duration) {
        self.regional_seconds.get_or_create(&Operation { operation: "get" }).observe(duration.as_secs_f64());
    }

    pub fn regional_put_took(&self, duration: Duration) {
        self.regional_seconds.get_or_create(&Operation { operation: "put" }).observe(duration.as_secs_f64());
    }

    pub fn purged(&self, source: PurgeSource, strength: Strength) {
        let source = match source {
            PurgeSource::Hand => "hand",
            PurgeSource::Groups => "groups",
        };
        self.purges.get_or_create(&PurgeLabels { source, strength: strength.as_str() }).inc();
    }

    /// `lag` is from its commit to now; `None` for what a start catches up with.
    pub fn event_applied(&self, lag: Option<Duration>) {
        self.events.inc();
        if let Some(lag) = lag {
            self.feed_lag_seconds.observe(lag.as_secs_f64());
        }
    }

    pub fn epoch_began(&self) {
        self.epochs.inc();
    }

    pub fn feed_connected(&self) {
        self.feed_connects.inc();
    }

    pub fn logged(&self) {
        self.log_lines.inc();
    }

    pub fn log_dropped(&self) {
        self.log_dropped.inc();
    }

    /// Takes over what the memory has counted for itself.
    pub fn evicted(&self, evictions: &Evictions) {
        self.evictions.inner().store(evictions.keys.load(Ordering::Relaxed), Ordering::Relaxed);
        self.evicted_bytes.inner().store(evictions.bytes.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The text that Prometheus reads; empty if it cannot be written, which it always can.
    pub fn render(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(_) => String::new(),
        }
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}
