//! The tables, for people.

use super::machine::Machine;
use super::scenario::Scenario;
use super::servers::Kind;
use super::stats::{Series, Spread, cpu_ratio, of_kind};
use crate::term;

pub fn print(scenario: &Scenario, series: &[Series], machine: &Machine) {
    term::line("");
    term::line(&term::paint(
        term::BOLD,
        &format!(
            "  {:<24} {:>9}  {:>24}  {:>8} {:>8}  {:>10} {:>6}",
            scenario.title, "req/s", "CPU µs/request (spread)", "p50 µs", "p99 µs", "edge ÷ it", "load"
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
    let median = |of: fn(&super::load::Sample) -> f64| row.spread(of).map(|spread| spread.median);
    let Spread { median: cpu, min, max } = row.cpu_us()?;
    let ratio = cpu_ratio(edge, Some(row)).map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
    Some(format!(
        "{:>9.0}  {:>24}  {:>8.0} {:>8.0}  {ratio:>10} {:>5.0}%",
        median(|sample| sample.requests_per_second)?,
        format!("{cpu:.2} ({min:.2}–{max:.2})"),
        median(|sample| sample.p50_us)?,
        median(|sample| sample.p99_us)?,
        median(|sample| sample.load_share)? * 100.0,
    ))
}
