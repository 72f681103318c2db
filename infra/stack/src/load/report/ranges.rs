//! Rows of percentiles beside the limit that each has: a line from p50 to p99, with the p95 on it.

use super::frame::{Key, legend};
use super::scale::Scale;
use super::svg::{Anchor, Mark, Svg};
use super::words::{count, ms};
use crate::load::stats::{Percentiles, p99_valid};

const LABELS: f64 = 290.0;
const FIGURES: f64 = 270.0;
const ROW: f64 = 22.0;

pub struct Group {
    pub name: String,
    pub rows: Vec<Row>,
}

pub struct Row {
    pub label: String,
    pub of: Option<Percentiles>,
    pub limit: Option<f64>,
}

/// Draws from `top` down into a picture of this width; the caller may write above. `valid`: the run proves something.
pub fn draw(width: f64, top: f64, groups: &[Group], limit_name: &str, valid: bool) -> Svg {
    let tall: f64 = groups.iter().map(|group| group.rows.len() as f64 * ROW + 12.0).sum();
    let mut svg = Svg::new(width, top + tall + 78.0);
    let rows = || groups.iter().flat_map(|group| &group.rows);
    let far = |row: &Row| row.limit.unwrap_or(0.0).max(row.of.map_or(0.0, |of| of.p99));
    let scale = Scale::even(rows().map(far).fold(1.0, f64::max));
    let x = |value: f64| LABELS + scale.place(value) * (width - LABELS - FIGURES);
    let bottom = top + tall;
    for (value, label) in scale.ticks() {
        svg.line("grid", (x(value), top), (x(value), bottom));
        svg.text("axis", Anchor::Middle, (x(value), bottom + 16.0), &label);
    }
    svg.text("axis", Anchor::End, (width - FIGURES, bottom + 32.0), "ms");
    svg.text("axis", Anchor::Start, (width - FIGURES + 16.0, top - 6.0), "p50 · p95 · p99");
    let mut y = top + 6.0;
    for group in groups {
        svg.text("name", Anchor::Start, (4.0, y + 15.0), &group.name);
        for row in &group.rows {
            draw_row(&mut svg, row, y + ROW / 2.0, (&x, width), valid);
            y += ROW;
        }
        y += 12.0;
        svg.line("grid", (4.0, y - 6.0), (width - 4.0, y - 6.0));
    }
    let keys = [
        Key::Mark(Mark::Circle, "ink full", "p50"),
        Key::Mark(Mark::Diamond, "ink full", "p95"),
        Key::Mark(Mark::Bar, "ink full", "p99"),
        Key::Mark(Mark::Bar, "ink open", "p99 that is invalid"),
        Key::Line("promise", limit_name),
    ];
    legend(&mut svg, (LABELS - 13.0, bottom + 46.0), &keys);
    svg
}

fn draw_row(svg: &mut Svg, row: &Row, y: f64, (x, width): (&impl Fn(f64) -> f64, f64), valid: bool) {
    svg.text("", Anchor::End, (LABELS - 12.0, y + 4.0), &row.label);
    if let Some(limit) = row.limit {
        svg.line("promise", (x(limit), y - ROW / 2.0), (x(limit), y + ROW / 2.0));
    }
    let Some(of) = row.of else {
        svg.text("axis", Anchor::Start, (width - FIGURES + 16.0, y + 4.0), "not measured");
        return;
    };
    let proven = valid && p99_valid(of.n);
    let doubt = if proven { "" } else { ", invalid" };
    let figures = format!("{} · {} · {} ms{doubt}", ms(of.p50), ms(of.p95), ms(of.p99));
    let limit = row.limit.map_or_else(String::new, |limit| format!(", limit {} ms", ms(limit)));
    let title = format!("{}: p50, p95, p99: {figures}, n {}{limit}", row.label, count(of.n));
    svg.line("range", (x(of.p50), y), (x(of.p99), y));
    svg.mark(Mark::Circle, "ink full", (x(of.p50), y), &title);
    svg.mark(Mark::Diamond, "ink full", (x(of.p95), y), &title);
    svg.mark(Mark::Bar, if proven { "ink full" } else { "ink open" }, (x(of.p99), y), &title);
    svg.text("figures", Anchor::Start, (width - FIGURES + 16.0, y + 4.0), &figures);
    svg.text("axis", Anchor::End, (width - 4.0, y + 4.0), &format!("n {}", count(of.n)));
}
