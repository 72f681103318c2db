//! What an operator asks first: JSON for machines, a table for a browser.

use std::{fmt::Write as _, sync::atomic::Ordering, time::Duration};

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Serialize;

use crate::{epoch::Mode, serve::Edge};

#[derive(Serialize)]
pub struct Status {
    name: String,
    version: &'static str,
    mode: &'static str,
    log: Option<String>,
    pub applied: u64,
    pub confirmed: bool,
    /// How old what this edge knows may be; null for an edge that has never known.
    pub confirmation_age_s: Option<f64>,
    pub origin_failing: bool,
    round_trip_ms: f64,
    uptime_s: u64,
    pub entries: u64,
    pub entry_bytes: u64,
    evictions: u64,
    pub tag_cells: usize,
    ring_floor: u64,
    pub ring_events: usize,
    pub fills_in_flight: usize,
    /// The number of the last purge by hand.
    purges_by_hand: u64,
}

impl Status {
    pub fn of(edge: &Edge, started: Duration) -> Status {
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
            confirmation_age_s: epoch.confirmation_age(now).map(|age| age.as_secs_f64()),
            origin_failing: edge.filler.breaker.is_failing(),
            round_trip_ms: edge.filler.round_trip().as_secs_f64() * 1000.0,
            uptime_s: now.saturating_sub(started).as_secs(),
            entries,
            entry_bytes,
            evictions: epoch.memory.evictions().keys.load(Ordering::Relaxed),
            tag_cells: epoch.tags.cell_count(),
            ring_floor: floor.get(),
            ring_events,
            fills_in_flight: epoch.fills.in_flight(),
            purges_by_hand: epoch.tags.by_hand().applied().get(),
        }
    }

    /// In the form that the request asks for.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        // A browser names HTML; what does not is a program.
        let accepts = request.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        if accepts.flat_map(|value| value.split(',')).any(|range| range.trim().starts_with("text/html")) {
            return Html(self.table()).into_response();
        }
        axum::Json(self).into_response()
    }

    fn table(&self) -> String {
        let name = escaped(&self.name);
        let mut page = format!("<!doctype html><meta charset=utf-8><title>{name}</title><h1>{name}</h1><table>");
        if let Ok(serde_json::Value::Object(rows)) = serde_json::to_value(self) {
            for (row, value) in rows {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                // Writing to a `String` cannot fail.
                let _ = write!(page, "<tr><th align=left>{}<td>{}", escaped(&row), escaped(&value));
            }
        }
        page.push_str("</table>\n");
        page
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
