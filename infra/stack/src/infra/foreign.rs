//! `observability/foreign.md` says which metrics come from node_exporter: it is started as its unit does, and asked.

use std::time::Duration;

use super::queries::catalogue::{self, Catalogue};
use super::{Ground, no_mistakes};
use crate::error::Result;
use crate::http::Call;
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::wait::Probe;

const READY_LIMIT: Duration = Duration::from_secs(20);

pub fn check(ground: &Ground) -> Result<String> {
    let exporter = ground.tool("node-exporter", ground.tools.node_exporter())?;
    let address = format!("127.0.0.1:{}", ports::free()?);
    let unit = ground.read(&ground.infra.join("systemd/system/node-exporter.service"))?;
    let command = Cmd::new(&exporter.path).arg(format!("--web.listen-address={address}")).args(collectors(&unit));
    let mut process = Process::start("node-exporter", command, &ground.instance.logs(), false)?;
    let url = format!("http://{address}/metrics");
    let text = process.until("node_exporter to answer", READY_LIMIT, || {
        Ok(match Call::get(&url).send() {
            Ok(answer) if answer.status == 200 => Probe::Done(answer.text()),
            Ok(answer) => Probe::NotYet(answer.summary()),
            Err(error) => Probe::NotYet(error.to_string()),
        })
    })?;
    drop(process);

    let listed = Catalogue::of_table(&ground.read(&ground.infra.join("observability/foreign.md"))?);
    let exported = catalogue::exported(&text);
    let compared = listed.metrics().filter(|(_, metric)| metric.note.ends_with("node_exporter"));
    let mut mistakes = Vec::new();
    let mut count = 0;
    for (name, metric) in compared {
        count += 1;
        match exported.get(name) {
            None => mistakes.push(format!("node_exporter does not export {name}")),
            // A newer one may have more.
            Some(labels) if metric.labels.is_subset(labels) => {}
            Some(labels) => mistakes.push(format!("{name} has the labels {labels:?}")),
        }
    }
    if count == 0 {
        mistakes.push("foreign.md lists nothing of node_exporter".to_owned());
    }
    no_mistakes(&mistakes)?;
    Ok(format!("{count} metrics of node_exporter, as it exports them"))
}

/// What the unit has it collect, but for what only a machine that systemd runs can say.
fn collectors(unit: &str) -> Vec<String> {
    let unit = unit.replace("\\\n", " ");
    let started = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")).flat_map(str::split_whitespace);
    let collectors = started.filter(|word| word.starts_with("--collector.") && *word != "--collector.systemd");
    collectors.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_unit_collects() {
        let unit = "User=a\nExecStart=/usr/bin/x --web.y=1 --collector.disable-defaults \\\n  --collector.cpu --collector.systemd\nRestart=always\n";
        assert_eq!(collectors(unit), ["--collector.disable-defaults", "--collector.cpu"]);
    }
}
