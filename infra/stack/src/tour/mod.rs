//! The story of one review, told over real sockets. Every step says what it saw; the tour succeeds only if every
//! step did what it says.

pub mod api;
mod exif;
mod parts;
mod read;
mod speed;
pub mod text;
mod write;

use std::time::Duration;

pub use self::write::marker;

use crate::cargo::Binaries;
use crate::error::Result;
use crate::steps::{Steps, Told};
use crate::system::{Parts, Plan, REGIONS, System};
use crate::term;
use crate::tools::Tools;
use crate::wait;
use crate::workspace::{Instance, Workspace};

/// How long all regions may take to apply one write.
const RECEIPTS_LIMIT: Duration = Duration::from_secs(20);

pub struct Story<'a> {
    system: &'a System,
    steps: Steps,
}

impl Story<'_> {
    fn step<T>(&mut self, what: &str, action: impl FnOnce(&System) -> Told<T>) -> Result<T> {
        let system = self.system;
        self.steps.step(what, || action(system))
    }
}

/// Starts a throwaway system, plays the story and removes the system. After a failure its logs stay until the
/// next tour.
pub fn run(workspace: &Workspace, binaries: &Binaries, parts: Parts, echo: bool) -> Result<()> {
    let started = wait::now();
    let instance = Instance::throwaway(workspace, "tour")?;
    let logs = instance.logs();
    let told = tell(&instance, workspace, binaries, parts, echo);
    match &told {
        Ok(steps) => {
            instance.remove()?;
            let name = if parts == Parts::Full { "The full tour" } else { "The tour" };
            let took = term::millis(started.elapsed());
            term::line(&format!("\n  {} {name}: {steps} steps in {took}.", term::paint(term::GREEN, "✓")));
        }
        Err(_) => term::warn(&format!("the logs of this tour are in {}", logs.display())),
    }
    told.map(|_| ())
}

fn tell(instance: &Instance, workspace: &Workspace, binaries: &Binaries, parts: Parts, echo: bool) -> Result<usize> {
    let mut system = System::start(instance, &Tools::new(workspace), binaries, &Plan::on_loopback(parts, echo))?;
    term::heading("Tour");
    let mut story = Story { system: &system, steps: Steps::default() };
    let told = play(&mut story, parts);
    let steps = story.steps.told;
    if told.is_err() {
        // Should a process have died, that is the better explanation.
        system.still_running()?;
    }
    told.map(|()| steps)
}

fn play(story: &mut Story<'_>, parts: Parts) -> Result<()> {
    let mut written = write::publish_a_review(story)?;
    read::everywhere(story, &written)?;
    let table = speed::an_edit_reaches_every_edge(story, &mut written)?;
    read::a_buyer_leaves(story, &written)?;
    if parts == Parts::Full {
        parts::are_really_used(story, &mut written)?;
    }
    read::archived_is_gone(story, &mut written)?;
    speed::show(&table);
    Ok(())
}

/// Waits until all four regions have applied a write.
fn applied_everywhere(editor: &api::Editor, seq: u64) -> Result<Vec<api::Receipt>> {
    wait::until(&format!("receipts of write {seq} from {}", REGIONS.join(", ")), RECEIPTS_LIMIT, || {
        Ok(match editor.receipts(seq, &REGIONS)? {
            Ok(receipts) => wait::Probe::Done(receipts),
            Err(seen) => wait::Probe::NotYet(seen),
        })
    })
}

fn each_region<T: std::fmt::Display>(values: impl IntoIterator<Item = (String, T)>) -> String {
    values.into_iter().map(|(region, value)| format!("{region} {value}")).collect::<Vec<_>>().join(", ")
}
