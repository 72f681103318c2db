//! The whole page: one file, no script, nothing that it would have to fetch.

use super::comparison::Comparison;
use super::markup::{cell, head, number, paragraph, section, table};
use super::words::{count, escape, ms, place, share};
use super::{changes, held, hits, latency, origin, propagation, tables, tail};
use crate::load::summary::{Outcome, Summary};

const STYLE: &str = include_str!("style.css");

pub fn html(run: &Summary, comparison: Option<&Comparison>) -> String {
    let (outcome, workload) = (run.outcome(), escape(&run.workload));
    let class = match outcome {
        Outcome::Held => "good",
        Outcome::Broken { .. } => "bad",
        Outcome::Unproven { .. } | Outcome::Busy(_) | Outcome::NothingAsked => "odd",
    };
    let about = escape(&format!("Load test “{}”, {}, {}", run.workload, network(&run.wan), parts(&run.parts)));
    let sections = [
        section("The promises", &tables::promises(run)),
        comparison.map_or_else(String::new, |comparison| section("Compared with the baseline", &changes::html(comparison))),
        section("How long readers waited", &tables::waits(run)),
        section("Latency over time", &latency::over_time(run)),
        section("Percentiles", &tail::percentiles(run)),
        section("Requests, errors and what reached the origin", &tables::traffic(run)),
        section("Hit ratio over time", &hits::ratio_over_time(run)),
        section("Cache-Status by reason", &hits::by_reason(run)),
        section("From an editor's commit to readers", &propagation::propagation(run)),
        section("Load of the origin", &origin::load(run)),
        section("What the processes held", &held::over_time(run)),
        section("How the run was made", &made(run)),
        section("How to read this", WORDS),
    ];
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{workload}: {}</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<p class="kicker">{about}</p>
<h1 class="{class}">{}</h1>
{}{}</main>
</body>
</html>
"#,
        escape(&outcome.to_string()),
        escape(&outcome.to_string()),
        paragraph(&lead(run)),
        sections.concat(),
    )
}

fn lead(run: &Summary) -> String {
    let expected: u64 = run.regions.iter().map(|region| region.errors_in_window).sum();
    let expected = if expected > 0 { format!(" (and {} while they were expected)", count(expected)) } else { String::new() };
    format!(
        "{} requests from {} regions in {:.0} s, {} errors{expected}. The machine was {} busy; k6, which plays the readers, was {} of that.",
        count(run.requests()),
        run.regions.len(),
        run.seconds,
        count(run.errors()),
        share(run.busy),
        share(run.load_share / run.busy.max(f64::MIN_POSITIVE)),
    )
}

fn network(wan: &str) -> String {
    match wan {
        "near" => "over the emulated WAN, readers near their edge".to_owned(),
        "far" => "over the emulated WAN, readers far from their edge".to_owned(),
        "bad-day" => "over the emulated WAN on a bad day".to_owned(),
        "loopback" => "on loopback, without any distance".to_owned(),
        other => format!("network: {other}"),
    }
}

fn parts(parts: &str) -> String {
    match parts {
        "full" => "all the real parts".to_owned(),
        "embedded" => "embedded parts".to_owned(),
        other => format!("parts: {other}"),
    }
}

fn made(run: &Summary) -> String {
    let facts = [
        ("Machine", format!("{} ({} cores)", run.machine, run.cores)),
        ("Busy", format!("{} of all cores, k6 {}", share(run.busy), share(run.load_share))),
        ("Commit", run.commit.clone()),
        ("Date", run.date.clone()),
        ("Main phase", format!("{:.0} s", run.seconds)),
        ("Network", network(&run.wan)),
        ("Parts", parts(&run.parts)),
    ];
    let facts: String = facts.iter().map(|(name, words)| format!("<dt>{name}</dt><dd>{}</dd>\n", escape(words))).collect();
    let legs = run.regions.iter().map(|region| {
        let [leg, trip, promise] = [region.leg_ms, region.origin_rtt_ms, region.promise_ms].map(|value| number(&ms(value)));
        vec![head(place(&region.name), 1), cell(&region.name), leg, trip, promise]
    });
    let legs = table(
        &["region", "edge", "reader to edge, round trip ms", "edge to origin, round trip ms", "promise ms"],
        legs.collect(),
    );
    let notes: String = run.notes.iter().map(|words| format!("<li>{}</li>\n", escape(words))).collect();
    let notes = if notes.is_empty() { notes } else { format!("<ul>\n{notes}</ul>\n") };
    format!("<dl>\n{facts}</dl>\n{legs}{notes}")
}

const WORDS: &str = "<dl>
<dt>Wait</dt><dd>All the time a reader waits for an answer, connecting included.</dd>
<dt>Warm, cold</dt><dd>Warm: the edge has the page. Cold: it has to ask the origin.</dd>
<dt>Kept, new</dt><dd>Whether the reader already had a connection to the edge.</dd>
<dt>p50, p95, p99</dt><dd>Half, 95 % or 99 % of the requests took this long or less. It is always a time that was measured (nearest rank).</dd>
<dt>n</dt><dd>The number of samples behind a figure. A p99 of fewer than 1,000 is marked invalid: chance decides it.</dd>
<dt>Invalid</dt><dd>Neither held nor broken. So is every time of a run in which the machine was more than 75 % busy.</dd>
<dt>Hit ratio</dt><dd>The share of requests that an edge answered without asking the origin.</dd>
<dt>Applied</dt><dd>The edge knows of a change, and no longer shows the page as it was before.</dd>
<dt>Visible</dt><dd>A reader at that edge has seen the change.</dd>
</dl>
";
