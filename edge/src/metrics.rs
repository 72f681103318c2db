//! What the edge counts, in Prometheus's text format.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::{
    cache_status::Disposition,
    fill::{Answer, Failure, Outcome, Source},
    regional::RegionalError,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// Origin latencies: from a neighbour (1 ms) to the fill limit and beyond.
const LATENCY_BUCKETS_S: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0];

/// All metrics of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Reason, Counter>,
    /// The one label that every hit needs, looked up once.
    hits: Counter,
    fills: Family<Reason, Counter>,
    fill_seconds: Histogram,
    stalls: Counter,
    refused: Family<Reason, Counter>,
    regional: Family<Reason, Counter>,
    events: Counter,
    epochs: Counter,
    feed_connects: Counter,
    pub gauges: Gauges,
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
    pub breaker_failing: Gauge,
}

impl Metrics {
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("edge");
        let requests = Family::<Reason, Counter>::default();
        let fills = Family::<Reason, Counter>::default();
        let regional = Family::<Reason, Counter>::default();
        let fill_seconds = Histogram::new(LATENCY_BUCKETS_S);
        let (events, epochs, feed_connects) = (Counter::default(), Counter::default(), Counter::default());
        let (stalls, refused) = (Counter::default(), Family::<Reason, Counter>::default());
        let gauges = Gauges::default();
        registry.register("fill_stalls", "Fills whose waiters were released before they ended", stalls.clone());
        registry.register("misses_refused", "Requests that were not let through to the origin, by the limit", refused.clone());
        registry.register("requests", "Requests by what was done with them", requests.clone());
        registry.register("fills", "Fills by how they ended", fills.clone());
        registry.register_with_unit("fill", "From asking the origin to its answer", Unit::Seconds, fill_seconds.clone());
        registry.register("regional", "Exchanges with the regional Redis by result", regional.clone());
        registry.register("events_applied", "Events of the change feed applied", events.clone());
        registry.register("epochs", "Times that everything stored was given up", epochs.clone());
        registry.register("feed_connects", "Connections opened to the change feed", feed_connects.clone());
        registry.register("entries", "Keys in memory", gauges.entries.clone());
        registry.register_with_unit("entry", "Bytes of memory that entries take", Unit::Bytes, gauges.entry_bytes.clone());
        registry.register("tag_cells", "Tags that stored entries carry", gauges.cells.clone());
        registry.register("ring_events", "Events kept to judge old answers by", gauges.ring_events.clone());
        registry.register("fills_in_flight", "Fills under way", gauges.fills_in_flight.clone());
        registry.register("applied_seq", "The highest event applied", gauges.applied.clone());
        registry.register("confirmed", "1 while the applied number is known to be current", gauges.confirmed.clone());
        registry.register("breaker_failing", "1 while the last request to the origin failed", gauges.breaker_failing.clone());
        let hits = requests.get_or_create_owned(&Reason { reason: "hit" });
        Metrics {
            registry,
            requests,
            hits,
            fills,
            fill_seconds,
            stalls,
            refused,
            regional,
            events,
            epochs,
            feed_connects,
            gauges,
        }
    }

    pub fn answered(&self, disposition: &Disposition) {
        match disposition {
            Disposition::Hit { .. } => drop(self.hits.inc()),
            other => drop(self.requests.get_or_create(&Reason { reason: other.label() }).inc()),
        }
    }

    pub fn fill_ended(&self, outcome: &Outcome) {
        let reason = match outcome {
            Outcome::Answer(Answer { source: Source::Memory, .. }) => "stored-meanwhile",
            Outcome::Answer(answer) => match answer.stored {
                Ok(()) => "stored",
                Err(reason) => reason.as_str(),
            },
            Outcome::Unshareable(reason) => reason.as_str(),
            Outcome::Failed { failure, .. } => failure.as_str(),
            Outcome::Abandoned => "abandoned",
        };
        self.fills.get_or_create(&Reason { reason }).inc();
    }

    pub fn fill_stalled(&self) {
        self.stalls.inc();
    }

    /// Counts it if a limit was the reason.
    pub fn miss_refused(&self, failure: Failure) {
        if failure.is_refusal() {
            self.refused.get_or_create(&Reason { reason: failure.as_str() }).inc();
        }
    }

    pub fn fill_took(&self, duration: Duration) {
        self.fill_seconds.observe(duration.as_secs_f64());
    }

    pub fn regional_read(&self, found: bool) {
        self.count_regional(if found { "found" } else { "absent" });
    }

    pub fn regional_stored(&self) {
        self.count_regional("stored");
    }

    pub fn regional_store_skipped(&self) {
        self.count_regional("store-skipped");
    }

    pub fn regional_failed(&self, error: &RegionalError) {
        self.count_regional(match error {
            RegionalError::TimedOut(_) => "timed-out",
            RegionalError::Resting => "resting",
            RegionalError::Redis(_) => "failed",
        });
    }

    fn count_regional(&self, reason: &'static str) {
        self.regional.get_or_create(&Reason { reason }).inc();
    }

    pub fn event_applied(&self) {
        self.events.inc();
    }

    pub fn epoch_began(&self) {
        self.epochs.inc();
    }

    pub fn feed_connected(&self) {
        self.feed_connects.inc();
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
