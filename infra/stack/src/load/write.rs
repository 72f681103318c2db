//! Where a run's results go, and what is said of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use time::format_description::well_known::Rfc3339;

use super::options::Options;
use super::report;
use super::report::comparison::Comparison;
use super::summary::{Check, Summary, Verdict};
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, run};
use crate::system::Parts;
use crate::term;
use crate::wait;
use crate::wan::CONGESTION_CONTROL;
use crate::workspace::Workspace;

const GIT_LIMIT: Duration = Duration::from_secs(10);
const BASELINES: &str = "loadtests/baselines";
const REPORTS: &str = "loadtests/reports";
/// Behind the commit of a tree that has more than the commit.
const AND_CHANGES: &str = " and changes";
/// A copy without history.
const UNKNOWN: &str = "unknown";
/// The run that the README shows.
const PICTURED: &str = "load-near";
const PICTURE: &str = "loadtests/docs/latency-by-region.svg";

/// Writes report and summary, prints them, compares. Whether every promise held.
pub fn everything(workspace: &Workspace, options: &Options, baseline: Option<&Summary>, summary: &Summary) -> Result<bool> {
    let comparison = baseline.map(|baseline| report::compare(baseline, summary));
    let parts = if options.parts == Parts::Full { "" } else { "-embedded" };
    let ahead = if options.prefetch { "-prefetch" } else { "" };
    let name = format!("{}-{}{parts}{ahead}", summary.workload, summary.wan);
    // A promise that did not hold is worth comparing with; a busy machine's figures are not.
    let named = summary.commit != UNKNOWN && !summary.commit.ends_with(AND_CHANGES);
    let as_baseline = options.baseline && summary.valid() && named;
    if options.baseline && !as_baseline {
        let why = if named { "the machine was too busy" } else { "no commit has all that was measured" };
        term::warn(&format!("{why}: this run is kept, and not as a baseline"));
    }
    let dir = workspace.stack_dir().join("load");
    let (mut json, mut html) = (dir.join(format!("{name}.json")), dir.join(format!("{name}.html")));
    if as_baseline {
        json = workspace.root.join(BASELINES).join(format!("{name}.json"));
        html = workspace.root.join(REPORTS).join(format!("{name}.html"));
    }
    save(&json, &format!("{:#}\n", summary.to_json()))?;
    save(&html, &report::html(summary, comparison.as_ref()))?;
    if as_baseline && name == PICTURED {
        save(&workspace.root.join(PICTURE), &report::plot_for_readme(summary))?;
    }
    show(summary, comparison.as_ref());
    term::line(&format!("\n  report   {}\n  summary  {}", html.display(), json.display()));
    // What could not be judged is said, and is no failure: neither is it a success that anything rests on. But to have
    // measured nothing at all is one.
    let failed = |check: &Check| check.value.is_none() || summary.verdict(check) == Verdict::NotMet;
    Ok(!summary.checks.iter().any(failed))
}

fn show(summary: &Summary, comparison: Option<&Comparison>) {
    let (busy, load) = (summary.busy * 100.0, summary.load_share * 100.0);
    term::heading(&format!("{} (the machine was {busy:.0} % busy at most; k6 took {load:.0} % of it)", summary.outcome()));
    for check in &summary.checks {
        let (mark, why) = match summary.verdict(check) {
            Verdict::Met => (term::paint(term::GREEN, "✓"), String::new()),
            Verdict::NotMet => (term::paint(term::RED, "✗"), String::new()),
            Verdict::Invalid(why) => (term::paint(term::YELLOW, "?"), why),
        };
        let value = check.value.map_or_else(|| "nothing".to_owned(), |value| format!("{value:.1}"));
        let (what, region) = (check.what.words(), check.region.as_deref().unwrap_or(""));
        let (sign, limit, n) = (check.limit.sign(), check.limit.value(), check.n);
        term::line(&format!("  {mark} {region:<5} {what:<28} {value:>9} {sign} {limit:<6} n={n:<7} {why}"));
    }
    if let Some(comparison) = comparison {
        term::line("");
        comparison.lines().iter().for_each(|line| term::line(&format!("  {line}")));
    }
}

/// An earlier run's summary.
pub fn read(path: &Path) -> Result<Summary> {
    let text = fs::read_to_string(path).context(|| format!("reading {}", path.display()))?;
    let value = serde_json::from_str(&text).map_err(|error| Error::failed(format!("{}: {error}", path.display())))?;
    Summary::from_json(&value)
}

fn save(path: &PathBuf, text: &str) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).context(doing)?;
    }
    fs::write(path, text).context(doing)
}

/// What is measured, as far as git knows it.
pub fn commit(workspace: &Workspace) -> String {
    let git =
        |args: &[&str]| run(Cmd::new("git").args(args).dir(&workspace.root), GIT_LIMIT).and_then(|done| done.success()).ok();
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return UNKNOWN.to_owned() };
    let changed = git(&["status", "--porcelain"]).is_none_or(|said| !said.trim().is_empty());
    format!("{}{}", commit.trim(), if changed { AND_CHANGES } else { "" })
}

pub fn today() -> Result<String> {
    wait::wall_clock().format(&Rfc3339).map_err(|error| Error::failed(format!("the time of day: {error}")))
}

/// What a reader of the report should know of how it was made.
pub fn notes(options: &Options) -> Vec<String> {
    let own = || fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").unwrap_or_default();
    let congestion = options.wan.map_or_else(own, |_| CONGESTION_CONTROL.to_owned());
    let mut notes = vec![format!("the servers' TCP congestion control: {}", congestion.trim())];
    notes.push(match options.workload.name {
        "smoke" => "debug builds of origin and edge".to_owned(),
        _ => "release builds of origin and edge".to_owned(),
    });
    notes.push(match options.wan {
        Some(_) => "readers connect by TLS 1.3 and HTTP/2, a full handshake each time".to_owned(),
        None => "readers connect by HTTP/1.1 without TLS".to_owned(),
    });
    notes.push("busy is the highest mean of ten seconds in a row, or of a hundredth of the run if that is longer".to_owned());
    notes.push("readers, edges, origin and services share the cores of one machine".to_owned());
    if !options.workload.edge_settings().is_empty() {
        let settings: Vec<_> = options.workload.edge_settings().iter().map(|(name, value)| format!("{name}={value}")).collect();
        notes.push(format!("of the edges: {}", settings.join(", ")));
    }
    if !options.prefetch().is_empty() {
        notes.push(format!("edges that had fetched every page ahead: {}", options.prefetch().join(", ")));
    }
    if options.wan.is_none() {
        notes.push("on loopback there are no distances: nothing here is about readers' waits".to_owned());
    }
    notes
}
