//! The script of a machine's first start, held against the units of a release: it starts only what there is, and makes what they
//! name. Both are read as text; that the script runs is for a machine to show.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Place;
use crate::checks::Outcome;
use crate::error::{Context, Error, Result};

/// Where the script copies whole folders of the release; below `machine/` lies the module's own `files/`.
const COPIES: [&str; 2] =
    ["$release/machine/sbin/* /usr/local/sbin", "$release/systemd/system/. $release/machine/system/. /etc/systemd/system"];
/// Below `infra/`; the script puts each beside systemd's own.
const USERS: [&str; 2] = ["systemd/users.conf", "mongodb/users.conf"];
/// What a package or another archive brings, and the name of that in the module.
const BROUGHT: [(&str, &str); 3] =
    [("/usr/bin/redis-server", "redis-server"), ("postgres", "postgresql"), ("/opt/mongodb/current/bin/mongod", "mongodb")];
/// Units of Debian's packages.
const DEBIANS: [&str; 3] = ["haproxy.service", "postgresql.service", "redis-server.service"];
const ENDINGS: [&str; 3] = [".service", ".socket", ".timer"];
/// Settings by which one unit starts another.
const PULLS: [&str; 5] = ["BindsTo", "Requires", "Service", "Sockets", "Wants"];

/// A machine's birth, as far as it is written down.
struct Birth {
    /// The templates of the script.
    script: String,
    /// The module, which names packages and archives, and the programs that the script installs.
    beside: String,
    /// Of `files/sbin`.
    programs: BTreeSet<String>,
    users: BTreeSet<String>,
    /// Name and text.
    units: Vec<(String, String)>,
}

pub fn step(place: &Place) -> Result<Outcome> {
    let birth = Birth::read(place)?;
    let findings = birth.findings();
    if findings.is_empty() {
        Ok(Outcome::Passed(format!("{} units, with all that they name", birth.started().len())))
    } else {
        Err(Error::failed(findings.join("\n")))
    }
}

impl Birth {
    fn read(place: &Place) -> Result<Self> {
        let module = place.root.join("modules/machine");
        let infra = place.workspace.root.join("infra");
        let mut units = Vec::new();
        for folder in [infra.join("systemd/system"), module.join("files/system")] {
            for path in files(&folder)? {
                units.push((name(&path), text(&path)?));
            }
        }
        units.retain(|(name, _)| ENDINGS.iter().any(|ending| name.ends_with(ending)));
        let together = |paths: Vec<PathBuf>| paths.iter().map(|path| text(path)).collect::<Result<String>>();
        let sbin = files(&module.join("files/sbin"))?;
        let users = together(USERS.map(|path| infra.join(path)).to_vec())?;
        let users = users.lines().filter_map(|line| line.strip_prefix("u ")?.split(' ').next().map(str::to_owned));
        Ok(Self {
            script: together(files(&module.join("templates"))?)?,
            programs: sbin.iter().map(|path| name(path)).collect(),
            beside: text(&module.join("main.tf"))? + &together(sbin)?,
            users: users.collect(),
            units,
        })
    }

    fn findings(&self) -> Vec<String> {
        let copied = COPIES.into_iter().map(str::to_owned).chain(USERS.map(|path| format!("$release/{path} /etc/sysusers.d/")));
        let uncopied =
            copied.filter(|line| !self.script.contains(line.as_str())).map(|line| format!("the script lacks `{line}`"));
        let started = self.started();
        let unknown = started.iter().filter(|name| self.unit(name).is_none() && !DEBIANS.contains(&name.as_str()));
        let unknown = unknown.map(|name| format!("there is no unit {name}"));
        let unmade = started.iter().flat_map(|name| self.unit(name).map(|text| self.unmade(name, text)).unwrap_or_default());
        uncopied.chain(unknown).chain(unmade).collect()
    }

    /// The units that the script, a program of it or another such unit starts.
    fn started(&self) -> BTreeSet<String> {
        let mut started = BTreeSet::new();
        let mut next: Vec<String> = words(&self.script).chain(words(&self.beside)).map(template).collect();
        while let Some(name) = next.pop() {
            next.extend(name.strip_suffix(".timer").map(|name| format!("{name}.service")));
            let lines = self.unit(&name).into_iter().flat_map(str::lines).filter_map(|line| line.split_once('='));
            let pulled = lines.filter(|(key, _)| PULLS.contains(key)).flat_map(|(_, value)| words(value)).map(template);
            let pulled: Vec<String> = pulled.filter(|name| !started.contains(name)).collect();
            if started.insert(name) {
                next.extend(pulled);
            }
        }
        started
    }

    /// What a unit names and nothing makes.
    fn unmade(&self, unit: &str, text: &str) -> Vec<String> {
        let mut named = Vec::new();
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match key {
                "User" | "Group" => named.push(value),
                // With a dash it may be absent.
                "EnvironmentFile" if !value.starts_with('-') => named.push(value),
                "ExecCondition" | "ExecStart" | "ExecStartPre" | "ExecStartPost" => {
                    let (program, arguments) = value.split_once(' ').unwrap_or((value, ""));
                    named.push(program);
                    named.extend(arguments.split(' ').filter(|word| word.starts_with("/etc/")));
                }
                _ => {}
            }
        }
        // Of a template there are two instances.
        let named = named.into_iter().flat_map(|what| ["a", "b"].map(|instance| what.replace("%i", instance)));
        let missing: BTreeSet<String> = named.filter(|what| !self.is_made(what)).collect();
        missing.into_iter().map(|what| format!("{unit}: nothing makes {what}")).collect()
    }

    fn is_made(&self, what: &str) -> bool {
        let brought = BROUGHT.iter().find(|(thing, _)| *thing == what);
        self.users.contains(what)
            || brought.is_some_and(|(_, by)| self.beside.contains(&format!("\"{by}\"")))
            || what.strip_prefix("/usr/local/sbin/").is_some_and(|name| self.programs.contains(name))
            || what.starts_with('/') && self.script.lines().any(|line| writes(line, what))
    }

    fn unit(&self, name: &str) -> Option<&str> {
        self.units.iter().find(|(unit, _)| unit == name).map(|(_, text)| text.as_str())
    }
}

/// The name of an instance's unit.
fn template(instance: &str) -> String {
    instance.replace("@a.", "@.").replace("@b.", "@.")
}

/// `… >path …`, or a command whose last word it is: `install`, `ln`.
fn writes(line: &str, path: &str) -> bool {
    line.split(' ').any(|word| word.strip_prefix('>') == Some(path)) || line.split(' ').next_back() == Some(path)
}

/// Every name of a unit.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |letter: char| !letter.is_ascii_alphanumeric() && !"@._-".contains(letter);
    text.split(between).filter(|word| ENDINGS.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending)))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn text(path: &Path) -> Result<String> {
    fs::read_to_string(path).context(|| format!("reading {}", path.display()))
}

/// The files of a folder, without its folders.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let doing = || format!("reading {}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).context(doing)? {
        paths.push(entry.context(doing)?.path());
    }
    paths.retain(|path| path.is_file());
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    fn birth() -> Birth {
        Birth::read(&Place::new(&Workspace::find().unwrap())).unwrap()
    }

    #[test]
    fn the_script_makes_what_the_units_name() {
        assert_eq!(birth().findings(), Vec::<String>::new());
    }

    /// The script with one thing changed has a finding that says `expected`.
    #[track_caller]
    fn refuses(old: &str, new: &str, expected: &str) {
        let mut birth = birth();
        assert!(birth.script.contains(old), "{old}");
        birth.script = birth.script.replace(old, new);
        let found = birth.findings();
        assert!(found.iter().any(|finding| finding.contains(expected)), "{found:#?}");
    }

    #[test]
    fn what_is_not_made_is_found() {
        refuses(">/etc/edge/common", ">/etc/rcr/edge", "edge@.service: nothing makes /etc/edge/common");
        refuses("systemd/etc/edge/b /etc/edge/b", "", "edge@.service: nothing makes /etc/edge/b");
        refuses("/usr/local/bin/origin", "/usr/bin/origin", "origin.service: nothing makes /usr/local/bin/origin");
        refuses("/etc/mongodb/mongod.conf", "/etc/mongod.conf", "mongod.service: nothing makes /etc/mongodb/mongod.conf");
        refuses("cp -R $release/systemd/system/.", "cp $release/systemd/system/*", "the script lacks");
        refuses("$release/mongodb/users.conf", "$release/users.conf", "the script lacks `$release/mongodb/users.conf");
        refuses("rcr-routes.timer", "rcr-route.timer", "there is no unit rcr-route.timer");
    }

    #[test]
    fn a_user_that_nobody_makes_is_found() {
        let mut birth = birth();
        birth.users.remove("mongod");
        assert_eq!(birth.findings(), ["mongod.service: nothing makes mongod"]);
    }
}
