//! The last net. `stack guard` is a second process of this binary that reads process groups from its standard
//! input: `+123` to remember, `-123` to forget. Only the runner holds the other end of that pipe, so however the
//! runner dies, the guard reads the end of the pipe and kills every group that it still remembers.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Mutex;

use rustix::process::{Pid, Signal};

use super::{nursery, signal_group};
use crate::error::{Context, Result};

pub const COMMAND: &str = "guard";

static PIPE: Mutex<Option<ChildStdin>> = Mutex::new(None);

/// Starts the guard. Early: later this binary may have been replaced by a build.
pub fn start() -> Result<()> {
    let doing = || "starting the guard".to_owned();
    let mut command = Command::new(std::env::current_exe().context(doing)?);
    command.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut guard = nursery::on_the_nursery_thread(command).context(doing)?;
    if let Ok(mut pipe) = PIPE.lock() {
        *pipe = guard.stdin.take();
    }
    Ok(())
}

pub(super) fn remember(group: Pid) {
    tell('+', group);
}

pub(super) fn forget(group: Pid) {
    tell('-', group);
}

/// Without a guard (in unit tests) there is nobody to tell; the two nets above it hold.
fn tell(sign: char, group: Pid) {
    if let Ok(mut pipe) = PIPE.lock()
        && let Some(pipe) = pipe.as_mut()
    {
        drop(pipe.write_all(format!("{sign}{}\n", group.as_raw_nonzero()).as_bytes()));
    }
}

/// The guard's own life: `main` of the second process.
pub fn watch(input: impl BufRead) {
    let mut groups = BTreeSet::new();
    for line in input.lines() {
        let Ok(line) = line else { break };
        match line.split_at_checked(1) {
            Some(("+", id)) => groups.extend(id.parse::<i32>()),
            Some(("-", id)) => groups.retain(|known| id.parse() != Ok(*known)),
            _ => {}
        }
    }
    for group in groups.into_iter().filter_map(Pid::from_raw) {
        signal_group(group, Signal::KILL);
    }
}
