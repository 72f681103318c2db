//! The k6 suites are JavaScript with types in comments: checked here, with what can be tested of them without k6.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Result;
use crate::proc::command::find_program;
use crate::proc::{Cmd, run};
use crate::term;
use crate::wait;
use crate::workspace::Workspace;

/// The compiler and k6's types are fetched first, some 25 MB.
const FETCH_LIMIT: Duration = Duration::from_secs(180);
const CHECK_LIMIT: Duration = Duration::from_secs(120);

/// Comes with Node.js, which nothing else here needs.
pub fn npm() -> Option<PathBuf> {
    find_program("npm")
}

/// Fetches what the lock file names, and checks.
///
/// # Errors
/// When something is wrong; with what the check said.
pub fn check(workspace: &Workspace, npm: &Path) -> Result<()> {
    let dir = workspace.root.join("loadtests");
    let steps: [(&str, &[&str], Duration); 3] = [
        ("fetched", &["ci", "--no-audit", "--no-fund", "--silent"], FETCH_LIMIT),
        ("types", &["run", "--silent", "check"], CHECK_LIMIT),
        ("tests", &["run", "--silent", "test"], CHECK_LIMIT),
    ];
    for (name, words, limit) in steps {
        let started = wait::now();
        run(Cmd::new(npm).args(words.iter().copied()).dir(&dir), limit)?.success()?;
        term::done(name, started.elapsed(), "of the k6 suites");
    }
    Ok(())
}
