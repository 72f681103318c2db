//! systemd: the units are laid out as on a machine, with those that the machines of `terraform/` have besides, and verified; none
//! is more exposed than it may be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Ground, TOOL_LIMIT, files_in, no_mistakes, on_the_machine};
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, run};

/// Of `systemd-analyze security`, where 10 is no protection at all. Newer versions of it look at more.
const EXPOSURE_MAX: f64 = 1.5;
/// Who may be more exposed. The one that gives keys to users and has systemd start what waits for them is root.
const EXCEPTIONS: [(&str, f64); 1] = [("rcr-certificate.service", 2.5)];
/// What the machines of `terraform/` have besides: units, and the scripts that these run.
const MACHINE: &str = "terraform/modules/machine/files";
/// What the units run; their files stand in for them.
const PROGRAMS: [&str; 9] = [
    "opt/mongodb/current/bin/mongod",
    "usr/local/bin/edge",
    "usr/local/bin/origin",
    "usr/bin/redis-server",
    "usr/bin/prometheus",
    "usr/bin/prometheus-alertmanager",
    "usr/bin/prometheus-node-exporter",
    "usr/bin/otelcol-contrib",
    "bin/kill",
];

pub fn check(ground: &Ground) -> Result<String> {
    let analyze = on_the_machine("systemd-analyze", "Debian package systemd, 250 or later; it need not run the machine")?;
    let (source, machine) = (ground.infra.join("systemd"), ground.root.join(MACHINE));
    let root = laid_out(ground, &source, &machine)?;
    let units = root.join("etc/systemd/system");
    let files = files_in(&units, &["service", "socket", "timer"])?;
    let names = files.iter().filter_map(|file| file.file_name()).map(|name| name.to_string_lossy().into_owned());
    let names: Vec<String> = names.flat_map(instances).collect();
    let verify =
        Cmd::new(&analyze).args(["verify", "--man=no", "--recursive-errors=no"]).arg(option("--root", &root)).args(&names);
    // It says what it ignores, and may succeed all the same.
    let verified = run(verify, TOOL_LIMIT)?;
    no_mistakes(&verified.stderr.lines().map(str::to_owned).collect::<Vec<_>>())?;
    verified.success()?;

    let mut scores = Vec::new();
    for service in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "service")) {
        let name = service.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (exposure, max) = (exposure(&analyze, service)?, exposure_max(&name));
        if exposure > max {
            return Err(Error::failed(format!("{name} is exposed by {exposure}, more than {max}")));
        }
        scores.push(format!("{name} {exposure}"));
    }
    users(&root, &source)?;
    let mut scripts = files_in(&machine.join("sbin"), &[""])?;
    scripts.push(source.join("edge-replace"));
    for script in scripts {
        run(Cmd::new("/bin/sh").arg("-n").arg(script), TOOL_LIMIT)?.success()?;
    }
    Ok(format!("{} units; exposure at most {EXPOSURE_MAX}, but for {EXCEPTIONS:?}: {}", names.len(), scores.join(", ")))
}

fn exposure_max(service: &str) -> f64 {
    EXCEPTIONS.iter().find(|(name, _)| *name == service).map_or(EXPOSURE_MAX, |(_, max)| *max)
}

/// A template is verified by its two instances.
fn instances(name: String) -> Vec<String> {
    match name.split_once("@.") {
        Some((before, after)) => ["a", "b"].map(|instance| format!("{before}@{instance}.{after}")).to_vec(),
        None => vec![name],
    }
}

fn option(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

fn laid_out(ground: &Ground, source: &Path, machine: &Path) -> Result<PathBuf> {
    let root = ground.instance.dir.join("root");
    let (systemd, local) = (root.join("etc/systemd"), root.join("usr/local"));
    for folder in [&systemd, &local] {
        fs::create_dir_all(folder).context(|| format!("creating {}", folder.display()))?;
    }
    let copy = |from: PathBuf, to: &Path| run(Cmd::new("cp").arg("-R").arg(from).arg(to), TOOL_LIMIT)?.success();
    copy(source.join("system"), &systemd)?;
    // Into the same folder: their links to hardening.conf lead there.
    copy(machine.join("system/."), &systemd.join("system"))?;
    copy(machine.join("sbin"), &local)?;
    copy(source.join("etc/."), &root.join("etc"))?;
    for program in PROGRAMS {
        let path = root.join(program);
        let doing = || format!("writing {}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&root)).context(doing)?;
        fs::write(&path, "#!/bin/sh\n").context(doing)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).context(doing)?;
    }
    Ok(root)
}

fn exposure(analyze: &Path, service: &Path) -> Result<f64> {
    let table = run(Cmd::new(analyze).args(["security", "--offline=true", "--no-pager"]).arg(service), TOOL_LIMIT)?.success()?;
    score(&table).ok_or_else(|| Error::failed(format!("systemd-analyze security says no score:\n{table}")))
}

/// `→ Overall exposure level for edge@i.service: 1.1 OK`
fn score(table: &str) -> Option<f64> {
    let line = table.lines().rfind(|line| line.contains("Overall exposure level"))?;
    line.rsplit(": ").next()?.split_whitespace().next()?.parse().ok()
}

/// Without `systemd-sysusers` the users are not looked at: it is in the same package, but for a few distributions.
fn users(root: &Path, source: &Path) -> Result<()> {
    let Ok(sysusers) = on_the_machine("systemd-sysusers", "") else { return Ok(()) };
    let command = Cmd::new(sysusers).arg("--dry-run").arg(option("--root", root)).arg(source.join("users.conf"));
    run(command, TOOL_LIMIT)?.success()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_score() {
        let table = "✗ PrivateNetwork=  Service has access to the host's network  0.5\n\n→ Overall exposure level for edge@i.service: 1.1 OK 🙂\n";
        assert_eq!(score(table), Some(1.1));
        assert_eq!(score("nothing"), None);
    }

    #[test]
    fn only_who_is_named_may_be_more_exposed() {
        assert!(EXCEPTIONS.iter().all(|(name, max)| exposure_max(name) == *max && *max > EXPOSURE_MAX));
        assert_eq!(exposure_max("rcr-routes.service"), EXPOSURE_MAX);
    }

    #[test]
    fn a_template_has_two_instances() {
        assert_eq!(instances("edge@.service".into()), ["edge@a.service", "edge@b.service"]);
        assert_eq!(instances("edge.socket".into()), ["edge.socket"]);
    }
}
