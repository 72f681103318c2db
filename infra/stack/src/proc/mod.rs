//! Child processes that cannot outlive the runner.
//!
//! Three nets, one below the other:
//! 1. `Drop` stops every `Process`: on success, on failure, after Ctrl-C.
//! 2. `setpriv --pdeathsig KILL` makes the kernel kill the child when the runner dies, even by `kill -9`.
//! 3. `guard`, a process of its own, kills what the child itself had started, by process group.

pub mod command;
pub mod guard;
mod logs;
mod nursery;
mod run;

use std::path::Path;
#[cfg(test)]
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

pub use command::Cmd;
pub use run::{Finished, run, run_streaming};

use crate::error::{Context, Error, Result};
use crate::wait::{self, Probe};

/// How long a killed process may take to disappear.
const KILL_LIMIT: Duration = Duration::from_secs(5);

/// A service in the background, with its log file.
pub struct Process {
    name: String,
    child: Child,
    group: Pid,
    stop_signal: Signal,
    stop_limit: Duration,
    log: logs::Log,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts `command`, its output going to `<logs>/<name>.log` and, with `echo`, to the terminal.
    pub fn start(name: &str, command: Cmd, logs: &Path, echo: bool) -> Result<Self> {
        let (stop_signal, stop_limit) = (command.stop_signal, command.stop_limit);
        let mut child = nursery::spawn(command, Stdio::piped(), Stdio::piped())?;
        let group = group_of(&child)?;
        let log = logs::Log::follow(name, logs, &mut child, echo)?;
        Ok(Self { name: name.to_owned(), child, group, stop_signal, stop_limit, log, status: None })
    }

    #[cfg(test)]
    pub fn log_file(&self) -> PathBuf {
        self.log.path()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An error with the end of its log if the process has ended.
    pub fn still_running(&mut self) -> Result<()> {
        let Some(status) = self.poll()? else { return Ok(()) };
        Err(Error::failed(format!("{} ended ({status}); its log ends with:\n{}", self.name, self.log.tail())))
    }

    fn poll(&mut self) -> Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait().context(|| format!("asking after {}", self.name))?;
        }
        Ok(self.status)
    }

    /// Waits until `probe` is done, the process has ended or `limit` has passed.
    pub fn until<T>(&mut self, what: &str, limit: Duration, mut probe: impl FnMut() -> Result<Probe<T>>) -> Result<T> {
        let outcome = wait::until(what, limit, || {
            self.still_running()?;
            probe()
        });
        match outcome {
            Err(Error::Timeout { what, limit, last }) => {
                let last = format!("{last}; the log of {} ends with:\n{}", self.name, self.log.tail());
                Err(Error::Timeout { what, limit, last })
            }
            other => other,
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.poll()
    }

    /// The end of its log.
    pub fn last_words(&self) -> String {
        self.log.tail()
    }

    pub fn stop(&mut self) {
        stop_together(&mut [self]);
    }

    /// As a power cut ends it, with everything it has started.
    pub fn kill(&mut self) -> Result<()> {
        signal_group(self.group, Signal::KILL);
        end(&mut self.child, self.group, KILL_LIMIT);
        self.poll().map(|_| ())
    }

    /// An error unless it ended by itself, well and in time.
    pub fn stop_by_itself(&mut self) -> Result<()> {
        self.stop();
        match self.status {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                Err(Error::failed(format!("{} ended badly ({status}); its log ends with:\n{}", self.name, self.log.tail())))
            }
            None => Err(Error::failed(format!("{} did not end", self.name))),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Asks all of them to end, then waits for each: stopping ten costs what the slowest costs.
pub fn stop_together(processes: &mut [&mut Process]) {
    for process in processes.iter_mut() {
        if matches!(process.poll(), Ok(None)) {
            signal_group(process.group, process.stop_signal);
        }
    }
    for process in processes.iter_mut() {
        end(&mut process.child, process.group, process.stop_limit);
        process.status = process.child.try_wait().ok().flatten().or(process.status);
    }
}

fn group_of(child: &Child) -> Result<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| Error::failed("a child without a process id"))
}

/// A group that has ended meanwhile is fine: it is what the signal was for.
fn signal_group(group: Pid, signal: Signal) {
    let _already_gone = kill_process_group(group, signal);
}

/// Waits for the child to end by itself, kills it if it does not, and then its group either way:
/// a child may end and leave its own children behind. Used while unwinding, so it looks at no signal flag.
fn end(child: &mut Child, group: Pid, patience: Duration) {
    if !gone_within(child, patience) {
        signal_group(group, Signal::KILL);
        gone_within(child, KILL_LIMIT);
    }
    signal_group(group, Signal::KILL);
    guard::forget(group);
}

fn gone_within(child: &mut Child, limit: Duration) -> bool {
    const INTERVAL: Duration = Duration::from_millis(5);
    let started = wait::now();
    loop {
        // An error means that there is no such child any more.
        if !matches!(child.try_wait(), Ok(None)) {
            return true;
        }
        if started.elapsed() >= limit {
            return false;
        }
        std::thread::sleep(INTERVAL);
    }
}

#[cfg(test)]
mod tests;
