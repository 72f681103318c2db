//! `cargo stack release`: what machines are made of, in one archive with its checksum and its list of parts.

pub mod sbom;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::cargo::{self, Binaries};
use crate::checks::Outcome;
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, guard, run};
use crate::random::hex;
use crate::term;
use crate::wait;
use crate::workspace::Workspace;

const LIMIT: Duration = Duration::from_secs(120);
/// The workspace's: `[workspace.package]` in `Cargo.toml` says it once, for the runner as for both programs.
const NUMBER: &str = env!("CARGO_PKG_VERSION");
/// What a machine needs beside the programs, and where it lies here.
const FOLDERS: [(&str, &str); 5] = [
    ("systemd", "infra/systemd"),
    ("postgres", "infra/postgres"),
    ("mongodb", "infra/mongodb"),
    ("observability", "infra/observability"),
    ("machine", "terraform/modules/machine/files"),
];

pub fn run_release(workspace: &Workspace) -> Result<()> {
    guard::start()?;
    let commit = commit(workspace)?;
    let binaries = cargo::build_release_of(workspace, Some(&commit))?;
    let wanted = format!("{NUMBER} ({commit})");
    for program in [&binaries.origin, &binaries.edge] {
        let said = run(Cmd::new(program).arg("--version"), LIMIT)?.success()?;
        if !said.contains(&wanted) {
            return Err(Error::failed(format!("this is to be {wanted}, and the program is {}", said.trim())));
        }
    }
    let started = wait::now();
    let made = make(workspace, &binaries, &workspace.stack_dir().join("release"))?;
    // Or the archive would be called by another commit than its programs were built from.
    if self::commit(workspace)? != commit {
        return Err(Error::failed(format!("the tree was {commit} when this began, and is another now: build it again")));
    }
    term::done("release", started.elapsed(), &made.archive.display().to_string());
    term::line(&format!("{}  {}", made.sha256, made.archive.display()));
    Ok(())
}

/// What both programs say that they were built from: `3b27800`, or `3b27800-dirty` where the tree has changes.
fn commit(workspace: &Workspace) -> Result<String> {
    // The number is the workspace's, whatever tags there are.
    git(workspace, &["describe", "--always", "--dirty", "--exclude=*"])
}

/// By which an archive is called and a machine asks for it: `0.1.0-g3b27800`.
fn version(workspace: &Workspace) -> Result<String> {
    let version = format!("{NUMBER}-g{}", commit(workspace)?);
    if taken(&version) { Ok(version) } else { Err(Error::failed(format!("no machine would take the version {version}"))) }
}

/// The rule of the variable `archives` in terraform/modules/machine/variables.tf: three numbers, and perhaps a suffix.
fn taken(version: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = version.splitn(3, '.').collect();
    let [major, minor, rest] = parts[..] else { return false };
    number(major)
        && number(minor)
        && rest.starts_with(|letter: char| letter.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte))
}

fn git(workspace: &Workspace, words: &[&str]) -> Result<String> {
    Ok(run(Cmd::new("git").args(words).dir(&workspace.root), LIMIT)?.success()?.trim().to_owned())
}

pub struct Made {
    pub archive: PathBuf,
    pub sha256: String,
}

/// The archive below `out`: the same bytes for the same binaries and commit.
pub fn make(workspace: &Workspace, binaries: &Binaries, out: &Path) -> Result<Made> {
    let committed_at = git(workspace, &["log", "-1", "--format=%ct"])?;
    let name = format!("rcr-{}", version(workspace)?);
    let folder = out.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).context(|| format!("removing {}", folder.display()))?;
    }
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).context(|| format!("creating {}", bin.display()))?;
    for (program, path) in [("origin", &binaries.origin), ("edge", &binaries.edge)] {
        fs::copy(path, bin.join(program)).context(|| format!("copying {}", path.display()))?;
    }
    for (part, place) in FOLDERS {
        // What is committed: beside it may lie an operator's secrets.
        let tar = folder.join(format!("{part}.tar"));
        let export =
            Cmd::new("git").dir(&workspace.root).args(["archive", &format!("--prefix={part}/"), &format!("HEAD:{place}"), "-o"]);
        run(export.arg(&tar), LIMIT)?.success()?;
        run(Cmd::new("tar").args(["--extract", "--file"]).arg(&tar).arg("--directory").arg(&folder), LIMIT)?.success()?;
        fs::remove_file(&tar).context(|| format!("removing {}", tar.display()))?;
    }
    let parts = sbom::of(workspace)?;
    let file = folder.join("sbom.cdx.json");
    fs::write(&file, parts.to_string()).context(|| format!("writing {}", file.display()))?;

    let archive = out.join(format!("{name}.tar.zst"));
    let tar = Cmd::new("tar").dir(out).args(["--create", "--zstd", "--sort=name", "--owner=0", "--group=0", "--numeric-owner"]);
    let tar = tar.args(["--mode=go=rX,u+rw,a-s", &format!("--mtime=@{committed_at}"), "--file"]).arg(&archive).arg(&name);
    run(tar, LIMIT)?.success()?;
    let bytes = fs::read(&archive).context(|| format!("reading {}", archive.display()))?;
    let sha256 = hex(&Sha256::digest(&bytes));
    let sum = archive.with_extension("zst.sha256");
    let line = format!("{sha256}  {name}.tar.zst\n");
    fs::write(&sum, line).context(|| format!("writing {}", sum.display()))?;
    Ok(Made { archive, sha256 })
}

/// That an archive is what machines expect, for `cargo stack test`.
pub fn check(workspace: &Workspace, binaries: &Binaries) -> Result<Outcome> {
    if !workspace.root.join(".git").exists() {
        return Ok(Outcome::Skipped("this copy has no history, of which archives are made".to_owned()));
    }
    let out = workspace.stack_dir().join("release-check");
    let (first, second) = (make(workspace, binaries, &out)?, make(workspace, binaries, &out)?);
    if first.sha256 != second.sha256 {
        return Err(Error::failed("two archives of one commit differ"));
    }
    let listed = run(Cmd::new("tar").args(["--list", "--zstd", "--file"]).arg(&first.archive), LIMIT)?.success()?;
    let wanted =
        ["/bin/edge", "/bin/origin", "/systemd/system/origin.service", "/postgres/promote.sql", "/machine/sbin/rcr-start"];
    for wanted in wanted.into_iter().chain(["/mongodb/mongod.conf", "/observability/prometheus/machine.yaml", "/sbom.cdx.json"]) {
        if !listed.lines().any(|line| line.ends_with(wanted)) {
            return Err(Error::failed(format!("the archive lacks {wanted}")));
        }
    }
    fs::remove_dir_all(&out).context(|| format!("removing {}", out.display()))?;
    Ok(Outcome::Passed("the same bytes twice".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_three_numbers_and_perhaps_a_suffix() {
        for version in ["0.1.0", "0.1.0-g3b27800", "0.1.0-g3b27800-dirty", "10.2.33+4.x"] {
            assert!(taken(version), "{version}");
        }
        for version in ["", "latest", "3b27800", "3b27800-dirty", "v0.1.0", "0.1", "0.1.", "0.1.x", "0.1.0_1", "0.1.0/x"] {
            assert!(!taken(version), "{version}");
        }
    }

    /// Whoever changes the one rule is told of the other.
    #[test]
    fn the_rule_is_the_one_of_terraform() {
        let file = Workspace::find().unwrap().root.join("terraform/modules/machine/variables.tf");
        let rule = r#"regex("^[0-9]+\\.[0-9]+\\.[0-9]+[0-9A-Za-z.+-]*$", archive.version)"#;
        assert!(fs::read_to_string(file).unwrap().contains(rule));
    }
}
