//! `cargo stack bench`: the edge beside nginx, HAProxy, Varnish and Traffic Server, and two floors.
//! `loadtests/docs/bench.md` says what is measured, how each server is configured and how to read it.

mod chart;
mod edge_only;
mod load;
pub mod machine;
mod options;
mod priority;
mod report;
mod rounds;
mod scenario;
mod servers;
mod stats;
mod table;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use edge_only::EdgeOnly;
use machine::Machine;
use options::Options;
use priority::Preferred;
use report::Report;
use rounds::Entrant;
use servers::Place;

use crate::cargo;
use crate::error::{Context, Error, Result};
use crate::ports;
use crate::proc::guard;
use crate::term;
use crate::tools::Tools;
use crate::workspace::{Instance, Workspace};

/// The server under test has a core, and load and upstream have another: what they cost does not slow it.
const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";
const TMPFS: &str = "/dev/shm";

pub fn run(workspace: &Workspace, words: &[&str]) -> Result<()> {
    let options = Options::parse(words)?;
    guard::start()?;
    // One at a time: two would measure each other.
    let instance = Instance::lasting(workspace, "bench")?;
    instance.empty()?;
    let binaries = cargo::build_for_bench(workspace)?;
    let tools = Tools::new(workspace);
    let data = Data::new(&instance)?;
    let preferred = Preferred::ask();
    let machine = Machine::look(&tools, preferred.is_some())?;
    term::line(&format!("  {}", machine.sentence()));
    if preferred.is_none() {
        term::warn("not preferred by the scheduler (root only): what others run here shows in the figures");
    }

    let place = Place {
        tools: &tools,
        binaries: &binaries,
        logs: instance.logs(),
        data: &data.0,
        upstream: ports::free()?,
        cores: SERVER_CORE,
        bytes: 0,
        floor_pages: 1,
        edge_env: servers::settings(&binaries)?,
    };
    let upstream = servers::start_upstream(&place, LOAD_CORE)?;
    let mut report = Report { machine, scenarios: Vec::new(), only: EdgeOnly::default(), options: &options };
    for scenario in scenario::ALL.iter().filter(|scenario| options.wants(scenario.name)) {
        let place = Place { bytes: scenario.bytes, logs: place.logs.clone(), edge_env: place.edge_env.clone(), ..place };
        let series = rounds::measure(scenario, &place, &options)?;
        table::print(scenario, &series, &report.machine);
        report.scenarios.push((scenario, series));
    }
    report.only = EdgeOnly::measure(&place, &options)?;
    drop(upstream);
    finish(&report, &options)?;
    instance.remove()
}

fn finish(report: &Report<'_>, options: &Options) -> Result<()> {
    report.only.print();
    let targets = report.targets();
    targets::print(&targets);
    if let Some(path) = &options.json {
        write(path, &format!("{:#}\n", report.json(&targets)))?;
    }
    if let (Some(path), Some(series)) = (&options.chart, report.hits()) {
        write(path, &chart::draw(series, &report.machine))?;
    }
    if let Some(failure) = report.failures().first() {
        return Err(Error::failed(format!("not everything could be measured: {failure}")));
    }
    match targets.iter().filter(|target| target.fails()).count() {
        missed if options.check && missed > 0 => Err(Error::failed(format!("{missed} of what must hold is not met"))),
        _ => Ok(()),
    }
}

/// One line a round: what each server needed in it.
fn progress(round: usize, rounds: usize, entrants: &[Entrant]) {
    let last = |entrant: &Entrant| {
        let cpu = entrant.series.samples.last().map_or_else(|| "–".to_owned(), |sample| format!("{:.1}", sample.cpu_us));
        format!("{} {cpu}", entrant.server.kind.name())
    };
    let line: Vec<String> = entrants.iter().map(last).collect();
    term::line(&format!("  round {round}/{rounds}, CPU µs a request: {}", line.join(", ")));
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).context(|| format!("writing {}", path.display()))?;
    term::line(&format!("  wrote {}", path.display()));
    Ok(())
}

/// The servers' data, on tmpfs where there is one; removed at the end, and at the next start after a kill.
struct Data(PathBuf);

impl Data {
    fn new(instance: &Instance) -> Result<Self> {
        let outside = instance.folder_outside();
        let name = outside.file_name().unwrap_or_default();
        let dir = if Path::new(TMPFS).is_dir() { Path::new(TMPFS).join(name) } else { instance.dir.join("data") };
        let data = Self(dir);
        data.remove();
        fs::create_dir_all(&data.0).context(|| format!("creating {}", data.0.display()))?;
        Ok(data)
    }

    fn remove(&self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.remove();
    }
}
