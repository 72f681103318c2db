//! What the worker counts.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::Tick;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RungLabel {
    rung: &'static str,
}

/// Cheap to clone; clones count together.
#[derive(Clone, Debug, Default)]
pub struct CdnMetrics {
    items: Counter,
    sealed: Family<RungLabel, Counter>,
    submitted: Counter,
    confirmed: Counter,
    dead: Family<ReasonLabel, Counter>,
    retries: Counter,
    queued: Gauge,
}

impl CdnMetrics {
    pub fn register(&self, registry: &mut Registry) {
        registry.register("rcr_cdn_items", "Tags that CloudFront was asked to forget", self.items.clone());
        registry.register("rcr_cdn_batches_sealed", "Batches closed, by how far they were coarsened", self.sealed.clone());
        registry.register("rcr_cdn_requests_submitted", "Invalidations that CloudFront took", self.submitted.clone());
        registry.register("rcr_cdn_requests_confirmed", "Invalidations that CloudFront completed", self.confirmed.clone());
        registry.register("rcr_cdn_requests_dead", "Invalidations given up for the time to live, by reason", self.dead.clone());
        registry.register("rcr_cdn_retries", "Calls that CloudFront did not take", self.retries.clone());
        registry.register("rcr_cdn_queued", "Invalidations waiting to be sent", self.queued.clone());
    }

    pub(super) fn items_submitted(&self, items: usize) {
        self.items.inc_by(items as u64);
    }

    pub(super) fn count(&self, tick: &Tick, queued: i64) {
        if let Some(sealed) = &tick.sealed {
            self.sealed.get_or_create(&RungLabel { rung: sealed.rung.as_str() }).inc();
        }
        for death in &tick.dead {
            self.dead.get_or_create(&ReasonLabel { reason: death.as_str() }).inc();
        }
        self.submitted.inc_by(tick.submitted as u64);
        self.confirmed.inc_by(tick.confirmed as u64);
        self.retries.inc_by(u64::from(tick.retry_in.is_some()));
        self.queued.set(queued);
    }
}
