//! What must hold, as a list of met and not met.

use serde_json::{Value, json};

use super::edge_only::EdgeOnly;
use super::servers::Kind;
use super::stats::{Series, cpu_ratio, of_kind};
use crate::term;

pub struct Target {
    what: &'static str,
    measured: f64,
    /// The measured figure must be below it, or at most it.
    bound: f64,
    strictly: bool,
    unit: &'static str,
    /// Only an aim: it fails no check.
    aim: bool,
}

/// "Does not grow": what two medians of the same thing may differ by on a shared machine.
const NOISE: f64 = 1.10;

/// Of what was measured, those that can be judged. `hits` are the hits of 4 KB.
pub fn judge(hits: Option<&[Series]>, only: &EdgeOnly) -> Vec<Target> {
    let against = |kind| cpu_ratio(of_kind(hits?, Kind::Edge), of_kind(hits?, kind));
    let ratio = |what, measured: Option<f64>, bound, strictly, aim| {
        measured.map(|measured| Target { what, measured, bound, strictly, unit: "×", aim })
    };
    let figure = |what, measured: Option<f64>, bound, unit, aim| {
        measured.map(|measured| Target { what, measured, bound, strictly: true, unit, aim })
    };
    let hyper = against(Kind::FloorHyper);
    [
        ratio("CPU a request below HAProxy's", against(Kind::HaProxy), 1.0, true, false),
        ratio("CPU a request at most 0.65 of nginx's", against(Kind::Nginx), 0.65, false, false),
        ratio("CPU a request at most 0.45 of Varnish's", against(Kind::Varnish), 0.45, false, false),
        ratio("aim: 0.9 of HAProxy's", against(Kind::HaProxy), 0.9, false, true),
        ratio("aim: what plain hyper costs", hyper, 1.0, false, true),
        ratio("two workers at most 1.15 of one", only.two_workers_ratio(), 1.15, false, false),
        ratio("a thousand times the entries: no growth", only.growth_ratio(), NOISE, false, false),
        figure("purging a tag of all entries: microseconds", only.purge_us, 1000.0, "µs", false),
        figure("aim: a small entry beyond its bytes under 400 bytes", only.overhead_bytes, 400.0, "bytes", true),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Target {
    fn met(&self) -> bool {
        if self.strictly { self.measured < self.bound } else { self.measured <= self.bound }
    }

    pub fn fails(&self) -> bool {
        !self.aim && !self.met()
    }

    pub fn json(&self) -> Value {
        json!({ "what": self.what, "measured": self.measured, "bound": self.bound, "unit": self.unit, "aim": self.aim, "met": self.met() })
    }
}

pub fn print(targets: &[Target]) {
    term::heading("What must hold");
    for target in targets {
        let (colour, word) = match (target.met(), target.aim) {
            (true, _) => (term::GREEN, "met    "),
            (false, true) => (term::YELLOW, "not met"),
            (false, false) => (term::RED, "not met"),
        };
        term::line(&format!("  {} {:<52} {:>9.2} {}", term::paint(colour, word), target.what, target.measured, target.unit));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_is_not_at_most() {
        let target = |measured, strictly, aim| Target { what: "", measured, bound: 1.0, strictly, unit: "", aim };
        assert!(target(1.0, true, false).fails());
        assert!(!target(1.0, false, false).fails());
        assert!(!target(2.0, false, true).fails());
    }
}
