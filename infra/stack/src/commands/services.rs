//! The services alone, for a developer who runs origin and edge by hand.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::error::{Context, Error, Result};
use crate::proc::guard;
use crate::services::{Services, Wanted};
use crate::term;
use crate::tools::Tools;
use crate::wait::{self, Probe};
use crate::workspace::{Instance, Workspace};

const INSTANCE: &str = "services";
const DOWN_LIMIT: Duration = Duration::from_secs(30);
const FOR_EVER: Duration = Duration::MAX;

pub fn everything(redis: &[&str]) -> Wanted {
    Wanted { mongo: true, s3: true, cloudfront: true, redis: redis.iter().map(|name| (*name).to_owned()).collect() }
}

pub fn up(workspace: &Workspace, echo: bool) -> Result<()> {
    guard::start()?;
    let instance = Instance::lasting(workspace, INSTANCE)?;
    let files = Files::of(workspace);
    // A killed runner leaves its files behind.
    files.remove();
    write(&files.pid, &std::process::id().to_string())?;
    term::heading("Services");
    let mut services = Services::start(&instance, &Tools::new(workspace), &everything(&["dev"]), echo)?;

    let mut environment = services.environment();
    services.postgres.create_database_if_missing("reviews")?;
    environment.push(("DATABASE_URL".into(), services.postgres.url("reviews")));
    environment.extend(services.mongo.iter().map(|mongo| ("MANUSCRIPTS_URL".into(), mongo.url("reviews"))));
    environment.extend(services.redis.iter().map(|redis| ("REDIS_URL".into(), redis.url())));
    let lines: String = environment.iter().map(|(name, value)| format!("export {name}='{value}'\n")).collect();
    write(&files.environment, &lines)?;
    term::line("\n  `eval \"$(cargo stack services env)\"` sets a shell up; Ctrl-C or `cargo stack services down` stops them.");

    let ended = wait::until::<()>("a signal", FOR_EVER, || {
        services.still_running()?;
        Ok(Probe::NotYet(String::new()))
    });
    files.remove();
    match ended {
        Err(Error::Interrupted) => Ok(()),
        other => other,
    }
}

pub fn env(workspace: &Workspace) -> Result<()> {
    let path = Files::of(workspace).environment;
    let text = fs::read_to_string(&path).map_err(|_| Error::failed("no services run here: `cargo stack services up`"))?;
    term::line(text.trim_end());
    Ok(())
}

pub fn down(workspace: &Workspace) -> Result<()> {
    let path = Files::of(workspace).pid;
    let Ok(text) = fs::read_to_string(&path) else {
        term::line("no services run here");
        return Ok(());
    };
    let pid = text.trim().parse().ok().and_then(Pid::from_raw);
    let pid = pid.ok_or_else(|| Error::failed(format!("{} holds no process id: {text}", path.display())))?;
    if Instance::lasting(workspace, INSTANCE).is_ok() {
        // Nobody holds the lock: the runner was killed, and its number may be somebody else's by now.
        return fs::remove_file(&path).context(|| format!("removing {}", path.display()));
    }
    kill_process(pid, Signal::TERM).map_err(|error| Error::failed(format!("stopping {text}: {error}")))?;
    wait::until("the services to stop", DOWN_LIMIT, || {
        Ok(if test_kill_process(pid).is_err() { Probe::Done(()) } else { Probe::NotYet("still there".into()) })
    })
}

struct Files {
    pid: PathBuf,
    environment: PathBuf,
}

impl Files {
    fn of(workspace: &Workspace) -> Self {
        let dir = workspace.instance_dir(INSTANCE);
        Self { pid: dir.join("pid"), environment: dir.join("environment.sh") }
    }

    fn remove(&self) {
        drop((fs::remove_file(&self.pid), fs::remove_file(&self.environment)));
    }
}

fn write(path: &PathBuf, text: &str) -> Result<()> {
    fs::write(path, text).context(|| format!("writing {}", path.display()))
}
