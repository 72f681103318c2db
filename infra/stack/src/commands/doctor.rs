//! What is here, what is missing, and how the missing would come.

use crate::error::Result;
use crate::proc::command::find_program;
use crate::term;
use crate::tools::{self, Tools};
use crate::workspace::Workspace;

/// Programs that the runner itself stands on, with the Debian package of each.
const NEEDED: [(&str, &str); 5] = [
    ("cargo", "the Rust toolchain named in the workspace's Cargo.toml"),
    ("setpriv", "Debian package util-linux"),
    ("python3", "Debian package python3, with python3-pip"),
    ("apt-get", "comes with Debian; elsewhere install PostgreSQL and Redis yourself"),
    ("dpkg", "comes with Debian; elsewhere install PostgreSQL and Redis yourself"),
];

pub fn run(workspace: &Workspace) -> Result<()> {
    term::heading("Needed on the machine");
    for (name, source) in NEEDED {
        report(name, find_program(name).map(|path| path.display().to_string()), source);
    }
    term::heading("Fetched when first needed");
    let tools = Tools::new(workspace);
    for name in tools::NAMES {
        report(name, tools.present(name).map(|path| path.display().to_string()), tools::source_of(name));
    }
    Ok(())
}

fn report(name: &str, found: Option<String>, source: &str) {
    match found {
        Some(path) => term::line(&format!("  {} {name:<12} {path}", term::paint(term::GREEN, "✓"))),
        None => term::line(&format!("  {} {name:<12} {source}", term::paint(term::YELLOW, "–"))),
    }
}
