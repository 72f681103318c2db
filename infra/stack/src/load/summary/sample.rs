//! A run that never was, for the tests: the distances are real, the waits are made up.

use super::{Check, Held, HeldPoint, Kind, Limit, OriginPoint, Point, Region, Span, Summary, Unit, What};
use crate::load::stats::{Percentiles, Quantile};

const SECONDS: u32 = 600;
const BUCKET: u32 = 5;

/// A good one.
pub fn summary() -> Summary {
    let places = [("sa", 30.0, 2.0, 500.0), ("na", 25.0, 116.0, 600.0), ("eu", 20.0, 202.0, 600.0), ("asia", 40.0, 256.0, 600.0)];
    let mut chance = Chance(7);
    let regions: Vec<Region> =
        places.into_iter().map(|(name, leg, rtt, promise)| region(name, leg, rtt, promise, &mut chance)).collect();
    Summary {
        workload: "load".to_owned(),
        wan: "near".to_owned(),
        parts: "full".to_owned(),
        commit: "3f9c2d17a0b4".to_owned(),
        date: "2026-11-23T02:00:00Z".to_owned(),
        machine: "Intel(R) Xeon(R) Processor @ 2.60GHz, Linux 6.1.0".to_owned(),
        cores: 2,
        seconds: f64::from(SECONDS),
        busy: 0.58,
        load_share: 0.21,
        notes: vec!["k6 and the services shared the two cores.".to_owned()],
        checks: checks(&regions),
        regions,
        origin: (0..SECONDS / BUCKET).map(|bucket| origin(bucket, &mut chance)).collect(),
        held: ["edge sa", "edge na", "edge eu", "edge asia", "origin"].map(held).into(),
        spans: vec![Span { from_s: 300.0, to_s: 360.0, what: "twice the readers".to_owned() }],
    }
}

fn region(name: &str, leg_ms: f64, origin_rtt_ms: f64, promise_ms: f64, chance: &mut Chance) -> Region {
    let mut waits = |legs: f64, trips: f64, n: u32| {
        let mut waits: Vec<f64> = (0..n).map(|_| legs * leg_ms + trips * origin_rtt_ms + chance.wait()).collect();
        Percentiles::of(&mut waits)
    };
    let kinds = [
        (Kind::WarmKept, 1.0, 0.0, 9_600),
        (Kind::WarmNew, 3.0, 0.0, 2_400),
        (Kind::ColdKept, 1.0, 1.0, 640),
        (Kind::ColdNew, 3.0, 1.0, 1_350),
    ];
    let kinds = kinds.into_iter().filter_map(|(kind, legs, trips, n)| Some((kind, waits(legs, trips, n)?))).collect();
    let (applied_ms, visible_ms) = (waits(0.0, 0.5, 1_120), waits(1.0, 1.5, 1_120));
    let series: Vec<Point> = (0..SECONDS / BUCKET).map(|bucket| point(bucket, leg_ms, origin_rtt_ms, chance)).collect();
    let (requests, hits): (u64, u64) = series.iter().fold((0, 0), |(n, hits), point| (n + point.n, hits + point.hits));
    let missed = requests - hits;
    let reasons =
        [("hit", hits), ("uri-miss", missed - missed / 3), ("stale", missed / 3 - missed / 20), ("bypass", missed / 20)];
    Region {
        name: name.to_owned(),
        leg_ms,
        origin_rtt_ms,
        promise_ms,
        requests,
        errors: 0,
        errors_in_window: 0,
        kinds,
        cache_status: reasons.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect(),
        applied_ms,
        visible_ms,
        unconfirmed: 0,
        origin_requests: missed,
        series,
    }
}

fn point(bucket: u32, leg_ms: f64, origin_rtt_ms: f64, chance: &mut Chance) -> Point {
    let t_s = f64::from(bucket * BUCKET);
    let rush = (300.0..360.0).contains(&t_s);
    let n = if rush { 1_180 } else { 430 + chance.below(120) };
    // The first pages are cold.
    let ratio = 0.985 - origin_rtt_ms / 20_000.0 - 0.5 * (-t_s / 25.0).exp() - 0.01 * chance.share();
    let p50 = leg_ms + 2.0 + chance.wait() / 6.0;
    let p95 = 3.0 * leg_ms + 20.0 + chance.wait() + origin_rtt_ms * (-t_s / 60.0).exp();
    let p99 = p95 + 0.6 * origin_rtt_ms + chance.wait();
    Point { t_s, n, p50, p95, p99, hits: (n as f64 * ratio) as u64, errors: 0 }
}

fn origin(bucket: u32, chance: &mut Chance) -> OriginPoint {
    let t_s = f64::from(bucket * BUCKET);
    let requests_per_s = 9.0 + 120.0 * (-t_s / 25.0).exp() + 3.0 * chance.share();
    OriginPoint { t_s, requests_per_s, cpu_share: 0.02 + requests_per_s / 900.0 }
}

fn held(name: &str) -> Held {
    let lag_ms = (name != "origin").then_some(61.5);
    let stored_mb = lag_ms.map(|_| 12.5);
    let memory_mb = |n: u32| 60.0 + f64::from(n) / 10.0;
    let point = |n: u32| HeldPoint { t_s: f64::from(n * 10), memory_mb: memory_mb(n), stored_mb, descriptors: 44.0, lag_ms };
    Held { name: name.to_owned(), points: (0..SECONDS / 10).map(point).collect() }
}

fn checks(regions: &[Region]) -> Vec<Check> {
    let of = |region: &Region, what: What, limit: f64, of: Option<&Percentiles>| {
        let value = of.map(|of| of.p99);
        Check::judge(what, Some(&region.name), Limit::Below(limit), Unit::Ms, value, of.map_or(0, |of| of.n))
    };
    let p99 = Quantile::P99;
    let all = regions.iter().flat_map(|region| {
        let kind = |kind: Kind, limit| of(region, What::Wait(kind, p99), limit, region.kinds.get(&kind));
        let (rtt, leg) = (region.origin_rtt_ms, region.leg_ms);
        [
            kind(Kind::WarmKept, 100.0),
            kind(Kind::WarmNew, 200.0),
            kind(Kind::ColdNew, region.promise_ms),
            of(region, What::Applied(p99), rtt / 2.0 + 60.0, region.applied_ms.as_ref()),
            of(region, What::Visible(p99), rtt * 1.5 + leg + 60.0, region.visible_ms.as_ref()),
        ]
    });
    let errors = regions.iter().map(|region| region.errors).sum::<u64>() as f64;
    let requests = regions.iter().map(|region| region.requests).sum();
    let errors = Check::judge(What::Other("errors".to_owned()), None, Limit::AtMost(0.0), Unit::Count, Some(errors), requests);
    all.chain([errors]).collect()
}

/// The same numbers every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn share(&mut self) -> f64 {
        self.below(100_000) as f64 / 100_000.0
    }

    /// Mostly short, with a tail.
    fn wait(&mut self) -> f64 {
        1.0 - 8.0 * (1.0 - self.share()).ln()
    }
}
