//! The promises one by one, and what was measured, in figures.

use super::markup::{Cell, Safe, cell, head, marked, number, table};
use super::words::{count, escape, ms, place, share, with_unit};
use crate::load::stats::{P99_SAMPLES, Percentiles, Quantile, p99_valid};
use crate::load::summary::{Check, Kind, Region, Summary, Verdict, What};

/// A row for each promise, a column for each region.
pub fn promises(run: &Summary) -> String {
    let mut rows: Vec<&What> = Vec::new();
    for check in &run.checks {
        if !rows.contains(&&check.what) {
            rows.push(&check.what);
        }
    }
    let whole = run.checks.iter().any(|check| check.region.is_none());
    let mut columns = vec!["promise"];
    columns.extend(run.regions.iter().map(|region| place(&region.name)));
    columns.extend(whole.then_some("all together"));
    let judged = |what: &What, region: Option<&str>| {
        let found = run.checks.iter().find(|check| check.what == *what && check.region.as_deref() == region);
        found.map_or_else(|| cell(""), |check| promise(run, check))
    };
    let rows = rows.into_iter().map(|what| {
        let mut row = vec![head(&what.words(), 1)];
        row.extend(run.regions.iter().map(|region| judged(what, Some(&region.name))));
        row.extend(whole.then(|| judged(what, None)));
        row
    });
    table(&columns, rows.collect())
}

fn promise(run: &Summary, check: &Check) -> Cell {
    let value = check.value.map_or_else(|| "–".to_owned(), |value| with_unit(value, check.unit));
    let asked = format!("{} {}", check.limit.sign(), with_unit(check.limit.value(), check.unit));
    let (class, words, why) = verdict(&run.verdict(check));
    let why = if why.is_empty() { why } else { format!("<br>{}", escape(&why)) };
    marked(class, Safe(format!("<b>{words}</b> {}<small>{}, n {}{why}</small>", escape(&value), escape(&asked), count(check.n))))
}

/// Never by colour alone.
fn verdict(verdict: &Verdict) -> (&'static str, &'static str, String) {
    match verdict {
        Verdict::Met => ("met", "✓ met", String::new()),
        Verdict::NotMet => ("missed", "✗ not met", String::new()),
        Verdict::Invalid(why) => ("invalid", "? invalid", why.clone()),
    }
}

/// How long readers waited: every region, every kind of request.
pub fn waits(run: &Summary) -> String {
    let rows = run.regions.iter().flat_map(|region| {
        Kind::ALL.into_iter().enumerate().map(move |(index, kind)| {
            let mut row = if index == 0 { vec![head(place(&region.name), Kind::ALL.len())] } else { Vec::new() };
            row.push(cell(kind.words()));
            row.extend(figures(region.kinds.get(&kind), run));
            row.push(marked("", verdicts(run, &region.name, |quantile| What::Wait(kind, quantile))));
            row
        })
    });
    table(&["region", "request", "samples", "p50 ms", "p95 ms", "p99 ms", "longest ms", "limit and verdict"], rows.collect())
}

/// Samples, p50, p95, p99 and the longest.
pub fn figures(of: Option<&Percentiles>, run: &Summary) -> Vec<Cell> {
    match of {
        Some(of) => vec![number(&count(of.n)), number(&ms(of.p50)), number(&ms(of.p95)), p99(of, run), number(&ms(of.max))],
        None => vec![number("0"), number("–"), number("–"), number("–"), number("–")],
    }
}

/// What a p99 is worth stands with it.
fn p99(of: &Percentiles, run: &Summary) -> Cell {
    let why = match (run.valid(), p99_valid(of.n)) {
        (true, true) => return number(&ms(of.p99)),
        (false, _) => "machine too busy".to_owned(),
        (true, false) => format!("n below {}", count(P99_SAMPLES)),
    };
    marked("number invalid", Safe(format!("{}<small>invalid: {why}</small>", ms(of.p99))))
}

/// All that was promised of one thing in one region, in a line each.
pub fn verdicts(run: &Summary, region: &str, what: impl Fn(Quantile) -> What) -> Safe {
    let lines = Quantile::ALL.into_iter().filter_map(|quantile| {
        let check = run.check(&what(quantile), region)?;
        let (class, words, _) = verdict(&run.verdict(check));
        let limit = escape(&format!("{} {} {}", quantile.name(), check.limit.sign(), with_unit(check.limit.value(), check.unit)));
        Some(format!("<span class=\"{class}\">{limit} <b>{words}</b></span>"))
    });
    Safe(lines.collect::<Vec<_>>().join("<br>"))
}

pub fn traffic(run: &Summary) -> String {
    let part = |value: Option<f64>, words: fn(f64) -> String| value.map_or_else(|| cell("–"), |value| number(&words(value)));
    let row = |region: &Region| {
        let counted = |many: u64| number(&count(many));
        let errors = if region.errors > 0 { marked("number missed", Safe(count(region.errors))) } else { counted(0) };
        vec![
            head(place(&region.name), 1),
            counted(region.requests),
            errors,
            counted(region.errors_in_window),
            part(region.hit_ratio(), share),
            counted(region.origin_requests),
            part(region.origin_requests_per_request(), |rate| format!("{rate:.3}")),
            counted(region.unconfirmed),
        ]
    };
    let columns = [
        "region",
        "requests",
        "errors",
        "errors where expected",
        "hit ratio",
        "to the origin",
        "of these per request",
        "unconfirmed copies",
    ];
    table(&columns, run.regions.iter().map(row).collect())
}
