//! `cargo stack test`: every test of the workspace against the real services, then the checks of `infra/` and of `terraform/`,
//! the tours, a rolling restart, two drills, the k6 suites' types and a small load over the WAN, counted together.

use std::time::Duration;

use crate::cargo::{self, BUILD_LIMIT, Binaries};
use crate::checks::{Outcome, wanted};
use crate::commands::services::everything;
use crate::drill;
use crate::error::{Error, Result};
use crate::infra;
use crate::interrupt;
use crate::load;
use crate::proc::{guard, run_streaming};
use crate::release;
use crate::restart;
use crate::services::Services;
use crate::system::Parts;
use crate::term;
use crate::terraform;
use crate::tools::Tools;
use crate::tour;
use crate::wait;
use crate::workspace::{Instance, Workspace};

/// All tests of the workspace, one binary after the other, on two slow cores.
const TESTS_LIMIT: Duration = Duration::from_secs(45 * 60);
const ROLLING_RESTART: &str = "rolling_restart";
const RELEASE: &str = "release_archive";
const LOAD_TYPES: &str = "load_types";
const LOAD_SMOKE: &str = "load_smoke";
const LOAD_TEARDOWN: &str = "load_teardown";
const TOURS: [(&str, Parts); 2] = [("tour", Parts::Embedded), ("tour_full", Parts::Full)];

#[derive(Default, Debug, PartialEq, Eq)]
struct Total {
    passed: u64,
    failed: u64,
    skipped: u64,
}

pub fn run(workspace: &Workspace, filters: &[&str]) -> Result<()> {
    guard::start()?;
    let mut total = Total::default();
    if let Err(error) = run_all(workspace, filters, &mut total) {
        // Without a build or a service there is nothing to count: that is a failure too, and never a skip.
        interrupt::check()?;
        tell(&error);
        total.failed += 1;
    }
    if total.passed + total.failed == 0 {
        tell(&Error::failed("no test ran"));
    }
    // The last line, whatever happened: scripts read it.
    term::line(&format!("\ntotal: {} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped));
    if total.passed == 0 || total.failed > 0 { Err(Error::AlreadyTold) } else { Ok(()) }
}

fn run_all(workspace: &Workspace, filters: &[&str], total: &mut Total) -> Result<()> {
    let binaries = cargo::build(workspace)?;
    let compile = cargo::offline(cargo::cargo(workspace)).args(["test", "--workspace", "--no-run"]);
    run_streaming(compile, BUILD_LIMIT, &mut |_| {})?.success()?;
    workspace_tests(workspace, &binaries, filters, total)?;
    infra_checks(workspace, filters, total)?;
    let place = terraform::Place::new(workspace);
    for step in terraform::STEPS.iter().filter(|step| wanted(step.name, filters)) {
        counted(step.name, total, || step.run(&place))?;
    }
    for (name, parts) in TOURS {
        if wanted(name, filters) {
            counted(name, total, || tour::run(workspace, &binaries, parts, false).map(passed))?;
        }
    }
    if wanted(ROLLING_RESTART, filters) {
        counted(ROLLING_RESTART, total, || restart::run(workspace, &binaries).map(passed))?;
    }
    for (name, play) in drill::IN_TESTS {
        if wanted(name, filters) {
            counted(name, total, || drill::run(workspace, &binaries, &[play]).map(passed))?;
        }
    }
    if wanted(RELEASE, filters) {
        counted(RELEASE, total, || release::check(workspace, &binaries))?;
    }
    if wanted(LOAD_TYPES, filters) {
        counted(LOAD_TYPES, total, || match load::types::npm() {
            Some(npm) => load::types::check(workspace, &npm).map(passed),
            None => Ok(Outcome::Skipped("there is no npm; install Node.js 20 or newer".to_owned())),
        })?;
    }
    if wanted(LOAD_SMOKE, filters) {
        counted(LOAD_SMOKE, total, || load::run(workspace, &["smoke"]).map(passed))?;
    }
    if wanted(LOAD_TEARDOWN, filters) {
        counted(LOAD_TEARDOWN, total, || load::teardown::check(workspace, &binaries))?;
    }
    Ok(())
}

fn tell(error: &Error) {
    term::line(&format!("{} {error}", term::paint(term::RED, "error:")));
}

fn workspace_tests(workspace: &Workspace, binaries: &Binaries, filters: &[&str], total: &mut Total) -> Result<()> {
    let instance = Instance::throwaway(workspace, "test")?;
    term::heading("Services");
    let services = Services::start(&instance, &Tools::new(workspace), &everything(&["test"]), false)?;
    term::heading("Tests");
    let command = cargo::offline(cargo::cargo(workspace)).args(["test", "--workspace", "--no-fail-fast", "--"]).args(filters);
    let command = command.envs(services.environment());
    let command = command.env("STACK_BIN_ORIGIN", &binaries.origin).env("STACK_BIN_EDGE", &binaries.edge);
    let finished = run_streaming(command, TESTS_LIMIT, &mut |line| {
        term::line(line);
        total.add(line);
    })?;
    if !finished.status.success() && total.failed == 0 {
        // A test binary that did not compile or was killed prints no result of its own.
        term::warn(&format!("cargo test ended with {} and named no failed test", finished.status));
        total.failed = 1;
    }
    drop(services);
    if total.failed == 0 {
        instance.remove()?;
    }
    Ok(())
}

fn passed((): ()) -> Outcome {
    Outcome::Passed(String::new())
}

/// A check whose tool is absent counts as skipped, and says so.
fn infra_checks(workspace: &Workspace, filters: &[&str], total: &mut Total) -> Result<()> {
    let wanted: Vec<_> = infra::CHECKS.iter().filter(|check| wanted(check.name, filters)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let ground = infra::Ground::new(workspace)?;
    let failed = total.failed;
    for check in wanted {
        counted(check.name, total, || check.run(&ground))?;
    }
    if total.failed == failed { ground.remove() } else { Ok(()) }
}

/// Runs one of the runner's own tests and adds it to the others.
fn counted(name: &str, total: &mut Total, test: impl FnOnce() -> Result<Outcome>) -> Result<()> {
    let started = wait::now();
    let outcome = test();
    interrupt::check()?;
    let verdict = match outcome {
        Ok(Outcome::Passed(_)) => {
            total.passed += 1;
            "ok".to_owned()
        }
        Ok(Outcome::Skipped(why)) => {
            total.skipped += 1;
            format!("skipped: {why}")
        }
        Err(error) => {
            total.failed += 1;
            tell(&error);
            "FAILED".to_owned()
        }
    };
    term::line(&format!("test {name} ... {verdict} ({})", term::millis(started.elapsed())));
    Ok(())
}

impl Total {
    /// Adds what a line like this says, if it is one:
    /// `test result: ok. 15 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.83s`
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else { return };
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let number = words.next().and_then(|word| word.parse::<u64>().ok());
            match (number, words.next()) {
                (Some(number), Some("passed")) => self.passed += number,
                (Some(number), Some("failed")) => self.failed += number,
                (Some(number), Some("ignored")) => self.skipped += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_test_results() {
        let mut total = Total::default();
        total.add("test result: ok. 15 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.83s");
        total.add("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s");
        total.add("running 7 tests");
        total.add("test something::passes ... ok");
        assert_eq!(total, Total { passed: 17, failed: 3, skipped: 1 });
    }
}
