//! Building the workspace's own binaries, with cargo's progress on the terminal.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::proc::command::is_executable;
use crate::proc::{Cmd, run_streaming};
use crate::term;
use crate::wait;
use crate::workspace::Workspace;

/// From nothing, on two slow cores.
pub const BUILD_LIMIT: Duration = Duration::from_secs(45 * 60);

/// The shipped binaries that a system is made of.
#[derive(Clone)]
pub struct Binaries {
    pub origin: PathBuf,
    pub edge: PathBuf,
}

/// Cargo in this workspace. `CARGO` is set by the cargo that runs the runner, so a chosen toolchain stays chosen.
pub fn cargo(workspace: &Workspace) -> Cmd {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let command = Cmd::new(cargo).dir(&workspace.root).env("CARGO_TARGET_DIR", workspace.target_dir());
    // What `cargo run` told this process about its own package is not about the build to come.
    let inherited = std::env::vars().map(|(name, _)| name);
    inherited
        .filter(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        .fold(command, |c, n| c.unset(&n))
}

/// Queries are checked against the committed data, not against whatever database a shell points to.
pub fn offline(command: Cmd) -> Cmd {
    command.env("SQLX_OFFLINE", "true").unset("DATABASE_URL")
}

/// Builds both, unless `STACK_BIN_ORIGIN` and `STACK_BIN_EDGE` name binaries that exist already, release builds for
/// example.
pub fn build(workspace: &Workspace) -> Result<Binaries> {
    let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    if let (Some(origin), Some(edge)) = (named("STACK_BIN_ORIGIN"), named("STACK_BIN_EDGE")) {
        return Ok(Binaries { origin: existing(&origin)?, edge: existing(&edge)? });
    }
    term::heading("Build");
    let started = wait::now();
    let command = offline(cargo(workspace)).args(["build", "-p", "origin", "-p", "edge"]);
    run_streaming(command, BUILD_LIMIT, &mut |_| {})?.success()?;
    let binaries = built(&workspace.target_dir())?;
    term::done("origin, edge", started.elapsed(), &workspace.target_dir().join("debug").display().to_string());
    Ok(binaries)
}

/// Both of another workspace, into a folder of their own.
pub fn build_into(workspace: &Workspace, target: &Path) -> Result<Binaries> {
    term::heading("Build");
    let started = wait::now();
    let command =
        offline(cargo(workspace)).env("CARGO_TARGET_DIR", target).args(["build", "--locked", "-p", "origin", "-p", "edge"]);
    run_streaming(command, BUILD_LIMIT, &mut |_| {})?.success()?;
    term::done("origin, edge", started.elapsed(), &target.join("debug").display().to_string());
    built(target)
}

/// Both as they ship, unless the same two variables name others.
pub fn build_release(workspace: &Workspace) -> Result<Binaries> {
    build_release_of(workspace, None)
}

/// The same, and `--version` names this commit. (To be told of one makes both programs new, so nothing else does it.)
pub fn build_release_of(workspace: &Workspace, commit: Option<&str>) -> Result<Binaries> {
    if std::env::var_os("STACK_BIN_ORIGIN").is_some() && std::env::var_os("STACK_BIN_EDGE").is_some() {
        return build(workspace);
    }
    term::heading("Build");
    let started = wait::now();
    let command = offline(cargo(workspace)).envs(commit.map(|commit| ("RCR_COMMIT", commit)));
    let command = command.args(["build", "--release", "-p", "origin", "-p", "edge"]);
    run_streaming(command, BUILD_LIMIT, &mut |_| {})?.success()?;
    let dir = workspace.target_dir().join("release");
    term::done("origin, edge", started.elapsed(), &dir.display().to_string());
    Ok(Binaries { origin: existing(&dir.join("origin"))?, edge: existing(&dir.join("edge"))? })
}

/// What the benchmark runs, as it ships. `STACK_BIN_EDGE` may name another build of the edge, to compare with.
pub struct BenchBinaries {
    pub edge: PathBuf,
    pub upstream: PathBuf,
    pub load: PathBuf,
    pub floor_hyper: PathBuf,
    pub floor_bare: PathBuf,
}

pub fn build_for_bench(workspace: &Workspace) -> Result<BenchBinaries> {
    term::heading("Build");
    let started = wait::now();
    let named = std::env::var_os("STACK_BIN_EDGE").map(PathBuf::from);
    let packages: &[&str] = if named.is_some() { &["-p", "bench"] } else { &["-p", "bench", "-p", "edge"] };
    let command = offline(cargo(workspace)).args(["build", "--release"]).args(packages);
    run_streaming(command, BUILD_LIMIT, &mut |_| {})?.success()?;
    let dir = workspace.target_dir().join("release");
    let binary = |name: &str| existing(&dir.join(name));
    let built = BenchBinaries {
        edge: named.map_or_else(|| binary("edge"), |path| existing(&path))?,
        upstream: binary("bench-upstream")?,
        load: binary("bench-load")?,
        floor_hyper: binary("floor-hyper")?,
        floor_bare: binary("floor-bare")?,
    };
    term::done("edge, bench", started.elapsed(), &dir.display().to_string());
    Ok(built)
}

fn built(target: &Path) -> Result<Binaries> {
    let dir = target.join("debug");
    let binary = |name: &str| existing(&dir.join(name));
    Ok(Binaries { origin: binary("origin")?, edge: binary("edge")? })
}

fn existing(path: &Path) -> Result<PathBuf> {
    if is_executable(path) { Ok(path.to_owned()) } else { Err(Error::failed(format!("{} is not a program", path.display()))) }
}
