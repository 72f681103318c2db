//! Alertmanager: amtool on its configuration, whom each severity reaches, and that the alerts it names are there.

use std::collections::BTreeSet;

use super::queries::sources::{self, Kind};
use super::{Ground, TOOL_LIMIT, files_in, no_mistakes};
use crate::error::Result;
use crate::proc::{Cmd, run};

/// Every severity that rules may have, and whom it reaches.
const RECEIVERS: [(&str, &str); 3] = [("page", "page"), ("ticket", "ticket"), ("watchdog", "heartbeat")];

pub fn check(ground: &Ground) -> Result<String> {
    let file = ground.infra.join("observability/alertmanager.yaml");
    let rules = ground.infra.join("observability/prometheus/rules");
    let alerts: BTreeSet<String> =
        sources::rules(&rules)?.into_iter().filter(|rule| rule.kind == Kind::Alert).map(|rule| rule.name).collect();
    let mut mistakes = strangers(&ground.read(&file)?, &alerts);
    for path in files_in(&rules, &["yaml"])? {
        let text = ground.read(&path)?;
        let severities = severities(&text);
        let unknown = severities.iter().filter(|severity| !RECEIVERS.iter().any(|(known, _)| known == *severity));
        mistakes.extend(unknown.map(|severity| format!("{}: nobody is told of the severity {severity}", path.display())));
    }
    no_mistakes(&mistakes)?;

    let amtool = ground.tool("amtool", ground.tools.amtool())?;
    run(Cmd::new(&amtool.path).arg("check-config").arg(&file), TOOL_LIMIT)?.success()?;
    for (severity, receiver) in RECEIVERS {
        let command = Cmd::new(&amtool.path).args(["config", "routes", "test"]).arg(format!("--config.file={}", file.display()));
        let command = command.arg(format!("--verify.receivers={receiver}")).arg(format!("severity={severity}"));
        run(command, TOOL_LIMIT)?.success()?;
    }
    Ok(format!("{} alerts, {} severities, each with its receiver", alerts.len(), RECEIVERS.len()))
}

/// The alerts that a configuration names and that there are not: an inhibition of them would never be one.
fn strangers(configuration: &str, alerts: &BTreeSet<String>) -> Vec<String> {
    let lines = configuration.lines().filter(|line| line.contains("alertname"));
    let names = lines.flat_map(|line| line.split('"').skip(1).step_by(2)).flat_map(|pattern| pattern.split('|'));
    names.filter(|name| !alerts.contains(*name)).map(|name| format!("alertmanager.yaml: there is no alert {name}")).collect()
}

fn severities(rules: &str) -> BTreeSet<&str> {
    let words = rules.split("severity: ").skip(1);
    words.filter_map(|rest| rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_that_are_inhibited_have_to_be_there() {
        let configuration = "\
route: { group_by: [alertname] }
inhibit_rules:
  - source_matchers: ['alertname=\"Down\"']
    target_matchers: ['alertname=~\"Slow|Sloow\"']
";
        let alerts = ["Down", "Slow"].map(str::to_owned).into();
        assert_eq!(strangers(configuration, &alerts), ["alertmanager.yaml: there is no alert Sloow"]);
    }

    #[test]
    fn reads_severities() {
        assert_eq!(severities("labels: { severity: page }\nlabels: { severity: ticket, of: x }"), ["page", "ticket"].into());
    }
}
