//! One k6 for each region's readers, where they live, and one for the editors.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};

use super::options::Options;
use super::pages::Watched;
use super::workload::{Schedule, applied_limit_ms, visible_limit_ms};
use crate::error::{Context, Error, Result};
use crate::http::Call;
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::system::{Ground, REGIONS, System};
use crate::tools::Program;
use crate::wait::{self, Probe};
use crate::wan::Node;
use crate::wan::plan::origin_rtt_ms;
use crate::workspace::Workspace;

/// Within a few seconds of its last iteration it has ended.
pub const GRACE_S: u64 = 90;
/// k6's own answer to a threshold that was crossed.
const CROSSED: i32 = 99;
/// To read the script and make all its readers, beside four others that do.
const READY_LIMIT: Duration = Duration::from_secs(120);
/// In k6's REST API: all is made, and nothing begins before it is told to.
const PAUSED_BEFORE_RUN: u64 = 4;

/// One running k6.
pub struct K6 {
    pub name: String,
    process: Process,
    node: Node,
    /// Of its REST API.
    status_url: String,
    pub csv: PathBuf,
    summary: PathBuf,
    log: PathBuf,
    status: Option<ExitStatus>,
}

/// What all of them are told.
pub struct Run<'a> {
    pub workspace: &'a Workspace,
    pub options: &'a Options,
    pub ground: Ground,
    pub system: &'a System,
    pub program: &'a Program,
    pub pages: &'a Path,
    pub watched: &'a [Watched],
    pub schedule: Option<Schedule>,
    /// For what they write.
    pub dir: &'a Path,
}

impl Run<'_> {
    /// Readers of all regions, and editors if the workload has any: ready, and none has begun. To read a script and to make readers
    /// takes all of a small machine for a second or two, and who asked meanwhile would wait for k6, not for an edge.
    pub fn start(&self) -> Result<Vec<K6>> {
        let mut started = self.spawn_all()?;
        for client in &mut started {
            client.ready(self.ground)?;
        }
        Ok(started)
    }

    fn spawn_all(&self) -> Result<Vec<K6>> {
        let mut started = Vec::new();
        for region in REGIONS {
            let mut env = self.common(region)?;
            env.push(("ROLE", "readers".into()));
            started.push(self.spawn(region, Node::Readers(region), env)?);
        }
        if self.options.workload.edits_per_s > 0.0 {
            let mut env = self.common(REGIONS[0])?;
            let account = &self.system.account;
            env.push(("ROLE", "editors".into()));
            env.push(("ORIGIN", self.system.origin.url.clone()));
            env.push(("EDITOR_EMAIL", account.email.clone()));
            env.push(("EDITOR_PASSWORD", account.password.clone()));
            started.push(self.spawn("editors", Node::Readers(REGIONS[0]), env)?);
        }
        Ok(started)
    }

    fn spawn(&self, name: &str, node: Node, env: Vec<(&str, String)>) -> Result<K6> {
        let (csv, summary) = (self.dir.join(format!("{name}.csv")), self.dir.join(format!("{name}.json")));
        let script = format!("loadtests/workloads/{}.js", self.options.workload.name);
        let command = Cmd::new(&self.program.path).envs(self.program.env.iter().cloned()).dir(&self.workspace.root);
        let address = format!("127.0.0.1:{}", self.ground.at(&node, ports::free)?);
        let command = command.args(["run", "--quiet", "--no-usage-report", "--paused", "--address", &address]);
        let command = command.args(["--out", &format!("csv={}", csv.display())]);
        let command = env.iter().fold(command, |command, (name, value)| command.args(["-e", &format!("{name}={value}")]));
        let command = command.args(["-e", &format!("SUMMARY={}", summary.display())]).arg(script);
        let process = self.ground.at(&node, || Process::start(&format!("k6-{name}"), command, self.dir, false))?;
        let log = self.dir.join(format!("k6-{name}.log"));
        let status_url = format!("http://{address}/v1/status");
        Ok(K6 { name: name.to_owned(), process, node, status_url, csv, summary, log, status: None })
    }

    fn common(&self, region: &'static str) -> Result<Vec<(&'static str, String)>> {
        let workload = &self.options.workload;
        let urls: serde_json::Map<_, _> =
            self.system.edges.iter().map(|edge| (edge.region.clone(), json!(edge.readers_url))).collect();
        let leg_ms = self.options.wan.map_or(0, |wan| wan.leg_ms(region));
        let rtt = |region: &str| if self.options.wan.is_some() { origin_rtt_ms(region) } else { Ok(0) };
        let applied = REGIONS.iter().map(|region| Ok(((*region).to_owned(), json!(applied_limit_ms(rtt(region)?)))));
        let applied = applied.collect::<Result<serde_json::Map<_, _>>>()?;
        let mut env = vec![
            ("REGION", region.to_owned()),
            ("EDGE", self.system.edge(region)?.readers_url.clone()),
            ("EDGES", json!(urls).to_string()),
            ("PAGES", self.pages.display().to_string()),
            ("WAN", self.options.wan_name().to_owned()),
            ("SECONDS", workload.seconds.to_string()),
            ("RATE", workload.rate.to_string()),
            ("SEED", self.options.seed.to_string()),
            ("APPLIED_LIMITS", json!(applied).to_string()),
            ("VISIBLE_LIMIT_MS", visible_limit_ms(rtt(region)?, leg_ms).to_string()),
        ];
        // Looks are worth it only where there is something to see.
        if workload.edits_per_s > 0.0 {
            env.push(("EDITS_PER_S", workload.edits_per_s.to_string()));
            let watched = self.watched.iter().map(|review| format!("{},{}", review.slug, review.locale));
            env.push(("WATCHED", watched.collect::<Vec<_>>().join(";")));
            if workload.is_test() {
                // Too few versions to say how soon one is seen: so many looks would be most of the load.
                env.push(("LOOK_EVERY_MS", "100".to_owned()));
            }
        }
        if let Some(schedule) = self.schedule {
            let times = [("CUT_AT_S", schedule.cut_at_s), ("MOVE_AT_S", schedule.move_at_s), ("HEAL_AT_S", schedule.heal_at_s)];
            env.extend(times.map(|(name, seconds)| (name, seconds.to_string())));
        }
        if self.options.prefetch().contains(&region) {
            env.push(("PREFETCH", "1".to_owned()));
        }
        if let Some((lost, moves_to)) = workload.lost_region()
            && lost == region
        {
            env.push(("LOST", "1".to_owned()));
            env.push(("MOVE_TO", self.system.edge(moves_to)?.readers_url.clone()));
        }
        Ok(env)
    }
}

impl K6 {
    fn ready(&mut self, ground: Ground) -> Result<()> {
        wait::until(&format!("k6 of {}", self.name), READY_LIMIT, || {
            if self.has_ended()? {
                return Err(Error::failed(self.complaint().unwrap_or_else(|| format!("k6 of {} ended at once", self.name))));
            }
            // It listens before it has read the script.
            let Ok(answer) = ground.at(&self.node, || Call::get(&self.status_url).send()) else {
                return Ok(Probe::NotYet("no answer".to_owned()));
            };
            let status = answer.expect(200)?.json()?["data"]["attributes"]["status"].as_u64();
            Ok(if status == Some(PAUSED_BEFORE_RUN) { Probe::Done(()) } else { Probe::NotYet(format!("status {status:?}")) })
        })
    }

    /// Lets it begin.
    pub fn begin(&self, ground: Ground) -> Result<()> {
        let body = json!({"data": {"type": "status", "id": "default", "attributes": {"paused": false}}});
        ground.at(&self.node, || Call::new("PATCH", &self.status_url).json(&body).send()?.expect(200)).map(drop)
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub fn has_ended(&mut self) -> Result<bool> {
        if self.status.is_none() {
            self.status = self.process.ended()?;
        }
        Ok(self.status.is_some())
    }

    /// What went wrong, beyond a crossed threshold: that is judged by the samples.
    pub fn complaint(&self) -> Option<String> {
        let status = self.status?;
        if status.success() || status.code() == Some(CROSSED) {
            return None;
        }
        Some(format!("k6 of {} ended with {status}; its log ends with:\n{}", self.name, self.process.last_words()))
    }

    /// Errors of the scripts themselves: k6 passes every threshold of an iteration that threw.
    pub fn script_errors(&self) -> Result<usize> {
        let path = &self.log;
        let text = fs::read_to_string(path).context(|| format!("reading {}", path.display()))?;
        Ok(text.lines().filter(|line| line.contains("level=error") && !line.contains("thresholds on metrics")).count())
    }

    /// Its own summary.
    pub fn said(&self) -> Result<Value> {
        let path = &self.summary;
        let text = fs::read_to_string(path).context(|| format!("reading {}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| Error::failed(format!("{}: {error}", path.display())))
    }
}
