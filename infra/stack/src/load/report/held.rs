//! What our processes held.

use super::frame::{Frame, Key, shared_legend};
use super::latency::{end, time_name};
use super::markup::{figure, note, panels};
use super::scale::Scale;
use crate::load::summary::{HeldPoint, Summary};

/// In the order of the summary: the edges, as everywhere, and the origin.
const CLASSES: [&str; 5] = ["series s1", "series s2", "series s3", "series s4", "series s5"];

pub fn over_time(run: &Summary) -> String {
    if run.held.iter().all(|held| held.points.is_empty()) {
        return note("Nobody looked at what the processes held.");
    }
    let keys: Vec<_> = run.held.iter().zip(CLASSES).map(|(held, class)| Key::Line(class, &held.name)).collect();
    let plots = [
        ("Memory", plot(run, "MiB", |point| Some(point.memory_mb))),
        ("Of that, stored for readers", plot(run, "MiB", |point| point.stored_mb)),
        ("Open descriptors, nearly all of them connections", plot(run, "descriptors", |point| Some(point.descriptors))),
        ("From an event's commit to its application, means", plot(run, "ms", |point| point.lag_ms)),
    ];
    shared_legend(&keys) + &panels(&plots.map(|(title, svg)| figure(title, &svg)))
}

fn plot(run: &Summary, unit: &str, of: fn(&HeldPoint) -> Option<f64>) -> String {
    let points = || run.held.iter().flat_map(|held| &held.points);
    let y = Scale::even(points().filter_map(of).fold(0.1, f64::max));
    let end = end(run);
    let (frame, mut svg) = Frame::draw((490.0, 220.0), (Scale::time(end), time_name(end)), (y, unit));
    frame.spans(&mut svg, &run.spans);
    for (held, class) in run.held.iter().zip(CLASSES) {
        svg.path(class, held.points.iter().map(|point| of(point).map(|value| frame.point(point.t_s, value))));
    }
    svg.inline(&format!("Held by our processes over time: {unit}"))
}
