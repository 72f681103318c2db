//! The same system as the tour's, left running.

use std::time::Duration;

use crate::cargo;
use crate::error::{Error, Result};
use crate::proc::guard;
use crate::system::{Parts, Plan, System};
use crate::term;
use crate::tools::Tools;
use crate::wait::{self, Probe};
use crate::workspace::{Instance, Workspace};

const FOR_EVER: Duration = Duration::MAX;

pub fn run(workspace: &Workspace, parts: Parts, fresh: bool, echo: bool) -> Result<()> {
    guard::start()?;
    // Embedded and full keep different data: what one wrote to a table the other looks for in MongoDB.
    let instance = Instance::lasting(workspace, if parts == Parts::Full { "dev-full" } else { "dev" })?;
    if fresh {
        instance.empty()?;
    }
    let binaries = cargo::build(workspace)?;
    let mut system = System::start(&instance, &Tools::new(workspace), &binaries, &Plan::on_loopback(parts, echo))?;
    show(&system, &instance);
    let ended = wait::until::<()>("a signal", FOR_EVER, || {
        system.still_running()?;
        Ok(Probe::NotYet(String::new()))
    });
    match ended {
        Err(Error::Interrupted) => Ok(()),
        other => other,
    }
}

fn show(system: &System, instance: &Instance) {
    term::heading("Running");
    let row = |what: &str, url: &str, admin: &str| term::line(&format!("  {what:<12} {url:<28} {admin}"));
    row("", "service", "admin (healthz, readyz, metrics)");
    row("origin", &system.origin.url, &system.origin.admin_url);
    for edge in &system.edges {
        row(&format!("edge {}", edge.region), &edge.url, &edge.admin_url);
    }
    term::line(&format!("  {:<12} {} / {}", "editor", system.account.email, system.account.password));
    term::line(&format!("  {:<12} {}", "logs", instance.logs().display()));
    if let Some(edge) = system.edges.first() {
        term::line(&format!("\n  Try: curl -i '{}/v1/reviews?limit=3'", edge.url));
    }
    term::line("  Ctrl-C stops everything; the data stays. `--fresh` begins anew.");
}
