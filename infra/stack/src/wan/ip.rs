//! `ip` and `tc`, many commands in one process.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, run};

const LIMIT: Duration = Duration::from_secs(20);

/// Runs `ip` commands, in a namespace if one is named.
pub fn batch(namespace: Option<&str>, commands: &[String]) -> Result<()> {
    tool("ip", namespace, commands)
}

/// Runs `tc` commands in a namespace.
pub fn tc(namespace: &str, commands: &[String]) -> Result<()> {
    tool("tc", Some(namespace), commands)
}

fn tool(name: &str, namespace: Option<&str>, commands: &[String]) -> Result<()> {
    let command = Cmd::new(find(name)?).args(namespace.iter().flat_map(|name| ["-n", name])).args(["-batch", "-"]);
    run(command.stdin(commands.join("\n") + "\n"), LIMIT)?.success().map(|_| ())
}

/// By making one and taking it away again.
pub fn can_make_namespaces() -> Result<()> {
    let name = format!("stack-probe-{}", std::process::id());
    batch(None, &[format!("netns add {name}"), format!("netns del {name}")])
}

pub fn find(name: &str) -> Result<PathBuf> {
    let how = "install Debian's iproute2".to_owned();
    find_program(name).ok_or_else(|| Error::Missing { what: name.to_owned(), how })
}
