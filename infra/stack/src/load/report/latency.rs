//! How long readers waited as the run went on, a panel for each region.

use super::frame::{Frame, Key, shared_legend};
use super::markup::{figure, note, panels};
use super::scale::{Scale, top};
use super::svg::{Mark, Svg};
use super::words::{count, ms, place};
use crate::load::stats::p99_valid;
use crate::load::summary::{Point, Region, Summary};

pub fn over_time(run: &Summary) -> String {
    let all = || run.regions.iter().flat_map(|region| &region.series).filter(|point| point.n > 0);
    if all().next().is_none() {
        return note("Nothing was measured over time.");
    }
    let longest = all().map(|point| if p99_valid(point.n) { point.p99.max(point.p95) } else { point.p95 }).fold(0.0, f64::max);
    let promise = run.regions.iter().map(|region| region.promise_ms).fold(0.0, f64::max);
    let (most, cut) = top(longest, promise);
    // One scale for all, so that panels can be compared at a glance.
    let drawn: Vec<String> = run.regions.iter().map(|region| panel(region, run, Scale::even(most))).collect();
    let mut keys = vec![Key::Line("p50", "p50, half waited less"), Key::Line("p95", "p95")];
    let p99 = all().any(|point| p99_valid(point.n));
    if p99 {
        keys.push(Key::Line("p99", "p99"));
    }
    keys.push(Key::Line("promise", "the promise"));
    if all().any(|point| point.errors > 0) {
        keys.push(Key::Mark(Mark::Cross, "wrong", "errors"));
    }
    let mut html = shared_legend(&keys) + &panels(&drawn);
    if p99 {
        html += &note("The p99 is drawn only where a stretch of time has the 1,000 samples that it needs.");
    } else {
        html += &note("No stretch of time has the 1,000 samples that a p99 needs, so none is drawn here.");
    }
    if cut {
        html += &note(&format!("The axis ends at {} ms; what took longer stands at its end.", ms(most)));
    }
    html
}

fn panel(region: &Region, run: &Summary, y: Scale) -> String {
    let end = end(run);
    let (frame, mut svg) = Frame::draw((490.0, 250.0), (Scale::time(end), time_name(end)), (y, "ms"));
    frame.spans(&mut svg, &run.spans);
    let series = &region.series;
    let asked = |point: &Point| point.n > 0;
    let line = |svg: &mut Svg, class: &str, of: fn(&Point) -> f64, drawn: fn(&Point) -> bool| {
        let point = |point: &Point| (point.n > 0 && drawn(point)).then(|| frame.point(point.t_s, of(point)));
        svg.path(class, series.iter().map(point));
    };
    line(&mut svg, "p99", |point| point.p99, |point| p99_valid(point.n));
    line(&mut svg, "p95", |point| point.p95, |_| true);
    line(&mut svg, "p50", |point| point.p50, |_| true);
    frame.level(&mut svg, region.promise_ms, &format!("promise {} ms", ms(region.promise_ms)));
    for point in series.iter().filter(|point| point.errors > 0) {
        svg.mark(Mark::Cross, "wrong", (frame.x(point.t_s), frame.bottom() - 6.0), "");
    }
    for (index, point) in series.iter().enumerate().filter(|(_, point)| asked(point)) {
        let next = series.get(index + 1).map_or(end, |next| next.t_s);
        frame.hover(&mut svg, (point.t_s, next), &told(point));
    }
    let name = format!("{} ({})", place(&region.name), region.name);
    let title = format!("{name}: what readers waited over time");
    figure(
        &format!("{name}: {} ms to the edge, {} ms on to the origin (and back)", ms(region.leg_ms), ms(region.origin_rtt_ms)),
        &svg.inline(&title),
    )
}

fn told(point: &Point) -> String {
    let p99 = if p99_valid(point.n) { format!("{} ms", ms(point.p99)) } else { "too few samples".to_owned() };
    let (n, errors) = (count(point.n), count(point.errors));
    format!("from {:.0} s: p50 {} ms, p95 {} ms, p99 {p99}, n {n}, errors {errors}", point.t_s, ms(point.p50), ms(point.p95))
}

/// Where the plots over time end: with the last thing that was seen.
pub fn end(run: &Summary) -> f64 {
    let series = run.regions.iter().map(|region| {
        let times: Vec<f64> = region.series.iter().map(|point| point.t_s).collect();
        after(&times)
    });
    let origin: Vec<f64> = run.origin.iter().map(|point| point.t_s).collect();
    series.chain([after(&origin)]).fold(1.0, f64::max)
}

/// The last bucket is as long as the one before.
fn after(times: &[f64]) -> f64 {
    match times {
        [] => 0.0,
        [only] => *only + 1.0,
        [.., before, last] => last + (last - before),
    }
}

pub fn time_name(end: f64) -> &'static str {
    match Scale::time(end) {
        Scale::Even { divide, .. } if divide > 1.0 => "minutes since the run began",
        _ => "seconds since the run began",
    }
}
