//! `cargo stack terraform`: everything about `terraform/` that can be checked without AWS.
//!
//! Each check is one step, counted by `cargo stack test` like any other test. What needs a tool that is not here is
//! skipped and says so; `terraform_schema` and `terraform_boot` need none.

mod boot;
mod checkov;
mod cli;
mod costs;
mod modules;
mod schema;
mod stub;

use std::path::PathBuf;

use crate::checks::{self, Outcome, wanted};
use crate::error::{Error, Result};
use crate::proc::guard;
use crate::tools::Tools;
use crate::workspace::Workspace;

pub struct Step {
    pub name: &'static str,
    run: fn(&Place) -> Result<Outcome>,
}

/// In the order in which a mistake is best found: spelling, then meaning, then policy.
pub const STEPS: [Step; 7] = [
    Step { name: "terraform_fmt", run: cli::fmt },
    Step { name: "terraform_schema", run: schema::step },
    Step { name: "terraform_boot", run: boot::step },
    Step { name: "terraform_plan_tests", run: modules::provider_free },
    Step { name: "terraform_validate", run: modules::validate },
    Step { name: "terraform_mocked_tests", run: modules::mocked },
    Step { name: "terraform_policy", run: checkov::step },
];

/// Where everything lies that a step needs.
pub struct Place<'a> {
    pub workspace: &'a Workspace,
    pub tools: Tools,
    /// The folder `terraform/`.
    pub root: PathBuf,
}

impl<'a> Place<'a> {
    pub fn new(workspace: &'a Workspace) -> Self {
        Self { workspace, tools: Tools::new(workspace), root: workspace.root.join("terraform") }
    }
}

impl Step {
    pub fn run(&self, place: &Place) -> Result<Outcome> {
        (self.run)(place)
    }
}

/// `terraform`, `terraform check`: all steps, or those whose names contain a word. `terraform write`: the cost tables.
pub fn command(workspace: &Workspace, words: &[&str]) -> Result<()> {
    guard::start()?;
    let place = Place::new(workspace);
    match words {
        ["write"] => costs::write(&place),
        [] => check(&place, &[]),
        ["check", filters @ ..] => check(&place, filters),
        other => Err(Error::Usage(format!("`terraform {}` is not a command", other.join(" ")))),
    }
}

fn check(place: &Place, filters: &[&str]) -> Result<()> {
    let steps = STEPS.iter().filter(|step| wanted(step.name, filters));
    checks::run_all("terraform", steps.map(|step| (step.name, Box::new(move || step.run(place)) as _)))
}
