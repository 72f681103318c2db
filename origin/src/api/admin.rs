//! The admin port: for whoever runs the origin, not for readers or editors.

use std::time::Duration;

use axum::{Router, extract::State, routing::get};
use http::{StatusCode, header};

use super::limits::READY_WAIT_MS_MAX;
use crate::state::AppState;

/// The text format that prometheus-client writes.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(state)
}

/// Ready when the database answers, quickly.
async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match tokio::time::timeout(Duration::from_millis(READY_WAIT_MS_MAX), state.db.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached\n")
        }
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database is slow\n"),
    }
}

async fn metrics(State(state): State<AppState>) -> ([(header::HeaderName, &'static str); 1], String) {
    state.api.metrics.feed_connections.set(i64::try_from(state.feed.open_count()).unwrap_or(i64::MAX));
    ([(header::CONTENT_TYPE, OPENMETRICS)], state.api.metrics.render())
}
