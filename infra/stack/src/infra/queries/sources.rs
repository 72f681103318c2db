//! The queries of rules and dashboards.
//!
//! Rules are YAML, and read line by line: promtool has judged the YAML, and the project's own files keep to one form.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::super::files_in;
use crate::error::{Context, Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Record,
    Alert,
    Panel,
    /// What a dashboard offers to choose from.
    Variable,
}

#[derive(Debug)]
pub struct Source {
    pub kind: Kind,
    /// A rule's, or the dashboard's with the panel's.
    pub name: String,
    pub expression: String,
    /// Labels that a rule sets.
    pub set: Vec<String>,
    /// Labels that a text shows.
    pub shown: Vec<String>,
}

pub fn rules(folder: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in files_in(folder, &["yaml"])? {
        let text = fs::read_to_string(&path).context(|| format!("reading {}", path.display()))?;
        found.extend(rules_in(&text).map_err(|why| Error::failed(format!("{}: {why}", path.display())))?);
    }
    Ok(found)
}

fn rules_in(text: &str) -> std::result::Result<Vec<Source>, String> {
    let mut found: Vec<Source> = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let content = line.trim_start();
        let begun = [("- record: ", Kind::Record), ("- alert: ", Kind::Alert)];
        let begun = begun.into_iter().find_map(|(mark, kind)| Some((kind, content.strip_prefix(mark)?)));
        if let Some((kind, name)) = begun {
            found.push(Source { kind, name: name.to_owned(), expression: String::new(), set: Vec::new(), shown: Vec::new() });
            continue;
        }
        let Some(rule) = found.last_mut() else { continue };
        if let Some(expression) = content.strip_prefix("expr: ") {
            rule.expression = expression.to_owned();
            if expression == "|" {
                let depth = line.len() - content.len();
                let deeper = |next: &&str| next.len() - next.trim_start().len() > depth;
                rule.expression = std::iter::from_fn(|| lines.next_if(deeper)).collect::<Vec<_>>().join("\n");
            }
        } else if let Some(labels) = content.strip_prefix("labels: ") {
            let pairs = labels.trim_matches(['{', '}', ' ']).split(',').filter_map(|pair| pair.split_once(':'));
            rule.set = pairs.map(|(label, _)| label.trim().to_owned()).collect();
        }
        rule.shown.extend(after(content, "$labels."));
    }
    match found.iter().find(|rule| rule.expression.is_empty() || rule.expression.starts_with(['"', '\'', '>'])) {
        Some(rule) => Err(format!("{} has no expr in plain text or after |", rule.name)),
        None => Ok(found),
    }
}

/// The names under which a configuration scrapes.
pub fn jobs(configuration: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(configuration).context(|| format!("reading {}", configuration.display()))?;
    let jobs: BTreeSet<_> =
        text.lines().filter_map(|line| Some(line.trim_start().strip_prefix("- job_name: ")?.to_owned())).collect();
    if jobs.is_empty() { Err(Error::failed(format!("{} scrapes nothing", configuration.display()))) } else { Ok(jobs) }
}

/// The words that follow `mark`.
fn after(text: &str, mark: &str) -> Vec<String> {
    let word = |rest: &str| rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').next().map(str::to_owned);
    text.split(mark).skip(1).filter_map(word).collect()
}

pub fn dashboards(folder: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in files_in(folder, &["json"])? {
        let text = fs::read_to_string(&path).context(|| format!("reading {}", path.display()))?;
        let wrong = |why: String| Error::failed(format!("{}: {why}", path.display()));
        let dashboard: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        found.extend(queries_of(&dashboard).map_err(wrong)?);
    }
    Ok(found)
}

fn queries_of(dashboard: &Value) -> std::result::Result<Vec<Source>, String> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
    let title = text(dashboard, "title");
    let mut found = Vec::new();
    for variable in list(dashboard, "/templating/list").iter().filter(|variable| text(variable, "type") == "query") {
        let query = text(variable, "query");
        let inner =
            query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).and_then(|rest| rest.rsplit_once(','));
        let (expression, label) = inner.ok_or_else(|| format!("the variable asks {query}, not label_values(metric, label)"))?;
        found.push(Source {
            kind: Kind::Variable,
            name: format!("{title}: ${}", text(variable, "name")),
            expression: expression.trim().to_owned(),
            set: Vec::new(),
            shown: vec![label.trim().to_owned()],
        });
    }
    let panels = list(dashboard, "/panels");
    well_placed(&panels)?;
    for panel in &panels {
        let name = format!("{title}: {}", text(panel, "title"));
        if text(panel, "title").is_empty() || panel.pointer("/fieldConfig/defaults/unit").is_none() {
            return Err(format!("{name}: a panel has a title and a unit"));
        }
        let targets = list(panel, "/targets");
        if targets.is_empty() {
            return Err(format!("{name}: asks nothing"));
        }
        for target in targets {
            let shown = after(&text(&target, "legendFormat"), "{{");
            found.push(Source {
                kind: Kind::Panel,
                name: name.clone(),
                expression: text(&target, "expr"),
                set: Vec::new(),
                shown,
            });
        }
    }
    Ok(found)
}

/// Every panel has its own number and its own place in a grid of 24 columns.
fn well_placed(panels: &[Value]) -> std::result::Result<(), String> {
    let number = |panel: &Value, path: &str| panel.pointer(path).and_then(Value::as_u64).unwrap_or(u64::MAX / 4);
    let place = |panel: &Value| ["x", "y", "w", "h"].map(|side| number(panel, &format!("/gridPos/{side}")));
    for (index, panel) in panels.iter().enumerate() {
        let [x, y, w, h] = place(panel);
        if x + w > 24 {
            return Err(format!("panel {index} is wider than the grid"));
        }
        for other in panels.iter().take(index) {
            let [ox, oy, ow, oh] = place(other);
            if number(panel, "/id") == number(other, "/id") || (x < ox + ow && ox < x + w && y < oy + oh && oy < y + h) {
                return Err(format!("panel {index} has another one's number or place"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rules() {
        let text = "\
groups:
  - name: g
    rules:
      - record: a:b
        expr: sum(x)
        labels: { region: sa, of: plan }
      - alert: Down
        expr: |
          up
            == 0
        for: 1m
        annotations:
          summary: '{{ $labels.region }} is down'
";
        let rules = rules_in(text).unwrap();
        let [record, alert] = rules.as_slice() else { panic!("{rules:?}") };
        assert_eq!((record.name.as_str(), record.expression.as_str()), ("a:b", "sum(x)"));
        assert_eq!(record.set, ["region", "of"]);
        assert_eq!(alert.expression.split_whitespace().collect::<Vec<_>>(), ["up", "==", "0"]);
        assert_eq!(alert.shown, ["region"]);
        assert!(rules_in("- alert: A\n  expr: \"up\"\n").is_err());
    }

    #[test]
    fn reads_dashboards() {
        let panel = |id: u64, x: u64| {
            serde_json::json!({"id": id, "title": "P", "gridPos": {"x": x, "y": 0, "w": 12, "h": 8},
                "fieldConfig": {"defaults": {"unit": "s"}}, "targets": [{"expr": "sum by (a) (x)", "legendFormat": "{{a}} of"}]})
        };
        let dashboard = serde_json::json!({"title": "D", "panels": [panel(1, 0), panel(2, 12)],
            "templating": {"list": [{"type": "query", "name": "r", "query": "label_values(y, region)"}]}});
        let queries = queries_of(&dashboard).unwrap();
        assert_eq!(
            queries.iter().map(|query| query.expression.as_str()).collect::<Vec<_>>(),
            ["y", "sum by (a) (x)", "sum by (a) (x)"]
        );
        assert_eq!(queries[0].shown, ["region"]);
        assert_eq!(queries[1].shown, ["a"]);
        assert!(queries_of(&serde_json::json!({"panels": [panel(1, 0), panel(2, 11)]})).is_err());
        assert!(queries_of(&serde_json::json!({"panels": [panel(1, 0), panel(1, 12)]})).is_err());
    }
}
