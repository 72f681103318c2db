//! Which metrics there are, with which labels and values: out of the tables that tests compare with the programs.

use std::collections::{BTreeMap, BTreeSet};

use super::promql::Query;

/// What the scrape adds to every series.
pub const OF_THE_SCRAPE: [&str; 4] = ["job", "instance", "region", "machine"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metric {
    pub labels: BTreeSet<String>,
    /// Of the labels whose values are known.
    pub values: BTreeMap<String, BTreeSet<String>>,
    /// The last cell of its row.
    pub note: String,
    /// By a rule: nothing but its own labels is left.
    pub recorded: bool,
}

#[derive(Debug, Default)]
pub struct Catalogue {
    metrics: BTreeMap<String, Metric>,
    /// What `job` may be.
    jobs: BTreeSet<String>,
}

impl Metric {
    pub fn has(&self, label: &str) -> bool {
        self.labels.contains(label) || (!self.recorded && OF_THE_SCRAPE.contains(&label))
    }

    /// All its labels, those of the scrape among them.
    pub fn all_labels(&self) -> BTreeSet<String> {
        let scraped = OF_THE_SCRAPE.iter().filter(|_| !self.recorded).map(|label| (*label).to_owned());
        self.labels.iter().cloned().chain(scraped).collect()
    }
}

impl Catalogue {
    /// Rows of four cells are metrics (name, type, labels, note), rows of three are the values of a label.
    pub fn of_table(text: &str) -> Self {
        let mut catalogue = Self::default();
        for row in text.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            match cells.as_slice() {
                [name, kind, labels, note] => catalogue.add(&quoted(name), kind, &quoted(labels), note),
                [name, label, values] => {
                    let (Some(name), Some(label)) = (quoted(name).pop_first(), quoted(label).pop_first()) else { continue };
                    for suffix in ["", "_bucket", "_sum", "_count"] {
                        if let Some(metric) = catalogue.metrics.get_mut(&format!("{name}{suffix}")) {
                            metric.values.insert(label.clone(), quoted(values));
                        }
                    }
                }
                _ => {}
            }
        }
        catalogue
    }

    fn add(&mut self, names: &BTreeSet<String>, kind: &str, labels: &BTreeSet<String>, note: &str) {
        let Some(name) = names.first() else { return };
        let metric = Metric { labels: labels.clone(), note: note.to_owned(), ..Metric::default() };
        if kind == "histogram" {
            let mut bucket = metric.clone();
            bucket.labels.insert("le".to_owned());
            self.metrics.insert(format!("{name}_bucket"), bucket);
            self.metrics.insert(format!("{name}_sum"), metric.clone());
            self.metrics.insert(format!("{name}_count"), metric);
        } else {
            self.metrics.insert(name.clone(), metric);
        }
    }

    pub fn extend(&mut self, other: Self) {
        self.metrics.extend(other.metrics);
    }

    /// Under which names everything is scraped.
    pub fn scraped_as(&mut self, jobs: BTreeSet<String>) {
        self.jobs = jobs;
    }

    /// The values that a label of a metric has, if they are known.
    pub fn values<'a>(&'a self, metric: &'a Metric, label: &str) -> Option<&'a BTreeSet<String>> {
        let scraped = label == "job" && !metric.recorded;
        if scraped { Some(&self.jobs) } else { metric.values.get(label) }
    }

    pub fn get(&self, name: &str) -> Option<&Metric> {
        self.metrics.get(name)
    }

    pub fn metrics(&self) -> impl Iterator<Item = (&String, &Metric)> {
        self.metrics.iter()
    }

    /// What a rule records: the labels that its query leaves, and those that it sets.
    pub fn record(&mut self, name: &str, query: &Query, set: &[String]) {
        let mut metric = Metric { recorded: true, ..Metric::default() };
        metric.labels.extend(self.left(query));
        metric.labels.extend(set.iter().cloned());
        for from in query.selectors.iter().filter_map(|selector| self.metrics.get(&selector.metric)) {
            for (label, values) in &from.values {
                metric.values.entry(label.clone()).or_default().extend(values.iter().cloned());
            }
        }
        // Several rules may record parts of one metric.
        let known = self.metrics.entry(name.to_owned()).or_insert_with(|| metric.clone());
        known.labels.extend(metric.labels);
    }

    /// The labels that a query's result may carry.
    pub fn left(&self, query: &Query) -> BTreeSet<String> {
        let many_sided = query.selectors.iter().filter_map(|selector| self.metrics.get(&selector.metric)).next_back();
        let whole = query.selectors.iter().filter_map(|selector| self.metrics.get(&selector.metric));
        if query.many_sided {
            // `max(a) - on () group_right () b` keeps those of b, which is written last.
            return many_sided.map(Metric::all_labels).unwrap_or_default();
        }
        if query.aggregates { query.grouping.iter().cloned().collect() } else { whole.flat_map(Metric::all_labels).collect() }
    }
}

/// The words between backticks.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Names and labels in what a program exports.
pub fn exported(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let end = line.find(['{', ' ']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let pairs = rest.strip_prefix('{').and_then(|rest| rest.rsplit_once('}')).map(|(pairs, _)| pairs).unwrap_or_default();
        let labels = pairs.split("\",").filter_map(|pair| pair.split_once("=\"")).map(|(label, _)| label.trim().to_owned());
        found.entry(name.to_owned()).or_default().extend(labels);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::promql;
    use super::*;

    const TABLE: &str = "\
| metric | type | labels | counts |
|---|---|---|---|
| `x_total` | counter | `reason`, `kind` | things |
| `y_seconds` | histogram | | time |

| metric | label | values |
|---|---|---|
| `x_total` | `reason` | `hit`, `miss` |
";

    fn words(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn reads_tables() {
        let catalogue = Catalogue::of_table(TABLE);
        let counter = catalogue.get("x_total").unwrap();
        assert_eq!(counter.labels, words(&["kind", "reason"]));
        assert_eq!(counter.values["reason"], words(&["hit", "miss"]));
        assert!(counter.has("region") && !counter.has("le"));
        assert!(catalogue.get("y_seconds_bucket").unwrap().has("le"));
        assert!(catalogue.get("y_seconds").is_none());
    }

    #[test]
    fn a_recorded_metric_has_what_its_query_leaves() {
        let mut catalogue = Catalogue::of_table(TABLE);
        let query = promql::read("sum by (region, reason) (rate(x_total[5m]))").unwrap();
        catalogue.record("region_reason:x:rate5m", &query, &["planet".to_owned()]);
        let recorded = catalogue.get("region_reason:x:rate5m").unwrap();
        assert_eq!(recorded.labels, words(&["planet", "reason", "region"]));
        assert!(!recorded.has("instance"));
        assert_eq!(recorded.values["reason"], words(&["hit", "miss"]));
    }

    #[test]
    fn reads_what_is_exported() {
        let found = exported("# HELP x y\nx_total{reason=\"a,b\",kind=\"c\"} 1\nx_total{other=\"{}\"} 2\nup 1\n");
        assert_eq!(found["x_total"], words(&["kind", "other", "reason"]));
        assert_eq!(found["up"], words(&[]));
    }
}
