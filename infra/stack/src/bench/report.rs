//! Everything that was measured, for programs.

use serde_json::{Value, json};

use super::edge_only::EdgeOnly;
use super::load::Sample;
use super::machine::Machine;
use super::options::Options;
use super::scenario::{ALL, CONNECTIONS, KEYS, Scenario};
use super::servers::Kind;
use super::stats::{Series, Spread, of_kind, ratio};
use super::targets::{self, Target};

pub struct Report<'a> {
    pub machine: Machine,
    pub scenarios: Vec<(&'a Scenario, Vec<Series>)>,
    pub only: EdgeOnly,
    pub options: &'a Options,
}

impl Report<'_> {
    /// The scenario that must-be ratios and the chart speak of.
    pub fn hits(&self) -> Option<&[Series]> {
        let [first, ..] = &ALL;
        let found = self.scenarios.iter().find(|(scenario, _)| scenario.name == first.name)?;
        Some(&found.1)
    }

    pub fn targets(&self) -> Vec<Target> {
        targets::judge(self.hits(), &self.only)
    }

    /// Servers that answered wrongly, whatever the figures of the others are.
    pub fn failures(&self) -> Vec<String> {
        let failed = |(scenario, series): &(&Scenario, Vec<Series>)| -> Vec<String> {
            let failures = series.iter().filter_map(|series| Some((series.kind, series.failure.as_ref()?)));
            failures.map(|(kind, why)| format!("{}, {}: {why}", kind.name(), scenario.title)).collect()
        };
        self.scenarios.iter().flat_map(failed).chain(self.only.failures().map(str::to_owned)).collect()
    }

    pub fn json(&self, targets: &[Target]) -> Value {
        json!({
            "machine": self.machine.json(),
            "keys": KEYS,
            "connections": CONNECTIONS,
            "quick": self.options.quick,
            "scenarios": self.scenarios.iter().map(|(scenario, series)| scenario_json(scenario, series)).collect::<Vec<_>>(),
            "edge_only": self.only.json(),
            "targets": targets.iter().map(Target::json).collect::<Vec<_>>(),
        })
    }
}

fn scenario_json(scenario: &Scenario, series: &[Series]) -> Value {
    let edge = of_kind(series, Kind::Edge);
    let servers = series.iter().map(|one| {
        json!({
            "name": one.kind.name(),
            "failure": one.failure,
            "requests_per_second": spread_json(one.spread(|sample| sample.requests_per_second)),
            "cpu_us_per_request": spread_json(one.cpu_us()),
            "p50_us": spread_json(one.spread(|sample| sample.p50_us)),
            "p99_us": spread_json(one.spread(|sample| sample.p99_us)),
            "server_core_share": spread_json(one.spread(|sample| sample.server_share)),
            "load_core_share": spread_json(one.spread(|sample| sample.load_share)),
            "load_cpu_us_per_request": spread_json(one.spread(|sample| sample.load_cpu_us)),
            "edge_ratio": {
                "requests_per_second": ratio(edge, Some(one), |sample| sample.requests_per_second),
                "cpu_us_per_request": ratio(edge, Some(one), |sample| sample.cpu_us),
                "p50_us": ratio(edge, Some(one), |sample| sample.p50_us),
                "p99_us": ratio(edge, Some(one), |sample| sample.p99_us),
            },
            "rounds": one.samples.iter().map(sample_json).collect::<Vec<_>>(),
        })
    });
    json!({ "name": scenario.name, "title": scenario.title, "body_bytes": scenario.bytes, "servers": servers.collect::<Vec<_>>() })
}

fn spread_json(spread: Option<Spread>) -> Value {
    spread.map_or(Value::Null, |spread| json!({ "median": spread.median, "min": spread.min, "max": spread.max }))
}

fn sample_json(sample: &Sample) -> Value {
    json!({
        "requests": sample.requests,
        "misses": sample.fresh_keys,
        "seconds": sample.seconds,
        "requests_per_second": sample.requests_per_second,
        "cpu_us_per_request": sample.cpu_us,
        "p50_us": sample.p50_us,
        "p99_us": sample.p99_us,
        "server_core_share": sample.server_share,
        "load_core_share": sample.load_share,
    })
}
