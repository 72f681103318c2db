//! The plot for the README: what readers wait in each region, and what they were promised.

use super::ranges::{Group, Row, draw};
use super::svg::Anchor;
use super::words::{ms, place};
use crate::load::summary::{Kind, Outcome, Summary};

const STYLE: &str = include_str!("readme.css");
const SHOWN: [Kind; 3] = [Kind::WarmKept, Kind::WarmNew, Kind::ColdNew];
const TITLE: &str = "What readers wait, by region: p50, p95 and p99 in milliseconds";

pub fn plot_for_readme(run: &Summary) -> String {
    let groups: Vec<Group> = run
        .regions
        .iter()
        .map(|region| Group {
            name: place(&region.name).to_owned(),
            rows: SHOWN
                .into_iter()
                .map(|kind| {
                    let of = region.kinds.get(&kind).copied();
                    Row { label: kind.words().to_owned(), of, limit: Some(region.promise_ms) }
                })
                .collect(),
        })
        .collect();
    let promises: Vec<String> = run.regions.iter().map(|region| ms(region.promise_ms)).collect();
    let same = promises.windows(2).all(|pair| matches!(pair, [one, other] if one == other));
    let promise = match promises.first() {
        Some(first) if same => format!("the promise, {first} ms"),
        _ => "the promise".to_owned(),
    };
    let mut svg = draw(860.0, 68.0, &groups, &promise, run.valid());
    svg.text("title", Anchor::Start, (4.0, 20.0), TITLE);
    let made = format!(
        "{}, network {}, {} parts; {} ({} cores), commit {}",
        run.workload, run.wan, run.parts, run.machine, run.cores, run.commit
    );
    svg.text("axis", Anchor::Start, (4.0, 40.0), &made);
    if let outcome @ (Outcome::Busy(_) | Outcome::Broken { .. } | Outcome::Unproven { .. } | Outcome::NothingAsked) =
        run.outcome()
    {
        svg.text("wrong", Anchor::Start, (4.0, 58.0), &outcome.to_string());
    }
    svg.alone(TITLE, STYLE)
}
