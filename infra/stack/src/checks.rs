//! Checks that need neither services nor a cloud: run by themselves, or counted among the tests.

use crate::error::{Error, Result};
use crate::interrupt;
use crate::term;
use crate::wait;

/// What came of a check that did not fail.
pub enum Outcome {
    /// What was found good, in a few words.
    Passed(String),
    /// With what is missing, and how it would come.
    Skipped(String),
}

/// Whether a name is asked for: no filter asks for all.
pub fn wanted(name: &str, filters: &[&str]) -> bool {
    filters.is_empty() || filters.iter().any(|filter| name.contains(filter))
}

/// Runs `checks`, all of them, and says what came of each.
///
/// # Errors
/// If one failed.
pub fn run_all<'a>(
    of: &str,
    checks: impl IntoIterator<Item = (&'a str, Box<dyn FnOnce() -> Result<Outcome> + 'a>)>,
) -> Result<()> {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, check) in checks {
        let started = wait::now();
        let outcome = check();
        interrupt::check()?;
        match outcome {
            Ok(Outcome::Passed(found)) => {
                passed += 1;
                term::done(name, started.elapsed(), &found);
            }
            Ok(Outcome::Skipped(why)) => {
                skipped += 1;
                term::warn(&format!("{name} skipped: {why}"));
            }
            Err(error) => {
                failed += 1;
                term::line(&format!("  {} {name}\n{error}", term::paint(term::RED, "✗")));
            }
        }
    }
    term::line(&format!("\n{of}: {passed} passed, {failed} failed, {skipped} skipped"));
    if failed > 0 { Err(Error::AlreadyTold) } else { Ok(()) }
}
