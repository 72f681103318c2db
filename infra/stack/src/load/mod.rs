//! `cargo stack load`: readers on four continents, over lines as long as theirs, in numbers.

mod held;
mod judge;
mod k6;
pub mod metrics;
mod options;
mod pages;
pub mod report;
mod samples;
pub mod stats;
pub mod summary;
pub mod teardown;
pub mod types;
mod watch;
mod workload;
mod write;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use self::k6::{GRACE_S, K6, Run};
use self::options::Options;
use self::samples::Samples;
use self::summary::{Span, Summary};
use self::watch::Watch;
use self::workload::Loss;
use crate::error::{Error, Result};
use crate::system::{Ground, Parts, Plan, REGIONS, System};
use crate::term;
use crate::tools::Tools;
use crate::wait;
use crate::wan::Wan;
use crate::workspace::{Instance, Workspace};
use crate::{bench, cargo, interrupt};

const LOOK: Duration = Duration::from_secs(1);
/// Between two lines of progress.
const PROGRESS_S: u64 = 10;

/// What one client may do is bounded, and here a region's readers are one address: as many as a whole region's are allowed.
/// And whoever fetches ahead is to be done with it before anything is lost.
const EDGE_SETTINGS: [(&str, &str); 5] = [
    ("EDGE_PREFETCH_PER_S", "100"),
    ("EDGE_CLIENT_MISSES_PER_S", "100000"),
    ("EDGE_CLIENT_MISSES_BURST", "100000"),
    ("EDGE_CLIENT_MISSES_MAX", "10000"),
    ("EDGE_CONNECTIONS_PER_ADDRESS_MAX", "16384"),
];

pub fn run(workspace: &Workspace, words: &[&str]) -> Result<()> {
    let options = Options::parse(words)?;
    // Before anything is built or read: what is committed meanwhile was not measured.
    let commit = write::commit(workspace);
    if options.workload.loss.is_some() && options.wan.is_none() {
        return Err(Error::Usage(format!("{} cuts lines of a WAN, and on loopback there are none", options.workload.name)));
    }
    let baseline = options.compare.as_deref().map(write::read).transpose()?;
    // The smallest one is a test of the code, and takes what the tests have built.
    let binaries = if options.workload.is_test() { cargo::build(workspace)? } else { cargo::build_release(workspace)? };
    let instance = Instance::throwaway(workspace, "load")?;
    let summary = measure(workspace, &instance, &binaries, &options, commit)?;
    let held = write::everything(workspace, &options, baseline.as_ref(), &summary)?;
    instance.remove()?;
    if held { Ok(()) } else { Err(Error::AlreadyTold) }
}

fn measure(
    workspace: &Workspace,
    instance: &Instance,
    binaries: &cargo::Binaries,
    options: &Options,
    commit: String,
) -> Result<Summary> {
    let tools = Tools::new(workspace);
    // Inside a WAN there is no way to where tools come from.
    for name in needed(options) {
        tools.fetch(name)?;
    }
    let program = tools.k6()?;
    let schedule = options.workload.schedule()?;
    // Taken away last: everything else lives in it.
    let wan = options.wan.map(|profile| {
        term::heading("WAN");
        Wan::up(profile, &tools)
    });
    let wan = wan.transpose()?;
    let ground = if wan.is_some() { Ground::Wan } else { Ground::Loopback };
    let edge_env = EDGE_SETTINGS.iter().chain(options.workload.edge_settings());
    let edge_env: Vec<_> = edge_env.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let plan = Plan { parts: options.parts, ground, edge_env: &edge_env, prefetch: options.prefetch(), echo: false };
    let mut system = System::start(instance, &tools, binaries, &plan)?;

    term::heading(&format!("Load: {}, {}", options.workload.name, options.wan_name()));
    let dir = instance.folder("k6")?;
    let pages = dir.join("pages.json");
    let started = wait::now();
    let origin = system.origin.url.clone();
    let (watched, count) = ground.at(&crate::wan::Node::Origin, || pages::write(&origin, &pages))?;
    term::done("pages", started.elapsed(), &format!("{count} that may be read"));
    for region in options.prefetch() {
        let edge = system.edge(region)?;
        watch::fetched_ahead(edge, ground)?;
    }
    let asked_before = asked(&system, ground)?;
    let run = Run {
        workspace,
        options,
        ground,
        system: &system,
        program: &program,
        pages: &pages,
        watched: &watched,
        schedule,
        dir: &dir,
    };
    let mut clients = run.start()?;
    let pids: Vec<u32> = clients.iter().map(K6::pid).collect();
    let mut watch = Watch::begin(&system, ground, &pids, options.workload.seconds)?;
    let began = wait::unix_seconds();
    for client in &clients {
        client.begin(ground)?;
    }
    let spans = follow(options, wan.as_ref(), &mut system, &mut clients, &mut watch, schedule)?;
    let seconds = watch.elapsed_s();
    // What is read before a loss is read as fast as it goes, and nothing is promised of it.
    let from_s = schedule.map_or(0.0, |schedule| schedule.cut_at_s as f64);
    let ((busy, load_share), origin_points) = (watch.shares(from_s), std::mem::take(&mut watch.origin));
    let asked_after = asked(&system, ground)?;
    let mut samples = clients.iter().map(|client| Samples::read(&client.csv)).collect::<Result<Vec<_>>>()?;
    let watched_edits = samples.iter().map(|samples| samples.watched_edits).sum();
    for samples in samples.iter_mut().take(REGIONS.len()) {
        judge::count_unseen(samples, watched_edits);
    }
    // What the editors saw of each region.
    let applied: BTreeMap<&String, &Vec<f64>> = samples.iter().flat_map(|samples| &samples.applied).collect();
    let mut regions = Vec::new();
    for (place, name) in REGIONS.into_iter().enumerate() {
        let applied = applied.get(&name.to_owned()).map_or(&[] as &[f64], |values| values.as_slice());
        let asked = asked_after[place].saturating_sub(asked_before[place]);
        regions.push(judge::region(name, options.wan, &samples[place], applied, began, asked)?);
    }
    let judged = regions.iter().zip(&samples);
    let checks = judged.map(|(region, samples)| judge::checks(region, samples, options.wan, &options.workload));
    let checks = checks.collect::<Result<Vec<_>>>()?;
    let mut checks: Vec<_> = checks.into_iter().flatten().collect();
    for client in &clients {
        checks.extend(judge::broken_thresholds(&client.name, &client.said()?));
        checks.extend(judge::script_errors(&client.name, client.script_errors()?));
    }
    let held = std::mem::take(&mut watch.holdings.held);
    if options.workload.looks_for_growth() {
        checks.extend(held::checks(&held, seconds));
    }
    let (machine, cores) = bench::machine::here();
    Ok(Summary {
        workload: options.workload.name.to_owned(),
        wan: options.wan_name().to_owned(),
        parts: if options.parts == Parts::Full { "full" } else { "embedded" }.to_owned(),
        commit,
        date: write::today()?,
        machine,
        cores: cores as u64,
        seconds,
        busy,
        load_share,
        notes: write::notes(options),
        regions,
        origin: origin_points,
        held,
        spans,
        checks,
    })
}

fn needed(options: &Options) -> Vec<&'static str> {
    let wan = options.wan.iter().flat_map(|_| ["wirefilter", "haproxy"]);
    let full = (options.parts == Parts::Full).then_some(["redis", "mongod", "weed", "moto"]);
    ["postgres", "k6"].into_iter().chain(wan).chain(full.into_iter().flatten()).collect()
}

fn asked(system: &System, ground: Ground) -> Result<Vec<u64>> {
    system.edges.iter().map(|edge| watch::asked(edge, ground)).collect()
}

/// Looks on until all have ended, and cuts and heals when it is time.
fn follow(
    options: &Options,
    wan: Option<&Wan>,
    system: &mut System,
    clients: &mut [K6],
    watch: &mut Watch,
    schedule: Option<workload::Schedule>,
) -> Result<Vec<Span>> {
    let mut changes = changes(options, schedule);
    let pids: Vec<u32> = clients.iter().map(K6::pid).collect();
    let mut told_at = 0;
    loop {
        interrupt::check()?;
        thread::sleep(LOOK);
        let elapsed = watch.elapsed_s();
        while changes.first().is_some_and(|change| change.at_s <= elapsed) {
            let change = changes.remove(0);
            if let Some(wan) = wan {
                change.make(wan)?;
            }
        }
        system.still_running()?;
        watch.look(system, &pids)?;
        let seconds = elapsed as u64;
        if seconds >= told_at + PROGRESS_S {
            told_at = seconds;
            let (busy, _) = watch.shares((elapsed - PROGRESS_S as f64).max(0.0));
            term::line(&format!("  {seconds:>5} of {} s; the machine is {:.0} % busy", options.workload.seconds, busy * 100.0));
        }
        let mut running = 0;
        for client in clients.iter_mut() {
            running += usize::from(!client.has_ended()?);
            if let Some(complaint) = client.complaint() {
                return Err(Error::failed(complaint));
            }
        }
        if running == 0 {
            break;
        }
        if seconds > options.workload.seconds + GRACE_S {
            return Err(Error::failed(format!("{running} k6 still run {GRACE_S} s after their end")));
        }
    }
    let span = |schedule: workload::Schedule, loss| {
        let what = match loss {
            Loss::Region { lost, moves_to } => {
                format!("{lost} lost; its readers go to {moves_to} after {} s", workload::MOVE_AFTER_S)
            }
            Loss::Origin => "the origin lost".to_owned(),
        };
        Span { from_s: schedule.cut_at_s as f64, to_s: schedule.heal_at_s as f64, what }
    };
    Ok(schedule.zip(options.workload.loss).map(|(schedule, loss)| span(schedule, loss)).into_iter().collect())
}

/// A line that is cut, or healed.
struct Change {
    at_s: f64,
    names: Vec<String>,
    cuts: bool,
}

impl Change {
    fn make(&self, wan: &Wan) -> Result<()> {
        for name in &self.names {
            let count = if self.cuts { wan.lines().cut(name)? } else { wan.lines().heal(name)? };
            term::line(&format!("  {} {name}: {count} lines", if self.cuts { "cut" } else { "healed" }));
        }
        Ok(())
    }
}

fn changes(options: &Options, schedule: Option<workload::Schedule>) -> Vec<Change> {
    let planned = schedule.zip(options.workload.loss).map(|(schedule, loss)| {
        let change = |at: u64, cuts| Change { at_s: at as f64, names: workload::cut_names(loss), cuts };
        vec![change(schedule.cut_at_s, true), change(schedule.heal_at_s, false)]
    });
    planned.unwrap_or_default()
}
