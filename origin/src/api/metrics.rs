//! What the origin counts, as Prometheus reads it.

use std::{sync::atomic::AtomicI64, sync::atomic::Ordering, time::Duration};

use common::Seq;
use http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Upper bounds of the duration buckets, in seconds: a page is made in milliseconds, a
/// photograph in seconds.
const DURATION_BUCKETS_S: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The label of a request that met no route: paths are chosen by strangers.
const NO_ROUTE: &str = "none";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

/// Clones of a metric share its value.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    /// Feeds that are being written to now.
    pub feed_connections: Gauge,
    /// Editorial writes that took a number.
    pub writes: Counter,
    /// See [`super::rendering`].
    pub html_kept_bytes: Gauge,
    /// The highest number this process has seen.
    head_seq: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("origin");
        let requests = Family::<RequestLabels, Counter>::default();
        registry.register("http_requests", "Requests answered, by route and status", requests.clone());
        let durations =
            Family::<RouteLabels, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(DURATION_BUCKETS_S));
        registry.register("http_request_duration_seconds", "From the request's head to the answer's head", durations.clone());
        let feed_connections = Gauge::default();
        registry.register("feed_connections", "Edges connected to the change feed", feed_connections.clone());
        let writes = Counter::default();
        registry.register("writes", "Writes that took a number", writes.clone());
        let html_kept_bytes = Gauge::default();
        registry.register("html_kept_bytes", "Rendered manuscripts that are kept", html_kept_bytes.clone());
        let head_seq = Gauge::<i64, AtomicI64>::default();
        registry.register("head_seq", "The highest number seen", head_seq.clone());
        Metrics { registry, requests, durations, feed_connections, writes, html_kept_bytes, head_seq }
    }
}

impl Metrics {
    pub fn answered(&self, method: &Method, route: Option<&'static str>, status: StatusCode, took: Duration) {
        let route = route.unwrap_or(NO_ROUTE);
        let labels = RequestLabels { method: method_label(method), route, status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// Remembers the highest number.
    pub fn saw_head(&self, seq: Seq) {
        self.head_seq.inner().fetch_max(seq.to_i64(), Ordering::Relaxed);
    }

    /// For a part of the program that counts for itself.
    pub fn registry_mut(&mut self) -> &mut Registry {
        &mut self.registry
    }

    pub fn render(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing into a string cannot fail.
            text.clear();
        }
        text
    }
}

/// Methods are chosen by strangers too.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
