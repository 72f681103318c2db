//! `edge/docs/metrics.md` lists every metric that the program exports, with its labels, and no other.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use edge::{
    cache_status::Disposition,
    fill::Outcome,
    follow::Walk,
    listen::GivenUp,
    metrics::{Metrics, PurgeSource},
    regional::RegionalError,
    serve::Fetched,
    tags::Strength,
};

use crate::seeing_documented::{said_by, source_of};

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The words between backticks.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of the tables, cell by cell, without the heads.
fn rows(columns: usize) -> Vec<Vec<String>> {
    let rows = file("docs/metrics.md");
    let rows = rows.lines().filter(|line| line.starts_with("| `edge_"));
    let rows = rows.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    rows.filter(|row| row.len() == columns).collect()
}

/// Everything that has labels has counted something: until then it is not shown.
fn touched() -> String {
    let metrics = Metrics::new();
    metrics.answered(&Disposition::Local, Some(1));
    metrics.refused("client-rate");
    metrics.connections.given_up(GivenUp::Idle);
    metrics.fill_ended(&Outcome::Abandoned);
    metrics.regional_failed(&RegionalError::Resting);
    metrics.regional_get_took(Duration::from_millis(1));
    metrics.purged(PurgeSource::Hand, Strength::Hard);
    metrics.fetched_ahead(Fetched::Stored);
    metrics.refreshed_ahead(Fetched::Stored);
    metrics.walked(Walk::Done);
    metrics.render()
}

/// Name as in the documentation, with its type and labels.
type Listed = BTreeMap<String, (String, BTreeSet<String>)>;

fn exported() -> Listed {
    let (mut listed, mut current) = (Listed::new(), String::new());
    for line in touched().lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (family, kind) = typed.split_once(' ').unwrap();
            current = match kind {
                "counter" => format!("{family}_total"),
                "info" => format!("{family}_info"),
                _ => family.to_owned(),
            };
            listed.insert(current.clone(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#')
            && let Some((_, labels)) = line.split_once('{')
        {
            let names = labels.split("=\"").filter_map(|before| before.rsplit([',', '"', '{']).next());
            let names = names.filter(|name| !name.is_empty() && *name != "le" && !name.contains('}'));
            listed.get_mut(&current).unwrap().1.extend(names.map(str::to_owned));
        }
    }
    listed
}

#[test]
fn every_metric_is_listed_with_its_type_and_labels() {
    let listed: Listed =
        rows(4).into_iter().map(|row| (quoted(&row[0]).pop_first().unwrap(), (row[1].clone(), quoted(&row[2])))).collect();
    assert_eq!(listed, exported(), "left as listed");
    // A family that is registered, and that the test above does not touch, is not exported there.
    let registered = ["src/metrics.rs", "src/listen/metrics.rs"].map(file).join("");
    let registered = registered.matches(".register(").count() + registered.matches(".register_with_unit(").count();
    // One of them hands the connections' registry on.
    assert_eq!(listed.len(), registered - 1);
}

/// The words of the failures that are a limit's doing.
fn refusals() -> BTreeSet<String> {
    let (words, kinds) = (source_of("Failure", "as_str"), source_of("Failure", "is_refusal"));
    let refusing: BTreeSet<&str> = kinds.split("=> true").next().unwrap().split_whitespace().collect();
    let arms = words.lines().filter_map(|line| line.trim().strip_suffix("\",")?.split_once(" => \""));
    arms.filter(|(failure, _)| refusing.contains(failure)).map(|(_, word)| word.to_owned()).collect()
}

#[test]
fn every_value_of_a_label_is_listed() {
    let listed = |metric: &str, label: &str| {
        let row = rows(3).into_iter().find(|row| row[0] == format!("`{metric}`") && row[1] == format!("`{label}`"));
        quoted(&row.unwrap_or_else(|| panic!("{metric} {label}"))[2])
    };
    let words =
        |types: &[(&str, &str)]| -> BTreeSet<String> { types.iter().flat_map(|(name, method)| said_by(name, method)).collect() };
    let requests = words(&[("Disposition", "label"), ("Marked", "as_str"), ("Forward", "as_str")]);
    assert_eq!(listed("edge_requests_total", "reason"), requests);
    assert_eq!(listed("edge_requests_refused_total", "reason"), refusals());
    let fills = words(&[("Outcome", "label"), ("NotStored", "as_str"), ("Failure", "as_str")]);
    assert_eq!(listed("edge_fills_total", "reason"), fills);
    assert_eq!(listed("edge_regional_total", "reason"), words(&[("Exchange", "as_str")]));
    assert_eq!(listed("edge_connections_given_up_total", "reason"), words(&[("GivenUp", "as_str")]));
    assert_eq!(listed("edge_prefetches_total", "reason"), words(&[("Fetched", "as_str")]));
    assert_eq!(listed("edge_refreshes_ahead_total", "reason"), words(&[("Fetched", "as_str")]));
    assert_eq!(listed("edge_prefetch_walks_total", "reason"), words(&[("Walk", "as_str")]));
    assert_eq!(listed("edge_purges_total", "strength"), words(&[("Strength", "as_str")]));
}

/// What cannot be read out of the source is asked of the program.
#[test]
fn the_program_says_no_other_values_of_labels() {
    let listed: BTreeSet<(String, String)> = rows(3)
        .into_iter()
        .flat_map(|row| quoted(&row[2]).into_iter().map(move |value| (row[0].trim_matches('`').to_owned(), value)))
        .collect();
    for line in touched().lines().filter(|line| !line.starts_with('#') && line.contains('{')) {
        let (name, labels) = line.split_once('{').unwrap();
        let name = name.trim_end_matches("_count").trim_end_matches("_sum").trim_end_matches("_bucket");
        for (label, value) in labels.split('}').next().unwrap().split(',').filter_map(|pair| pair.split_once('=')) {
            let value = value.trim_matches('"').to_owned();
            assert!(["le", "version"].contains(&label) || listed.contains(&(name.to_owned(), value.clone())), "{line}");
        }
    }
}
