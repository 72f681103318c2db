//! Debian packages through apt: installed as root where that starts nothing unwanted, otherwise downloaded and
//! unpacked below the tools folder together with those of their dependencies that the machine lacks.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::download::download;
use crate::error::{Context, Error, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, run};
use crate::services::user;

const APT_LIMIT: Duration = Duration::from_secs(600);

/// The Debian release, for stamping folders: `debian-12`. Within a release, versions change only by fixes.
pub(super) fn release() -> Result<String> {
    let text = fs::read_to_string("/etc/os-release").context(|| "reading /etc/os-release".into())?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?.strip_prefix('=')?;
        Some(line.trim_matches('"').to_owned())
    };
    Ok(format!("{}-{}", value("ID").unwrap_or_else(|| "linux".into()), value("VERSION_ID").unwrap_or_else(|| "0".into())))
}

/// Refreshes the package lists, which a fresh machine may lack. An ordinary user cannot, and need not where
/// root did once.
fn update_lists() -> Result<()> {
    if user::is_root() {
        download(apt_get()?.args(["-q", "update"]), APT_LIMIT)?;
    }
    Ok(())
}

pub(super) fn install(package: &str) -> Result<()> {
    update_lists()?;
    let command = apt_get()?.env("DEBIAN_FRONTEND", "noninteractive").args(["-q", "install", "-y", "--no-install-recommends"]);
    download(command.arg(package), APT_LIMIT)?;
    Ok(())
}

pub(super) fn unpack(packages: &[&str], dir: &Path) -> Result<()> {
    update_lists()?;
    let mut wanted = lacking(packages)?;
    // A package that is installed after all (but lies outside PATH, say) is not listed as lacking.
    wanted.extend(packages.iter().map(|package| (*package).to_owned()));
    wanted.sort_unstable();
    wanted.dedup();
    extract(&wanted, dir)
}

/// The package without what it depends on.
pub(super) fn unpack_alone(package: &str, dir: &Path) -> Result<()> {
    update_lists()?;
    extract(&[package.to_owned()], dir)
}

fn extract(packages: &[String], dir: &Path) -> Result<()> {
    let archives = dir.join("archives");
    fs::create_dir_all(&archives).context(|| format!("creating {}", archives.display()))?;
    download(apt_get()?.dir(&archives).args(["-q", "download"]).args(packages), APT_LIMIT)?;
    for archive in fs::read_dir(&archives).context(|| format!("reading {}", archives.display()))?.flatten() {
        run(Cmd::new("dpkg").arg("-x").arg(archive.path()).arg(dir), APT_LIMIT)?.success()?;
    }
    fs::remove_dir_all(&archives).context(|| format!("removing {}", archives.display()))
}

/// What apt would install to satisfy these packages, by simulating it: that needs no rights.
fn lacking(packages: &[&str]) -> Result<Vec<String>> {
    let simulate = apt_get()?.args(["-q", "--simulate", "--no-install-recommends", "install"]).args(packages);
    let plan = download(simulate, APT_LIMIT)?;
    Ok(plan.lines().filter_map(planned_package).collect())
}

/// `Inst liblzf1 (3.6-3 Debian:12 [amd64])` names `liblzf1`.
fn planned_package(line: &str) -> Option<String> {
    line.strip_prefix("Inst ")?.split_whitespace().next().map(str::to_owned)
}

/// Unpacked libraries are not where the loader looks.
pub(super) fn library_path(home: &Path) -> Vec<(String, String)> {
    library_path_with(home, None)
}

/// The same with a folder of the package's own.
pub(super) fn library_path_with(home: &Path, own: Option<&Path>) -> Vec<(String, String)> {
    let folders = ["usr/lib", "lib"].map(|lib| home.join(lib).join(format!("{}-linux-gnu", std::env::consts::ARCH)));
    let folders = folders.iter().map(std::path::PathBuf::as_path).chain(own);
    let joined: Vec<String> = folders.map(|folder| folder.display().to_string()).collect();
    vec![("LD_LIBRARY_PATH".into(), joined.join(":"))]
}

fn apt_get() -> Result<Cmd> {
    let how = "it is fetched with apt-get on Debian; elsewhere install it yourself and put it in PATH";
    let path = find_program("apt-get").ok_or_else(|| Error::Missing { what: "a Debian package".into(), how: how.into() })?;
    let command = Cmd::new(path);
    // As root, apt downloads as a user that may not be allowed to write below the clone.
    Ok(if user::is_root() { command.args(["-o", "APT::Sandbox::User=root"]) } else { command })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_apt_plans() {
        assert_eq!(planned_package("Inst liblzf1 (3.6-3 Debian:12 [amd64])").as_deref(), Some("liblzf1"));
        assert_eq!(planned_package("Conf liblzf1 (3.6-3 Debian:12 [amd64])"), None);
    }
}
