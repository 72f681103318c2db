//! The tables, for people. Behind each figure, the edge's divided by it.

use super::load::Sample;
use super::machine::Machine;
use super::scenario::Scenario;
use super::servers::Kind;
use super::stats::{Series, Spread, of_kind, ratio};
use crate::term;

pub fn print(scenario: &Scenario, series: &[Series], machine: &Machine) {
    term::line("");
    term::line(&term::paint(
        term::BOLD,
        &format!(
            "  {:<24} {:>9} {:>6}  {:>24} {:>6}  {:>8} {:>6} {:>8} {:>6}  {:>6}",
            scenario.title, "req/s", "÷", "CPU µs/request (spread)", "÷", "p50 µs", "÷", "p99 µs", "÷", "load"
        ),
    ));
    let edge = of_kind(series, Kind::Edge);
    for row in series {
        let name = format!("{} {}", row.kind.name(), machine.version(row.kind));
        let name = if row.kind.is_floor() || row.kind == Kind::Edge { row.kind.name().to_owned() } else { name };
        term::line(&match columns(row, edge) {
            Some(columns) => format!("  {name:<24} {columns}"),
            None => format!("  {name:<24} not measured: {}", row.failure.as_deref().unwrap_or("no sample")),
        });
    }
}

fn columns(row: &Series, edge: Option<&Series>) -> Option<String> {
    let median = |of: fn(&Sample) -> f64| row.spread(of).map(|spread| spread.median);
    let edge_by_it =
        |of: fn(&Sample) -> f64| ratio(edge, Some(row), of).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    let Spread { median: cpu, min, max } = row.cpu_us()?;
    Some(format!(
        "{:>9.0} {:>6}  {:>24} {:>6}  {:>8.0} {:>6} {:>8.0} {:>6}  {:>5.0}%",
        median(|sample| sample.requests_per_second)?,
        edge_by_it(|sample| sample.requests_per_second),
        format!("{cpu:.2} ({min:.2}–{max:.2})"),
        edge_by_it(|sample| sample.cpu_us),
        median(|sample| sample.p50_us)?,
        edge_by_it(|sample| sample.p50_us),
        median(|sample| sample.p99_us)?,
        edge_by_it(|sample| sample.p99_us),
        median(|sample| sample.load_share)? * 100.0,
    ))
}
