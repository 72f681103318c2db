//! Prometheus: promtool on rules, their tests, the configurations, and the queries of the dashboards.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::queries::sources::{self, Kind};
use super::{Ground, TOOL_LIMIT, files_in, no_mistakes, on_the_machine};
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
    let cluster = without_discovery(ground, &folder.join("cluster.yaml"))?;
    run_in(&["check", "config", "--agent", "machine.yaml"], &[cluster])?;
    let tests = files_in(&folder.join("tests"), &["yaml"])?;
    run_in(&["test", "rules"], &tests)?;

    let defined = sources::rules(&folder.join("rules"))?;
    let mut seen = BTreeSet::new();
    for path in &tests {
        seen.extend(seen_firing(&ground.read(path)?));
    }
    let alerts: Vec<&str> = defined.iter().filter(|rule| rule.kind == Kind::Alert).map(|rule| rule.name.as_str()).collect();
    let unseen = alerts.iter().filter(|name| !seen.contains(**name));
    no_mistakes(&unseen.map(|name| format!("no test sees the alert {name} fire")).collect::<Vec<_>>())?;

    let queries = ground.instance.dir.join("dashboards.yaml");
    write_as_rules(&ground.infra.join("observability/grafana"), &queries)?;
    run_in(&["check", "rules"], &[queries])?;
    let web = with_a_certificate(ground, &folder.join("web.yaml"))?;
    run_in(&["check", "web-config"], &[web])?;
    Ok(format!("{} rules, {} alerts among them, each seen firing by a test", defined.len(), alerts.len()))
}

/// The alerts of which a test says what they look like when they fire. A name alone may be there to say that it does not.
fn seen_firing(tests: &str) -> BTreeSet<String> {
    let (mut found, mut current) = (BTreeSet::new(), None);
    for line in tests.lines().map(str::trim_start) {
        if let Some((_, rest)) = line.split_once("alertname: ") {
            current = rest.split([',', ' ', '}']).next();
        } else if line.starts_with("- exp_labels:") {
            found.extend(current.map(str::to_owned));
        }
    }
    found
}

/// Debian's promtool is built without the discovery of pods: an address stands in its place, and the rest is checked.
fn without_discovery(ground: &Ground, configuration: &Path) -> Result<PathBuf> {
    let mut lines = Vec::new();
    let mut discovers = false;
    for line in ground.read(configuration)?.lines() {
        if std::mem::take(&mut discovers) {
            lines.push("      - targets: [pod:8091]".to_owned());
        } else {
            discovers = line.trim() == "kubernetes_sd_configs:";
            lines.push(line.replace("kubernetes_sd_configs:", "static_configs:"));
        }
    }
    let copy = ground.instance.dir.join("cluster.yaml");
    fs::write(&copy, lines.join("\n")).context(|| format!("writing {}", copy.display()))?;
    Ok(copy)
}

/// promtool looks for the certificate beside the configuration, and no machine's is here.
fn with_a_certificate(ground: &Ground, configuration: &Path) -> Result<PathBuf> {
    let openssl = on_the_machine("openssl", "Debian package openssl")?;
    let web = ground.instance.folder("web")?;
    let tls = ground.instance.folder("web/tls")?;
    let command = Cmd::new(openssl).args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    let command = command.args(["-days", "1", "-subj", "/CN=metrics"]);
    run(command.arg("-keyout").arg(tls.join("key.pem")).arg("-out").arg(tls.join("chain.pem")), TOOL_LIMIT)?.success()?;
    let copy = web.join("web.yaml");
    fs::copy(configuration, &copy).context(|| format!("copying {}", configuration.display()))?;
    Ok(copy)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_that_is_only_named_is_not_seen() {
        let tests = "\
# OnlyNamed
    alert_rule_test:
      - { alertname: Quiet, eval_time: 5m, exp_alerts: [] }
      - alertname: Loud
        eval_time: 5m
        exp_alerts: &loud
          - exp_labels: { severity: page }
      - alertname: Empty
        exp_alerts: []
";
        assert_eq!(seen_firing(tests), ["Loud".to_owned()].into());
    }
}
