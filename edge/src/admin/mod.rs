//! Health, metrics, status and purging, on a port of their own.

mod purge;
mod status;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use common::{Rotated, problem::Kind};
use http::{HeaderMap, header};
use prometheus_client::metrics::gauge::Gauge;

use self::status::Status;
use crate::{epoch::Mode, serve::Edge};

/// An edge is ready once it has a head, or after this long without one: readers are better
/// served with marked copies than not at all.
const READY_WITHOUT_HEAD: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Admin {
    edge: Arc<Edge>,
    started: Duration,
    purge_token: Option<Rotated>,
}

/// `purge_token` opens `POST /purge`; without one it stays closed.
pub fn router(edge: Arc<Edge>, purge_token: Option<Rotated>) -> Router {
    let started = edge.filler.clock.now();
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .route("/purge", post(purge::purge))
        .fallback(async || common::Problem::new(NOT_FOUND))
        .method_not_allowed_fallback(async || common::Problem::new(NOT_ALLOWED))
        .with_state(Admin { edge, started, purge_token })
}

const NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here");
const NOT_ALLOWED: Kind = Kind::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This method does nothing here");
const NOT_READY: Kind = Kind::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "No head of the change feed yet");

async fn ready(State(admin): State<Admin>) -> Response {
    let following = matches!(admin.edge.epoch.load().mode, Mode::Following(_) | Mode::Plain);
    let waited = admin.edge.filler.clock.now().saturating_sub(admin.started);
    if following || waited >= READY_WITHOUT_HEAD {
        "ready\n".into_response()
    } else {
        common::Problem::new(NOT_READY).into_response()
    }
}

async fn metrics(State(admin): State<Admin>) -> impl IntoResponse {
    let status = Status::of(&admin.edge, admin.started);
    let metrics = &admin.edge.filler.metrics;
    metrics.evicted(admin.edge.epoch.load().memory.evictions());
    let gauges = &metrics.gauges;
    let set = |gauge: &Gauge, value: u64| {
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
    gauges.confirmation_age.set(status.confirmation_age_s.unwrap_or(f64::NAN));
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.render())
}

async fn status(State(admin): State<Admin>, headers: HeaderMap) -> Response {
    Status::of(&admin.edge, admin.started).answer(&headers)
}
