//! What the origin had to do.

use super::frame::Frame;
use super::latency::{end, time_name};
use super::markup::{figure, note, panels};
use super::scale::Scale;
use super::words::share;
use crate::load::summary::{OriginPoint, Summary};

pub fn load(run: &Summary) -> String {
    if run.origin.is_empty() {
        return note("The origin was not watched in this run.");
    }
    let requests = plot(run, "requests a second", |point| point.requests_per_s);
    let cpu = plot(run, "% of the machine's CPU", |point| point.cpu_share * 100.0);
    panels(&[figure("Requests that reached the origin", &requests), figure("CPU that the origin used", &cpu)])
}

fn plot(run: &Summary, unit: &str, of: fn(&OriginPoint) -> f64) -> String {
    let end = end(run);
    let y = Scale::even(run.origin.iter().map(of).fold(0.1, f64::max));
    let (frame, mut svg) = Frame::draw((490.0, 220.0), (Scale::time(end), time_name(end)), (y, unit));
    frame.spans(&mut svg, &run.spans);
    svg.path("series s1", run.origin.iter().map(|point| Some(frame.point(point.t_s, of(point)))));
    for (index, point) in run.origin.iter().enumerate() {
        let next = run.origin.get(index + 1).map_or(end, |next| next.t_s);
        let (rate, cpu) = (point.requests_per_s, share(point.cpu_share));
        frame.hover(
            &mut svg,
            (point.t_s, next),
            &format!("from {:.0} s: {rate:.1} requests a second, {cpu} of the CPU", point.t_s),
        );
    }
    svg.inline(&format!("Origin over time: {unit}"))
}
