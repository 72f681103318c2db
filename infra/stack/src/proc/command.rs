//! What to start: a program, its arguments, its whole environment and the user it runs as.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::error::{Error, Result};

/// The usual patience with a process that was asked to end.
const STOP_LIMIT: Duration = Duration::from_secs(8);

pub struct Cmd {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    unset: Vec<OsString>,
    only_this_env: bool,
    dir: Option<PathBuf>,
    user: Option<String>,
    pub(super) stdin: Option<Vec<u8>>,
    pub(super) inherited: Option<OwnedFd>,
    pub(super) stop_signal: Signal,
    pub(super) stop_limit: Duration,
}

impl Cmd {
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            unset: Vec::new(),
            only_this_env: false,
            dir: None,
            user: None,
            stdin: None,
            inherited: None,
            stop_signal: Signal::TERM,
            stop_limit: STOP_LIMIT,
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        for (name, value) in pairs {
            self = self.env(name, value);
        }
        self
    }

    pub fn unset(mut self, name: &str) -> Self {
        self.unset.push(name.into());
        self
    }

    /// Nothing of the runner's environment: only what is set here.
    pub fn only_this_env(mut self) -> Self {
        self.only_this_env = true;
        self
    }

    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = Some(dir.as_ref().to_owned());
        self
    }

    /// Runs as another user, which only root may ask for.
    pub fn user(mut self, user: Option<&str>) -> Self {
        self.user = user.map(str::to_owned);
        self
    }

    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(text.into());
        self
    }

    /// Becomes its standard input.
    pub fn inherits(mut self, descriptor: OwnedFd) -> Self {
        self.inherited = Some(descriptor);
        self
    }

    pub fn stop_signal(mut self, signal: Signal) -> Self {
        self.stop_signal = signal;
        self
    }

    /// How long it may take to end after its stop signal, before it is killed.
    pub fn stop_limit(mut self, limit: Duration) -> Self {
        self.stop_limit = limit;
        self
    }

    pub fn describe(&self) -> String {
        let program = self.program.file_name().unwrap_or(self.program.as_os_str()).to_string_lossy().into_owned();
        let first = self.args.iter().take(3).map(|arg| format!(" {}", arg.to_string_lossy()));
        first.fold(program, |line, arg| line + &arg)
    }

    /// The command behind `setpriv`, which asks the kernel to kill it when its parent dies. A change of user
    /// clears that wish; `setpriv` expresses it after the change, directly before it becomes the program.
    pub(super) fn build(&self) -> Result<Command> {
        let setpriv = find_program("setpriv")
            .ok_or_else(|| Error::Missing { what: "setpriv".into(), how: "install Debian's util-linux".into() })?;
        let program = if self.program.components().count() > 1 {
            self.program.clone()
        } else {
            find_program(&self.program.to_string_lossy()).unwrap_or_else(|| self.program.clone())
        };
        let mut command = Command::new(setpriv);
        if let Some(user) = &self.user {
            command.args([format!("--reuid={user}"), format!("--regid={user}"), "--clear-groups".into()]);
        }
        command.arg("--pdeathsig=KILL").arg("--").arg(program).args(&self.args);
        if self.only_this_env {
            command.env_clear();
        }
        for name in &self.unset {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        // A group of its own: a Ctrl-C at the terminal reaches the runner alone, which then stops things in order.
        command.process_group(0);
        Ok(command)
    }
}

/// Looks a program up in `PATH`, then in the folders that `PATH` may lack for an ordinary user.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let extra = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(extra).map(|dir| dir.join(name)).find(|candidate| is_executable(candidate))
}

pub fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
