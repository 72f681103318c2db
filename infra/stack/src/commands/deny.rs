//! `cargo deny` from a pinned binary: what dependencies may be, by the workspace's `deny.toml`.

use std::time::Duration;

use crate::error::Result;
use crate::proc::{Cmd, guard, run_streaming};
use crate::term;
use crate::tools::Tools;
use crate::workspace::Workspace;

const LIMIT: Duration = Duration::from_secs(300);
/// Their database is a repository that cargo-deny fetches; no package registry has it.
const ADVISORIES: &str =
    "advisories were not checked; where github.com/rustsec/advisory-db can be reached: `cargo deny check advisories`";

pub fn run(workspace: &Workspace) -> Result<()> {
    guard::start()?;
    let tool = Tools::new(workspace).cargo_deny()?;
    let command = Cmd::new(&tool.path).dir(&workspace.root);
    run_streaming(command.args(["check", "bans", "licenses", "sources"]), LIMIT, &mut |_| {})?.success()?;
    term::warn(ADVISORIES);
    Ok(())
}
