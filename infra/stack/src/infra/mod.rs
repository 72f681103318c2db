//! `cargo stack infra`: everything below `infra/` that can be checked without a cluster, a container engine or a cloud. A check
//! whose tool is absent is skipped, and says how the tool would come.

mod alertmanager;
mod collector;
mod databases;
mod foreign;
mod images;
mod manifests;
mod queries;
mod rules;
mod settings;
mod threats;
mod units;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::checks::{self, Outcome, wanted};
use crate::error::{Context, Error, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, guard, run};
use crate::tools::{Program, Tools, source_of};
use crate::workspace::{Instance, Workspace};

/// One tool, one file or folder.
const TOOL_LIMIT: Duration = Duration::from_secs(120);
const PYTHON_CHECKS: &str = include_str!("../../assets/infra/manifests.py");

pub struct Check {
    pub name: &'static str,
    /// What was found good, in a few words.
    check: fn(&Ground) -> Result<String>,
}

pub static CHECKS: [Check; 11] = [
    Check { name: "infra_settings", check: settings::check },
    Check { name: "infra_queries", check: queries::check },
    Check { name: "infra_units", check: units::check },
    Check { name: "infra_images", check: images::check },
    Check { name: "infra_manifests", check: manifests::check },
    Check { name: "infra_rules", check: rules::check },
    Check { name: "infra_alertmanager", check: alertmanager::check },
    Check { name: "infra_foreign", check: foreign::check },
    Check { name: "infra_collector", check: collector::check },
    Check { name: "infra_databases", check: databases::check },
    Check { name: "infra_threats", check: threats::check },
];

/// What a check works with.
pub struct Ground {
    /// The folder `infra`.
    infra: PathBuf,
    root: PathBuf,
    tools: Tools,
    instance: Instance,
}

impl Check {
    pub fn run(&self, ground: &Ground) -> Result<Outcome> {
        match (self.check)(ground) {
            Ok(found) => Ok(Outcome::Passed(found)),
            Err(error @ Error::Missing { .. }) => Ok(Outcome::Skipped(error.to_string())),
            Err(error) => Err(error),
        }
    }
}

/// All checks, or those whose names hold one of `filters`.
pub fn run_all(workspace: &Workspace, filters: &[&str]) -> Result<()> {
    guard::start()?;
    let ground = Ground::new(workspace)?;
    let checks = CHECKS.iter().filter(|check| wanted(check.name, filters));
    let ground_ref = &ground;
    checks::run_all("infra", checks.map(|check| (check.name, Box::new(move || check.run(ground_ref)) as _)))?;
    ground.remove()
}

impl Ground {
    pub fn new(workspace: &Workspace) -> Result<Self> {
        let instance = Instance::throwaway(workspace, "infra")?;
        Ok(Self { infra: workspace.root.join("infra"), root: workspace.root.clone(), tools: Tools::new(workspace), instance })
    }

    /// What checks wrote; after a failure it is better kept.
    pub fn remove(self) -> Result<()> {
        self.instance.remove()
    }

    fn read(&self, path: &Path) -> Result<String> {
        fs::read_to_string(path).context(|| format!("reading {}", path.display()))
    }

    /// A tool that nobody has to give is missing. One that came and is not what was pinned is a failure: a check that is skipped
    /// for it would be skipped for ever.
    fn tool(&self, name: &str, found: Result<Program>) -> Result<Program> {
        found.map_err(|error| match error {
            Error::Unreachable { .. } => {
                Error::Missing { what: name.to_owned(), how: format!("{}; fetching it failed: {error}", source_of(name)) }
            }
            other => other,
        })
    }

    /// Python with the modules of kubernetes-validate, PyYAML and jsonschema among them.
    fn python(&self) -> Result<Cmd> {
        let python = self.tool("kubernetes-validate", self.tools.kubernetes_validate())?;
        Ok(Cmd::new(&python.path).envs(python.env).env("PYTHONDONTWRITEBYTECODE", "1"))
    }

    /// What schemas cannot say.
    fn python_check(&self, arguments: &[&Path]) -> Result<()> {
        let script = self.instance.dir.join("manifests.py");
        fs::write(&script, PYTHON_CHECKS).context(|| format!("writing {}", script.display()))?;
        run(self.python()?.arg(&script).args(arguments), TOOL_LIMIT)?.success()?;
        Ok(())
    }
}

/// A program that is on the machine or is not: nothing fetches it.
fn on_the_machine(name: &str, how: &str) -> Result<PathBuf> {
    find_program(name).ok_or_else(|| Error::Missing { what: name.to_owned(), how: how.to_owned() })
}

/// The files in `folder` with one of these endings, sorted. None is a mistake: the folder has moved, and nothing would be checked.
fn files_in(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).context(|| format!("reading {}", folder.display()))?.flatten() {
        let path = entry.path();
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_file() && endings.contains(&ending.as_str()) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() { Err(Error::failed(format!("{} holds nothing to check", folder.display()))) } else { Ok(found) }
}

/// One line a mistake.
fn no_mistakes(mistakes: &[String]) -> Result<()> {
    if mistakes.is_empty() { Ok(()) } else { Err(Error::failed(mistakes.join("\n"))) }
}
