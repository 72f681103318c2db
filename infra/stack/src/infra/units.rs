//! systemd: the units are laid out as on a machine and verified, and none is more exposed than it may be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Ground, TOOL_LIMIT, files_in, no_mistakes, on_the_machine};
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, run};

/// Of `systemd-analyze security`, where 10 is no protection at all. Newer versions of it look at more.
const EXPOSURE_MAX: f64 = 1.5;
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
    let source = ground.infra.join("systemd");
    let root = laid_out(ground, &source)?;
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
        let exposure = exposure(&analyze, service)?;
        if exposure > EXPOSURE_MAX {
            return Err(Error::failed(format!("{name} is exposed by {exposure}, more than {EXPOSURE_MAX}")));
        }
        scores.push(format!("{name} {exposure}"));
    }
    users(&root, &source)?;
    run(Cmd::new("/bin/sh").arg("-n").arg(source.join("edge-replace")), TOOL_LIMIT)?.success()?;
    Ok(format!("{} units; exposure at most {EXPOSURE_MAX}: {}", names.len(), scores.join(", ")))
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

fn laid_out(ground: &Ground, source: &Path) -> Result<PathBuf> {
    let root = ground.instance.dir.join("root");
    let systemd = root.join("etc/systemd");
    fs::create_dir_all(&systemd).context(|| format!("creating {}", systemd.display()))?;
    let copy = |from: PathBuf, to: &Path| run(Cmd::new("cp").arg("-R").arg(from).arg(to), TOOL_LIMIT)?.success();
    copy(source.join("system"), &systemd)?;
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
    fn a_template_has_two_instances() {
        assert_eq!(instances("edge@.service".into()), ["edge@a.service", "edge@b.service"]);
        assert_eq!(instances("edge.socket".into()), ["edge.socket"]);
    }
}
