//! Percentiles drawn far out, where the promises are, a panel for each region.

use super::frame::{Frame, Key, shared_legend};
use super::markup::{figure, note, panels};
use super::scale::Scale;
use super::svg::Mark;
use super::words::{count, ms, place};
use crate::load::stats::{Percentiles, Quantile};
use crate::load::summary::{Kind, Region, Summary};

pub fn percentiles(run: &Summary) -> String {
    let all = || run.regions.iter().flat_map(|region| region.kinds.values());
    let Some(least) = all().map(|of| of.p50).reduce(f64::min) else { return note("No wait was measured.") };
    let promise = run.regions.iter().map(|region| region.promise_ms).fold(0.0, f64::max);
    let y = Scale::log(least, all().map(|of| of.max).fold(promise, f64::max));
    let x = Scale::tail(all().map(|of| of.n).max().unwrap_or(0));
    let drawn: Vec<String> = run.regions.iter().map(|region| panel(region, x, y)).collect();
    let mut keys: Vec<Key<'_>> = Kind::ALL.iter().map(|kind| Key::Line(class(*kind), kind.words())).collect();
    keys.push(Key::Line("promise", "the promise"));
    shared_legend(&keys)
        + &panels(&drawn)
        + &note(
            "Right means rarer: at 99, one request in a hundred waited longer. A line ends with the longest wait of all. A hollow \
             circle has fewer than ten samples beyond it and is not to be relied on. The scale of times is logarithmic.",
        )
}

fn panel(region: &Region, x: Scale, y: Scale) -> String {
    let (frame, mut svg) = Frame::draw((490.0, 260.0), (x, "percentile"), (y, "ms"));
    frame.level(&mut svg, region.promise_ms, &format!("promise {} ms", ms(region.promise_ms)));
    for (kind, of) in &region.kinds {
        let class = class(*kind);
        svg.path(class, points(of).map(|(share, wait, _)| Some(frame.point(share, wait))));
        for (share, wait, quantile) in points(of) {
            let name = quantile.map_or("longest", Quantile::name);
            let title = format!("{}: {name} {} ms, n {}", kind.words(), ms(wait), count(of.n));
            let (mark, class) = match quantile {
                None => (Mark::Cross, format!("{class} open")),
                Some(quantile) if quantile.steady(of.n) => (Mark::Circle, format!("{class} full")),
                Some(_) => (Mark::Circle, format!("{class} open")),
            };
            svg.mark(mark, &class, frame.point(share, wait), &title);
        }
    }
    let name = format!("{} ({})", place(&region.name), region.name);
    figure(&name, &svg.inline(&format!("{name}: what readers waited, by percentile")))
}

/// The longest of n samples stands where one n-th of them lies beyond.
fn points(of: &Percentiles) -> impl Iterator<Item = (f64, f64, Option<Quantile>)> {
    let longest = 1.0 - 1.0 / of.n.max(1) as f64;
    let known = Quantile::ALL.map(|quantile| (quantile.percent() as f64 / 100.0, of.at(quantile), Some(quantile)));
    known.into_iter().filter(move |(share, ..)| *share < longest || *share == 0.5).chain([(longest.max(0.5), of.max, None)])
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::WarmKept => "series s1",
        Kind::WarmNew => "series s2",
        Kind::ColdKept => "series s3",
        Kind::ColdNew => "series s4",
    }
}
