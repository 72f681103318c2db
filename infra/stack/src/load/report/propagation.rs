//! How long an editor's change took to reach each region.

use super::markup::{cell, figure, head, marked, note, table};
use super::ranges::{Group, Row, draw};
use super::tables::{figures, verdicts};
use super::words::place;
use crate::load::stats::{Percentiles, Quantile};
use crate::load::summary::{Region, Summary, What};

pub fn propagation(run: &Summary) -> String {
    let measured = |region: &Region| region.applied_ms.is_some() || region.visible_ms.is_some();
    if !run.regions.iter().any(measured) {
        return note("No editor wrote in this run, so nothing had to spread.");
    }
    let limit = |region: &Region, what: What| run.check(&what, &region.name).map(|check| check.limit.value());
    let groups: Vec<Group> = run
        .regions
        .iter()
        .map(|region| Group {
            name: place(&region.name).to_owned(),
            rows: vec![
                Row { label: "applied".to_owned(), of: region.applied_ms, limit: limit(region, What::Applied(Quantile::P99)) },
                Row { label: "visible".to_owned(), of: region.visible_ms, limit: limit(region, What::Visible(Quantile::P99)) },
            ],
        })
        .collect();
    let svg = draw(1_000.0, 20.0, &groups, "the limit of its p99", run.valid());
    let caption = "From the editor's commit until an edge had applied the change, and until a reader saw it";
    figure(caption, &svg.inline("Propagation by region")) + &listed(run)
}

fn listed(run: &Summary) -> String {
    let rows = run.regions.iter().flat_map(|region| {
        let row = |name: &str, of: Option<&Percentiles>, what: fn(Quantile) -> What| {
            let mut row = vec![cell(name)];
            row.extend(figures(of, run));
            row.push(marked("", verdicts(run, &region.name, what)));
            row
        };
        let mut applied = row("applied", region.applied_ms.as_ref(), What::Applied);
        applied.insert(0, head(place(&region.name), 2));
        [applied, row("visible", region.visible_ms.as_ref(), What::Visible)]
    });
    table(&["region", "change", "samples", "p50 ms", "p95 ms", "p99 ms", "longest ms", "limit and verdict"], rows.collect())
}
