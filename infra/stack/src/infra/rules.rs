//! Prometheus: promtool on rules, their tests, both configurations, and the queries of the dashboards.

use std::fs;
use std::path::{Path, PathBuf};

use super::queries::sources::{self, Kind};
use super::{Ground, TOOL_LIMIT, files_in, no_mistakes};
use crate::error::{Context, Result};
use crate::proc::{Cmd, run};

pub fn check(ground: &Ground) -> Result<String> {
    let folder = ground.infra.join("observability/prometheus");
    let promtool = ground.tool("promtool", ground.tools.promtool())?;
    // Named relative to the folder, as in the configuration.
    let run_in = |arguments: &[&str], files: &[PathBuf]| {
        run(Cmd::new(&promtool.path).dir(&folder).args(arguments).args(files), TOOL_LIMIT)?.success()
    };
    let rules = files_in(&folder.join("rules"), &["yaml"])?;
    run_in(&["check", "rules"], &rules)?;
    run_in(&["check", "config", "central.yaml"], &[])?;
    run_in(&["check", "config", "--agent", "machine.yaml"], &[])?;
    let tests = files_in(&folder.join("tests"), &["yaml"])?;
    run_in(&["test", "rules"], &tests)?;

    let defined = sources::rules(&folder.join("rules"))?;
    let tested = tests.iter().map(|path| ground.read(path)).collect::<Result<String>>()?;
    let alerts: Vec<&str> = defined.iter().filter(|rule| rule.kind == Kind::Alert).map(|rule| rule.name.as_str()).collect();
    let untested = alerts.iter().filter(|name| !tested.contains(**name));
    no_mistakes(&untested.map(|name| format!("no test names the alert {name}")).collect::<Vec<_>>())?;

    let queries = ground.instance.dir.join("dashboards.yaml");
    write_as_rules(&ground.infra.join("observability/grafana"), &queries)?;
    run_in(&["check", "rules"], &[queries])?;
    Ok(format!("{} rules, {} alerts among them, each tested", defined.len(), alerts.len()))
}

/// promtool reads queries only as rules. What Grafana fills in is filled in.
fn write_as_rules(dashboards: &Path, to: &Path) -> Result<()> {
    let mut text = "groups:\n  - name: dashboards\n    rules:\n".to_owned();
    for (number, query) in sources::dashboards(dashboards)?.iter().enumerate().filter(|(_, query)| query.kind == Kind::Panel) {
        let expression = query.expression.replace("$__rate_interval", "5m").replace("$region", ".*");
        // A JSON string is a YAML string.
        let quoted = serde_json::Value::String(expression);
        text.push_str(&format!("      - record: query:number:{number}\n        expr: {quoted}\n"));
    }
    fs::write(to, text).context(|| format!("writing {}", to.display()))
}
