//! One process: nothing but its environment, a log file, and an end whatever happens.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child as Process, Command, ExitStatus, Stdio},
};

use crate::wait::eventually;

/// What a failed test shows of each log.
const LOG_LINES_SHOWN: usize = 25;

/// Which binary, and the variable that names it.
#[derive(Clone, Copy, Debug)]
pub enum Program {
    Origin,
    Edge,
}

impl Program {
    fn path(self) -> PathBuf {
        let name = match self {
            Program::Origin => "STACK_BIN_ORIGIN",
            Program::Edge => "STACK_BIN_EDGE",
        };
        let path = std::env::var_os(name).map(PathBuf::from);
        let path = path.unwrap_or_else(|| panic!("{name} is not set: `cargo stack test` sets it to the binary that was built"));
        assert!(path.is_file(), "{name}={}: there is no such file; build the workspace first", path.display());
        path
    }
}

/// Killed with its whole process group when it is dropped, and by the kernel when the test dies.
pub struct Child {
    process: Process,
    status: Option<ExitStatus>,
    log: PathBuf,
}

impl Child {
    pub fn start(program: Program, words: &[&str], environment: &[(String, String)], log: &Path) -> Child {
        Child::start_reading(program, words, environment, log, Stdio::null())
    }

    /// `input` becomes its standard input. Both outputs are appended to `log`.
    pub fn start_reading(program: Program, words: &[&str], environment: &[(String, String)], log: &Path, input: Stdio) -> Child {
        let output = File::options().create(true).append(true).open(log).unwrap();
        // The kernel's signal hangs on the thread that started it: a test's own.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(program.path()).args(words).env_clear();
        command.envs(environment.iter().map(|(name, value)| (name, value))).process_group(0);
        command.stdin(input).stdout(output.try_clone().unwrap()).stderr(output);
        let process = command.spawn().expect("setpriv (Debian's util-linux) starts the programs");
        Child { process, status: None, log: log.to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.status = Some(self.process.wait().unwrap());
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        assert!(signal("TERM", &self.id().to_string()), "SIGTERM could not be sent");
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.process.try_wait().unwrap();
        }
        self.status
    }

    /// Waits until it ends by itself; its exit code, unless a signal ended it.
    pub async fn exit_code(&mut self, what: &str) -> Option<i32> {
        eventually(what, async || self.ended()).await.code()
    }

    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Resident memory, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.ended().is_none() {
            signal("KILL", &format!("-{}", self.id()));
            drop(self.process.wait());
        }
        if std::thread::panicking() {
            let said = self.said();
            let lines: Vec<_> = said.lines().collect();
            let last = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
            eprintln!("--- the end of {}\n{}", self.log.display(), last.join("\n"));
        }
    }
}

/// `whom` is a process, or a group with a minus before it.
fn signal(name: &str, whom: &str) -> bool {
    let sent = Command::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\"", name, whom]).status();
    sent.is_ok_and(|status| status.success())
}
