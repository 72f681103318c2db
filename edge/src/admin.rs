//! Health, metrics and status, on a port of their own.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use http::header;
use serde::Serialize;

use crate::{epoch::Mode, serve::Edge};

/// An edge is ready once it has a head, or after this long without one: readers are better
/// served with marked copies than not at all.
const READY_WITHOUT_HEAD: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Admin {
    edge: Arc<Edge>,
    started: Duration,
}

pub fn router(edge: Arc<Edge>) -> Router {
    let started = edge.filler.clock.now();
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .fallback(async || common::Problem::new(NOT_FOUND))
        .with_state(Admin { edge, started })
}

const NOT_FOUND: common::problem::Kind = common::problem::Kind::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here");
const NOT_READY: common::problem::Kind =
    common::problem::Kind::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "No head of the change feed yet");

async fn ready(State(admin): State<Admin>) -> axum::response::Response {
    let following = matches!(admin.edge.epoch.load().mode, Mode::Following(_) | Mode::Plain);
    let waited = admin.edge.filler.clock.now().saturating_sub(admin.started);
    if following || waited >= READY_WITHOUT_HEAD {
        "ready\n".into_response()
    } else {
        common::Problem::new(NOT_READY).into_response()
    }
}

async fn metrics(State(admin): State<Admin>) -> impl IntoResponse {
    let status = Status::of(&admin);
    let gauges = &admin.edge.filler.metrics.gauges;
    let set = |gauge: &prometheus_client::metrics::gauge::Gauge, value: u64| {
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    };
    set(&gauges.entries, status.entries);
    set(&gauges.entry_bytes, status.entry_bytes);
    set(&gauges.cells, status.tag_cells as u64);
    set(&gauges.ring_events, status.ring_events as u64);
    set(&gauges.fills_in_flight, status.fills_in_flight as u64);
    set(&gauges.applied, status.applied);
    set(&gauges.confirmed, status.confirmed.into());
    set(&gauges.breaker_failing, status.origin_failing.into());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], admin.edge.filler.metrics.render())
}

/// What an operator asks first.
#[derive(Serialize)]
struct Status {
    name: String,
    version: &'static str,
    mode: &'static str,
    log: Option<String>,
    applied: u64,
    confirmed: bool,
    origin_failing: bool,
    round_trip_ms: f64,
    uptime_s: u64,
    entries: u64,
    entry_bytes: u64,
    tag_cells: usize,
    ring_floor: u64,
    ring_events: usize,
    fills_in_flight: usize,
}

impl Status {
    fn of(admin: &Admin) -> Status {
        let edge = &admin.edge;
        let epoch = edge.epoch.load_full();
        let now = edge.filler.clock.now();
        epoch.memory.maintain();
        let (entries, entry_bytes) = epoch.memory.extent();
        let (floor, ring_events) = epoch.tags.ring_extent();
        Status {
            name: edge.settings.name.to_string(),
            version: env!("CARGO_PKG_VERSION"),
            mode: match epoch.mode {
                Mode::Waiting => "waiting",
                Mode::Blind(_) => "blind",
                Mode::Following(_) => "following",
                Mode::Plain => "plain",
            },
            log: epoch.log().map(|log| log.to_string()),
            applied: epoch.tags.applied().get(),
            confirmed: epoch.is_confirmed(now),
            origin_failing: edge.filler.breaker.is_failing(),
            round_trip_ms: edge.filler.round_trip().as_secs_f64() * 1000.0,
            uptime_s: now.saturating_sub(admin.started).as_secs(),
            entries,
            entry_bytes,
            tag_cells: epoch.tags.cell_count(),
            ring_floor: floor.get(),
            ring_events,
            fills_in_flight: epoch.fills.in_flight(),
        }
    }
}

async fn status(State(admin): State<Admin>) -> Json<Status> {
    Json(Status::of(&admin))
}
