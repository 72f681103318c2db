//! `cargo stack drill`: what operators do on a bad day, done with the real servers on one machine, under load, and timed.

mod backup;
mod failover;
mod replace;
mod standby;
mod traffic;
mod versions;

use crate::cargo;
use crate::error::{Error, Result};
use crate::ports;
use crate::proc::guard;
use crate::services::{Services, Wanted};
use crate::steps::Steps;
use crate::system::{Account, Edge, Origin, edge, origin};
use crate::term;
use crate::tools::Tools;
use crate::wait;
use crate::workspace::{Instance, Workspace};

/// Far from the origin and beside it: both must go on.
const REGIONS: [&str; 2] = ["sa", "na"];

type Play = fn(&Drill<'_>, &mut Steps) -> Result<String>;

/// Those that `cargo stack test` runs, too: nothing else shows that what is acknowledged is on both machines, and that readers do
/// not notice when their edge becomes another.
pub const IN_TESTS: [(&str, &str); 2] = [("drill_failover", "failover"), ("drill_replace_edge", "replace-edge")];
const PLAYS: [(&str, Play); 3] =
    [("failover", failover::play), ("backup-restore", backup::play), ("replace-edge", replace::play)];

pub fn command(workspace: &Workspace, words: &[&str]) -> Result<()> {
    guard::start()?;
    if let ["versions", commit] = words {
        let earlier = versions::build(workspace, commit)?;
        let later = cargo::build(workspace)?;
        return perform(workspace, &earlier, |drill, steps| versions::play(drill, &later, steps));
    }
    run(workspace, &cargo::build(workspace)?, words)
}

pub fn run(workspace: &Workspace, binaries: &cargo::Binaries, words: &[&str]) -> Result<()> {
    let play = PLAYS.iter().find(|(name, _)| words == [*name]);
    let (_, play) = play.ok_or_else(|| Error::Usage(format!("`drill {}` is not a command", words.join(" "))))?;
    perform(workspace, binaries, play)
}

fn perform(
    workspace: &Workspace,
    binaries: &cargo::Binaries,
    play: impl Fn(&Drill<'_>, &mut Steps) -> Result<String>,
) -> Result<()> {
    let instance = Instance::throwaway(workspace, "drill")?;
    let tools = Tools::new(workspace);
    let started = wait::now();
    let drill = Drill { workspace, instance: &instance, tools: &tools, binaries, token: crate::random::token()? };
    let mut steps = Steps::default();
    match play(&drill, &mut steps) {
        Ok(told) => {
            let took = term::millis(started.elapsed());
            term::line(&format!("\n  {} {told} ({} steps in {took})", term::paint(term::GREEN, "✓"), steps.told));
            instance.remove()
        }
        Err(error) => {
            term::warn(&format!("the logs of this drill are in {}", instance.logs().display()));
            Err(error)
        }
    }
}

/// What a drill works with.
struct Drill<'a> {
    workspace: &'a Workspace,
    instance: &'a Instance,
    tools: &'a Tools,
    binaries: &'a cargo::Binaries,
    /// By which edges are known to the origin.
    token: String,
}

/// What serves readers and editors in a drill, over stores of its own.
struct Served {
    origin: Origin,
    edges: Vec<Edge>,
    account: Account,
}

impl<'a> Drill<'a> {
    /// The same with other programs.
    fn with(&self, binaries: &'a cargo::Binaries) -> Self {
        Self { binaries, token: self.token.clone(), ..*self }
    }

    fn services(&self, wanted: &Wanted) -> Result<Services> {
        term::heading("Services");
        Services::start(self.instance, self.tools, wanted, false)
    }

    /// With the sample reviews in it.
    fn serve(&self, services: &Services, env: &[(String, String)]) -> Result<Served> {
        term::heading("System");
        services.postgres.create_database_if_missing(origin::DATABASE)?;
        let (origin, account) = self.origin(services, env, None)?;
        let edges = REGIONS.iter().map(|region| self.edge(region, &origin.url)).collect::<Result<_>>()?;
        Ok(Served { origin, edges, account })
    }

    /// One more origin, where another one listened.
    fn origin(&self, services: &Services, env: &[(String, String)], port: Option<u16>) -> Result<(Origin, Account)> {
        let setting = self.setting(services, env, port);
        Origin::start(&self.binaries.origin, &setting)
    }

    fn setting<'b>(&'b self, services: &'b Services, env: &'b [(String, String)], port: Option<u16>) -> origin::Setting<'b> {
        origin::Setting {
            services,
            instance: self.instance,
            token: &self.token,
            media_base: "http://127.0.0.1:1",
            echo: false,
            sample: port.is_none(),
            address: "127.0.0.1",
            trusted: &[],
            port,
            env,
        }
    }

    /// `origin` with these words, to its end.
    fn origin_command(&self, services: &Services, env: &[(String, String)], words: &[&str]) -> Result<String> {
        let setting = self.setting(services, env, None);
        origin::command(&self.binaries.origin, &setting, words)
    }

    fn edge(&self, region: &str, origin: &str) -> Result<Edge> {
        Edge::start(&self.binaries.edge, &self.edge_setting(region, origin, ports::free()?))
    }

    fn edge_setting<'b>(&'b self, region: &'b str, origin: &'b str, port: u16) -> edge::Setting<'b> {
        edge::Setting {
            region,
            address: "127.0.0.1",
            port,
            token: &self.token,
            origin,
            redis: None,
            logs: self.instance.logs(),
            echo: false,
            socket: None,
            tls: None,
            prefetches: false,
            env: &[],
        }
    }
}
