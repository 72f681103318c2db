//! What the edges answered from what they had.

use std::collections::BTreeMap;

use super::frame::{Frame, Key, shared_legend};
use super::latency::{end, time_name};
use super::markup::{cell, figure, head, note, number, table};
use super::scale::Scale;
use super::svg::{Anchor, Svg};
use super::words::{count, place, share};
use crate::load::summary::{Point, Summary};

/// One for each region, in their order.
const REGIONS: [&str; 4] = ["series s1", "series s2", "series s3", "series s4"];
/// More reasons than this are drawn as one.
const REASONS: usize = 6;
const FILLS: [&str; REASONS] = ["part f1", "part f2", "part f3", "part f4", "part f5", "part f6"];

pub fn ratio_over_time(run: &Summary) -> String {
    if run.regions.iter().all(|region| region.hit_ratio().is_none()) {
        return note("No hit ratio was measured over time.");
    }
    let end = end(run);
    let ratio = |point: &Point| (point.n > 0).then(|| point.hits as f64 / point.n as f64 * 100.0);
    let least = run.regions.iter().flat_map(|region| region.series.iter().filter_map(ratio)).fold(100.0, f64::min);
    let y = Scale::percent(least);
    let (frame, mut svg) = Frame::draw((1_000.0, 250.0), (Scale::time(end), time_name(end)), (y, "% of requests"));
    frame.spans(&mut svg, &run.spans);
    for (region, class) in run.regions.iter().zip(REGIONS) {
        let point = |point: &Point| ratio(point).map(|ratio| frame.point(point.t_s, ratio));
        svg.path(class, region.series.iter().map(point));
    }
    let names: Vec<String> = run
        .regions
        .iter()
        .map(|region| {
            let ratio = region.hit_ratio().map_or_else(|| "not asked".to_owned(), share);
            format!("{}: {ratio}", place(&region.name))
        })
        .collect();
    let keys: Vec<Key<'_>> = names.iter().zip(REGIONS).map(|(name, class)| Key::Line(class, name)).collect();
    shared_legend(&keys)
        + &figure("Answered by the edge alone, without asking the origin", &svg.inline("Hit ratio over time, by region"))
        + &note("The axis begins below the lowest ratio, which need not be 0.")
}

pub fn by_reason(run: &Summary) -> String {
    let reasons = reasons(run);
    if reasons.is_empty() {
        return note("No Cache-Status was counted.");
    }
    let class = |reason: &str| {
        let rank = reasons.iter().position(|known| *known == reason).unwrap_or(REASONS);
        FILLS.get(rank.min(REASONS - 1)).copied().unwrap_or("part f6")
    };
    let mut svg = Svg::new(1_000.0, run.regions.len() as f64 * 34.0 + 6.0);
    for (row, region) in run.regions.iter().enumerate() {
        let (top, all) = (row as f64 * 34.0 + 4.0, region.cache_status.values().sum::<u64>());
        svg.text("", Anchor::End, (120.0, top + 18.0), place(&region.name));
        let mut left = 130.0;
        for reason in &reasons {
            let Some(&many) = region.cache_status.get(*reason).filter(|many| **many > 0) else { continue };
            let part = many as f64 / all as f64;
            let (width, class) = (part * 860.0, class(reason));
            svg.rect(class, (left, top), (width, 26.0), &format!("{reason}: {} ({})", count(many), share(part)));
            let label = format!("{reason} {}", share(part));
            if width > label.chars().count() as f64 * 7.2 {
                svg.text(&class.replace("part", "on"), Anchor::Middle, (left + width / 2.0, top + 17.0), &label);
            }
            left += width;
        }
    }
    let keys: Vec<Key<'_>> = reasons.iter().map(|reason| Key::Fill(class(reason), reason)).collect();
    shared_legend(&keys)
        + &figure("Requests by what Cache-Status gave as the reason", &svg.inline("Cache-Status by reason, by region"))
        + &counted(run, &reasons)
}

fn counted(run: &Summary, reasons: &[&str]) -> String {
    let names: Vec<&str> = run.regions.iter().map(|region| place(&region.name)).collect();
    let rows = reasons.iter().map(|reason| {
        let many = run.regions.iter().map(|region| match region.cache_status.get(*reason) {
            Some(many) => number(&count(*many)),
            None => cell("–"),
        });
        [head(reason, 1)].into_iter().chain(many).collect()
    });
    table(&[&["reason"], names.as_slice()].concat(), rows.collect())
}

/// The most frequent first, over all regions, so that a colour means the same in each.
fn reasons(run: &Summary) -> Vec<&str> {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for (reason, many) in run.regions.iter().flat_map(|region| &region.cache_status) {
        *all.entry(reason).or_default() += many;
    }
    let mut all: Vec<_> = all.into_iter().collect();
    all.sort_by_key(|(_, many)| std::cmp::Reverse(*many));
    all.into_iter().map(|(reason, _)| reason).collect()
}
