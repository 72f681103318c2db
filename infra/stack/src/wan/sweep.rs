//! Takes a WAN away, whatever state it is in: what bears its prefix or its folder goes.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{FOLDER, PREFIX, ip};
use crate::error::{Context, Error, Result};
use crate::netns::{self, Namespace};
use crate::wait;

const LIMIT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);
const PROGRAM: &str = "wirefilter";

pub fn down() -> Result<()> {
    // Again and again: one may be starting another. A Ctrl-C does not end this: it is what follows one.
    let started = wait::now();
    loop {
        let left = processes();
        if left.is_empty() {
            break;
        }
        if started.elapsed() >= LIMIT {
            return Err(Error::Timeout {
                what: "the processes of the WAN to end".into(),
                limit: LIMIT,
                last: format!("{left:?}"),
            });
        }
        for pid in left {
            let _already_gone = kill_process(pid, Signal::KILL);
        }
        thread::sleep(PAUSE);
    }
    for name in netns::names(PREFIX) {
        let doing = || format!("removing the network namespace {name}");
        let status = Command::new(ip::find("ip")?).args(["netns", "del", &name]).status().context(doing)?;
        if !status.success() {
            return Err(Error::failed(format!("{}: ip ended with {status}", doing())));
        }
    }
    match fs::remove_dir_all(FOLDER) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context(|| format!("removing {FOLDER}")),
        _ => Ok(()),
    }
}

/// Those that live in one of its namespaces, and its lines; without those that have ended and wait to be
/// asked for.
pub fn processes() -> Vec<Pid> {
    let namespaces: Vec<Namespace> = netns::names(PREFIX).iter().filter_map(|name| Namespace::named(name).ok()).collect();
    let own = std::process::id();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let all = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    all.filter(|pid| u32::try_from(*pid) != Ok(own))
        .filter(|pid| {
            let dir = format!("/proc/{pid}");
            is_alive(&dir) && (is_a_line(&dir) || namespaces.iter().any(|namespace| namespace.is_that_of(Path::new(&dir))))
        })
        .filter_map(Pid::from_raw)
        .collect()
}

pub fn is_alive(dir: &str) -> bool {
    let status = fs::read_to_string(format!("{dir}/status")).unwrap_or_default();
    let state = status.lines().find_map(|line| line.strip_prefix("State:")).unwrap_or_default();
    !state.trim_start().starts_with(['Z', 'X']) && !state.is_empty()
}

fn is_a_line(dir: &str) -> bool {
    let command = fs::read(format!("{dir}/cmdline")).unwrap_or_default();
    let mut words = command.split(|byte| *byte == 0);
    words.next().is_some_and(|program| program.ends_with(PROGRAM.as_bytes()))
        && words.any(|word| word.starts_with(FOLDER.as_bytes()))
}
