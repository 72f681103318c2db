//! Steps of a story, each told with its time and what was seen.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::term;
use crate::wait;

/// What a step gives: a value for the steps after it, and the evidence that it happened.
pub type Told<T> = Result<(T, String)>;

/// Counts and times the steps.
#[derive(Default)]
pub struct Steps {
    pub told: usize,
    /// What the last one took.
    pub took: Duration,
}

impl Steps {
    pub fn step<T>(&mut self, what: &str, action: impl FnOnce() -> Told<T>) -> Result<T> {
        self.told += 1;
        let started = wait::now();
        let outcome = action();
        self.took = started.elapsed();
        let took = term::millis(self.took);
        let line =
            |mark: &str, evidence: &str| term::line(&format!("  {mark} {:>2} {what:<52} {took:>8}  {evidence}", self.told));
        match outcome {
            Ok((value, evidence)) => {
                line(&term::paint(term::GREEN, "✓"), &term::paint(term::DIM, &evidence));
                Ok(value)
            }
            Err(error) => {
                line(&term::paint(term::RED, "✗"), "");
                Err(Error::failed(format!("step {} ({what}): {error}", self.told)))
            }
        }
    }
}
