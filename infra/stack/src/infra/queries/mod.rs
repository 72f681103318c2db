//! Every metric, label and value that a rule or a dashboard names is one that the programs export. What they export stands in
//! tables (`edge/docs/metrics.md`, `origin/docs/metrics.md`) that the programs' own tests compare with them; what they are scraped
//! as, in the configuration of the machines' agents.

pub mod catalogue;
pub mod promql;
pub mod sources;

use std::path::Path;

use self::catalogue::Catalogue;
use self::promql::{Matcher, Query};
use self::sources::{Kind, Source};
use super::{Ground, no_mistakes};
use crate::error::{Context, Result};

const TABLES: [&str; 3] = ["edge/docs/metrics.md", "origin/docs/metrics.md", "infra/observability/foreign.md"];

pub fn check(ground: &Ground) -> Result<String> {
    let (count, mistakes) = mistakes(&ground.root)?;
    no_mistakes(&mistakes)?;
    Ok(format!("{count} queries name only what is exported"))
}

/// How many queries there are, and what is wrong with them.
fn mistakes(root: &Path) -> Result<(usize, Vec<String>)> {
    let mut catalogue = Catalogue::default();
    for table in TABLES {
        let text = std::fs::read_to_string(root.join(table)).context(|| format!("reading {table}"))?;
        catalogue.extend(Catalogue::of_table(&text));
    }
    catalogue.scraped_as(sources::jobs(&root.join("infra/observability/prometheus/machine.yaml"))?);
    let rules = sources::rules(&root.join("infra/observability/prometheus/rules"))?;
    let dashboards = sources::dashboards(&root.join("infra/observability/grafana"))?;
    let mut mistakes = Vec::new();
    // Records first, in their order: alerts and dashboards name them.
    let (records, alerts): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.kind == Kind::Record);
    for source in records.into_iter().chain(alerts).chain(&dashboards) {
        match read(source) {
            Ok(query) => {
                mistakes.extend(judge(&catalogue, source, &query).into_iter().map(|why| format!("{}: {why}", source.name)));
                if source.kind == Kind::Record {
                    catalogue.record(&source.name, &query, &source.set);
                }
            }
            Err(why) => mistakes.push(format!("{}: {why}", source.name)),
        }
    }
    Ok((rules.len() + dashboards.len(), mistakes))
}

/// `vector(1)`, a number for a region or an alert that always fires, names no metric.
fn read(source: &Source) -> std::result::Result<Query, String> {
    if matches!(source.kind, Kind::Record | Kind::Alert) && source.expression.starts_with("vector(") {
        return Ok(Query { aggregates: true, ..Query::default() });
    }
    promql::read(&source.expression)
}

fn judge(catalogue: &Catalogue, source: &Source, query: &Query) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut known_labels: Vec<String> = Vec::new();
    for selector in &query.selectors {
        let Some(metric) = catalogue.get(&selector.metric) else {
            wrong.push(format!("nothing exports {}", selector.metric));
            continue;
        };
        known_labels.extend(metric.all_labels());
        for matcher in &selector.matchers {
            if !metric.has(&matcher.label) {
                wrong.push(format!("{} has no label {}", selector.metric, matcher.label));
            } else if let Some(values) = catalogue.values(metric, &matcher.label) {
                let unknown = named(matcher).into_iter().filter(|value| !values.contains(*value));
                wrong.extend(unknown.map(|value| format!("{}{{{}}} is never {value}", selector.metric, matcher.label)));
            }
        }
    }
    let grouped = query.grouping.iter().filter(|label| !known_labels.contains(label));
    wrong.extend(grouped.map(|label| format!("groups by {label}, which none of its metrics has")));
    let left = catalogue.left(query);
    let shown = source.shown.iter().filter(|label| !left.contains(*label) && !source.set.contains(label));
    wrong.extend(shown.map(|label| format!("shows {label}, which its query does not leave")));
    wrong
}

/// The values that a matcher names; none if it is a pattern, or a dashboard's variable.
fn named(matcher: &Matcher) -> Vec<&str> {
    let plain = |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || [b'-', b'_', b'|'].contains(&byte));
    match matcher.operator.as_str() {
        "=" | "!=" if !matcher.value.is_empty() && !matcher.value.contains('$') => vec![matcher.value.as_str()],
        "=~" | "!~" if plain(&matcher.value) => matcher.value.split('|').collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_of_rules_and_dashboards_names_only_what_is_exported() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let (count, mistakes) = mistakes(&root).unwrap();
        assert_eq!(mistakes, Vec::<String>::new());
        assert!(count > 80, "only {count} queries were found");
    }

    #[test]
    fn says_what_is_wrong_with_a_query() {
        let mut catalogue = Catalogue::of_table(
            "| `x_total` | counter | `reason` | things |\n| `x_total` | `reason` | `hit`, `miss` |\n| `y_seconds` | histogram | | time |\n",
        );
        catalogue.scraped_as(["edge".to_owned()].into());
        catalogue.record("region:x", &promql::read("sum by (region) (x_total)").unwrap(), &[]);
        let wrong = |expression: &str, shown: &[&str]| {
            let shown = shown.iter().map(|label| (*label).to_owned()).collect();
            let source = Source { kind: Kind::Panel, name: "p".into(), expression: expression.into(), set: vec![], shown };
            judge(&catalogue, &source, &read(&source).unwrap()).join("; ")
        };
        assert_eq!(wrong(r#"sum by (region) (x_total{reason=~"hit|miss", region=~"$region"})"#, &["region"]), "");
        assert_eq!(wrong("x_total", &["machine", "reason"]), "");
        assert_eq!(wrong("z_total", &[]), "nothing exports z_total");
        assert_eq!(wrong("y_seconds", &[]), "nothing exports y_seconds");
        assert_eq!(wrong(r#"x_total{reason="hot"}"#, &[]), "x_total{reason} is never hot");
        assert_eq!(wrong(r#"x_total{job="edge"}"#, &[]), "");
        assert_eq!(wrong(r#"x_total{job="edges"}"#, &[]), "x_total{job} is never edges");
        assert_eq!(wrong(r#"x_total{route="a"}"#, &[]), "x_total has no label route");
        assert_eq!(wrong("sum by (route) (x_total)", &["route"]), "groups by route, which none of its metrics has");
        assert_eq!(wrong("sum by (reason) (x_total)", &["region"]), "shows region, which its query does not leave");
        assert_eq!(wrong(r#"region:x{machine="a"}"#, &[]), "region:x has no label machine");
    }
}
