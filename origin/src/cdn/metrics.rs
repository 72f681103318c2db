//! What the worker counts.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::{Death, Tick};

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
        registry.register("cdn_items", "Tags that CloudFront was asked to forget", self.items.clone());
        registry.register("cdn_batches_sealed", "Batches closed, by how far they were coarsened", self.sealed.clone());
        registry.register("cdn_requests_submitted", "Invalidations that CloudFront took", self.submitted.clone());
        registry.register("cdn_requests_confirmed", "Invalidations that CloudFront completed", self.confirmed.clone());
        // From zero on: the first of a reason would otherwise be the series' first value, and no increase.
        for death in Death::ALL {
            drop(self.dead.get_or_create(&ReasonLabel { reason: death.as_str() }));
        }
        registry.register("cdn_requests_dead", "Invalidations given up for the time to live, by reason", self.dead.clone());
        registry.register("cdn_retries", "Calls that CloudFront did not take", self.retries.clone());
        registry.register("cdn_queued", "Invalidations waiting to be sent", self.queued.clone());
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

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        time::Duration,
    };

    use http::{Method, StatusCode};

    use super::*;
    use crate::{api::metrics::Metrics, cdn::Rung};

    const DOCUMENTATION: &str = include_str!("../../docs/metrics.md");

    /// The words between backticks.
    fn quoted(cell: &str) -> BTreeSet<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// The rows of the tables, cell by cell, without the heads.
    fn rows(columns: usize) -> Vec<Vec<&'static str>> {
        let rows = DOCUMENTATION.lines().filter(|line| line.starts_with("| `origin_"));
        let rows = rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
        rows.filter(|row| row.len() == columns).collect()
    }

    /// Of all parts of the program; what has labels has counted something, for until then it is not shown.
    fn rendered() -> String {
        let (mut metrics, cdn) = (Metrics::default(), CdnMetrics::default());
        cdn.register(metrics.registry_mut());
        metrics.answered(&Method::GET, Some("/v1/reviews"), StatusCode::OK, Duration::from_millis(2));
        cdn.sealed.get_or_create(&RungLabel { rung: Rung::All.as_str() }).inc();
        metrics.render()
    }

    #[test]
    fn every_metric_is_documented_with_its_type_and_labels() {
        let (mut exported, mut current) = (BTreeMap::new(), String::new());
        for line in rendered().lines() {
            if let Some(typed) = line.strip_prefix("# TYPE ") {
                let (family, kind) = typed.split_once(' ').unwrap();
                current = if kind == "counter" { format!("{family}_total") } else { family.to_owned() };
                exported.insert(current.clone(), (kind.to_owned(), BTreeSet::new()));
            } else if !line.starts_with('#')
                && let Some((_, labels)) = line.split_once('{')
            {
                let pairs = labels.split("\",").filter_map(|pair| pair.split_once("=\""));
                let names = pairs.map(|(name, _)| name.to_owned()).filter(|name| name != "le");
                exported.get_mut(&current).unwrap().1.extend(names);
            }
        }
        let documented: BTreeMap<_, _> =
            rows(4).into_iter().map(|row| (quoted(row[0]).pop_first().unwrap(), (row[1].to_owned(), quoted(row[2])))).collect();
        assert_eq!(documented, exported, "left as documented");
        // A family that is registered and not touched above is not exported there.
        let sources = [include_str!("metrics.rs"), include_str!("../api/metrics.rs")];
        let registered: usize = sources.iter().map(|source| source.matches("registry.register(\"").count()).sum();
        assert_eq!(documented.len(), registered);
    }

    #[test]
    fn invalidations_given_up_begin_with_zeros() {
        let (mut metrics, cdn) = (Metrics::default(), CdnMetrics::default());
        cdn.register(metrics.registry_mut());
        let fresh = metrics.render();
        for death in Death::ALL {
            let line = format!("origin_cdn_requests_dead_total{{reason=\"{}\"}} 0", death.as_str());
            assert!(fresh.lines().any(|said| said == line), "{line} in {fresh}");
        }
    }

    #[test]
    fn every_value_of_a_label_is_documented() {
        let documented = |metric: &str| {
            let row = rows(3).into_iter().find(|row| row[0] == format!("`{metric}`"));
            quoted(row.unwrap_or_else(|| panic!("{metric}"))[2])
        };
        let rungs = [Rung::Exact, Rung::Collections, Rung::All].map(|rung| rung.as_str().to_owned());
        assert_eq!(documented("origin_cdn_batches_sealed_total"), BTreeSet::from(rungs));
        let deaths = Death::ALL.map(|death| death.as_str().to_owned());
        assert_eq!(documented("origin_cdn_requests_dead_total"), BTreeSet::from(deaths));
    }
}
