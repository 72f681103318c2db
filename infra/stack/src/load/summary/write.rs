//! The summary as JSON.

use serde_json::{Map, Value, json};

use super::{Check, FORMAT, Held, OriginPoint, Point, Region, Span, Summary, Verdict};
use crate::load::stats::Percentiles;

impl Summary {
    pub fn to_json(&self) -> Value {
        json!({
            "format": FORMAT,
            "workload": self.workload,
            "wan": self.wan,
            "parts": self.parts,
            "commit": self.commit,
            "date": self.date,
            "machine": self.machine,
            "cores": self.cores,
            "seconds": short(self.seconds),
            "busy": short(self.busy),
            "load_share": short(self.load_share),
            "notes": self.notes,
            "regions": self.regions.iter().map(region).collect::<Vec<_>>(),
            "origin": self.origin.iter().map(origin_point).collect::<Vec<_>>(),
            "held": self.held.iter().map(held).collect::<Vec<_>>(),
            "spans": self.spans.iter().map(span).collect::<Vec<_>>(),
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
        })
    }
}

/// Three decimals: a microsecond is finer than anything that is measured here, and the files are read by people.
fn short(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

fn region(region: &Region) -> Value {
    let kinds = region.kinds.iter().map(|(kind, of)| (kind.key().to_owned(), percentiles(of)));
    let cache_status = region.cache_status.iter().map(|(reason, count)| (reason.clone(), json!(count)));
    json!({
        "name": region.name,
        "leg_ms": short(region.leg_ms),
        "origin_rtt_ms": short(region.origin_rtt_ms),
        "promise_ms": short(region.promise_ms),
        "requests": region.requests,
        "errors": region.errors,
        "errors_in_window": region.errors_in_window,
        "kinds": kinds.collect::<Map<_, _>>(),
        "cache_status": cache_status.collect::<Map<_, _>>(),
        "applied_ms": region.applied_ms.as_ref().map(percentiles),
        "visible_ms": region.visible_ms.as_ref().map(percentiles),
        "unconfirmed": region.unconfirmed,
        "origin_requests": region.origin_requests,
        "origin_requests_per_reader_request": region.origin_requests_per_request().map(short),
        "series": region.series.iter().map(point).collect::<Vec<_>>(),
    })
}

fn percentiles(of: &Percentiles) -> Value {
    json!({
        "n": of.n,
        "p50": short(of.p50),
        "p90": short(of.p90),
        "p95": short(of.p95),
        "p99": short(of.p99),
        "max": short(of.max),
    })
}

fn point(point: &Point) -> Value {
    json!({
        "t_s": short(point.t_s),
        "n": point.n,
        "p50": short(point.p50),
        "p95": short(point.p95),
        "p99": short(point.p99),
        "hits": point.hits,
        "errors": point.errors,
    })
}

fn origin_point(point: &OriginPoint) -> Value {
    json!({ "t_s": short(point.t_s), "requests_per_s": short(point.requests_per_s), "cpu_share": short(point.cpu_share) })
}

fn held(held: &Held) -> Value {
    let points = held.points.iter().map(|point| {
        let (memory, descriptors) = (short(point.memory_mb), short(point.descriptors));
        let (stored, lag) = (point.stored_mb.map(short), point.lag_ms.map(short));
        json!({ "t_s": short(point.t_s), "memory_mb": memory, "stored_mb": stored, "descriptors": descriptors, "lag_ms": lag })
    });
    json!({ "name": held.name, "points": points.collect::<Vec<_>>() })
}

fn span(span: &Span) -> Value {
    json!({ "from_s": short(span.from_s), "to_s": short(span.to_s), "what": span.what })
}

fn check(check: &Check) -> Value {
    let (verdict, reason) = match &check.verdict {
        Verdict::Met => ("met", None),
        Verdict::NotMet => ("not_met", None),
        Verdict::Invalid(reason) => ("invalid", Some(reason)),
    };
    json!({
        "what": check.what.key(),
        "region": check.region,
        "limit": short(check.limit.value()),
        "limit_is": check.limit.key(),
        "unit": check.unit.key(),
        "value": check.value.map(short),
        "n": check.n,
        "verdict": verdict,
        "reason": reason,
    })
}
