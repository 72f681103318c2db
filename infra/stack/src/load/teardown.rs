//! Neither Ctrl-C nor `kill -9` leaves a namespace, a process or an interface behind: tried with a load that is under way.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::cargo::Binaries;
use crate::checks::Outcome;
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, Process, run};
use crate::wait::{self, Probe};
use crate::wan;
use crate::workspace::{Instance, Workspace};

/// Services, sample data and a WAN, on a slow machine.
const UNDER_WAY_LIMIT: Duration = Duration::from_secs(180);
const END_LIMIT: Duration = Duration::from_secs(60);
/// One for each region, and the editors'.
const LOADS: usize = 5;
const INTERFACES: &str = "/sys/class/net";

pub fn check(workspace: &Workspace, binaries: &Binaries) -> Result<Outcome> {
    if let Some(lacking) = wan::lacking() {
        return Ok(Outcome::Skipped(format!("there is no WAN to leave behind: {lacking}")));
    }
    let standing = wan::traces();
    if !standing.is_empty() {
        return Err(Error::failed(format!("a WAN stands already, and is not this one's to take away: {}", standing.join(", "))));
    }
    let instance = Instance::throwaway(workspace, "teardown")?;
    let interfaces_before = interfaces()?;
    let mut seen = 0;
    for signal in [Signal::INT, Signal::KILL] {
        let name = if signal == Signal::INT { "interrupted" } else { "killed" };
        let mut load = Process::start(name, stack(binaries)?.args(["load", "smoke"]), &instance.logs(), false)?;
        let lived = under_way(&mut load)?;
        seen += lived.len();
        let pid = i32::try_from(load.pid()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| Error::failed(format!("{} is no process", load.pid())))?;
        kill_process(pid, signal).map_err(std::io::Error::from).context(|| format!("ending {name}"))?;
        wait::until("a load to end", END_LIMIT, || {
            Ok(load.ended()?.map_or_else(|| Probe::NotYet("it runs".to_owned()), Probe::Done))
        })?;
        if signal == Signal::KILL {
            run(stack(binaries)?.args(["wan", "down"]), END_LIMIT)?.success()?;
        }
        wait::until("what it had started to be gone", END_LIMIT, || {
            let alive = lived.iter().filter(|pid| wan::is_alive(**pid)).map(|pid| format!("process {pid}"));
            let interfaces = interfaces()?;
            let new = interfaces.difference(&interfaces_before).map(|name| format!("interface {name}"));
            let left: Vec<_> = alive.chain(wan::traces()).chain(new).collect();
            Ok(if left.is_empty() { Probe::Done(()) } else { Probe::NotYet(left.join(", ")) })
        })?;
    }
    instance.remove()?;
    Ok(Outcome::Passed(format!("{seen} processes lived in namespaces, and all are gone")))
}

/// This program once more, with the programs that are built already.
fn stack(binaries: &Binaries) -> Result<Cmd> {
    let own = std::env::current_exe().context(|| "looking for this program".to_owned())?;
    Ok(Cmd::new(own).env("STACK_BIN_ORIGIN", &binaries.origin).env("STACK_BIN_EDGE", &binaries.edge))
}

/// Once every k6 runs: all that live in the WAN's namespaces.
fn under_way(load: &mut Process) -> Result<Vec<Pid>> {
    load.until("a load to be under way", UNDER_WAY_LIMIT, || {
        let lived = wan::processes();
        let loads = lived.iter().filter(|pid| program(**pid).is_some_and(|name| name == "k6")).count();
        Ok(if loads >= LOADS { Probe::Done(lived) } else { Probe::NotYet(format!("{loads} of {LOADS} k6 run")) })
    })
}

fn program(pid: Pid) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim().to_owned())
}

/// Of the machine's own network.
fn interfaces() -> Result<BTreeSet<String>> {
    let entries = fs::read_dir(INTERFACES).context(|| format!("reading {INTERFACES}"))?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}
