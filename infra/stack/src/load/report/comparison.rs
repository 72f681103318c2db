//! What differs between two runs by more than runs of the same thing differ.

use super::words::{count, place, share, with_unit};
use crate::load::stats::{Percentiles, Quantile};
use crate::load::summary::{Check, Kind, Region, Summary, Unit, Verdict};

/// The rule in words, for those who read what it decided.
pub const NOISE: &str = "A percentile counts as changed when it moved by more than 5 ms and by more than 10 %, both runs are valid and both \
     have ten samples beyond it (a p99: 1,000 samples). A hit ratio or a share of a Cache-Status: by more than 2 percentage points. Counts are \
     compared per request: by more than 10 % and by more than twice what chance explains. Errors where there were none count always.";
const NOISE_MS: f64 = 5.0;
const NOISE_PART: f64 = 0.10;
const NOISE_SHARE: f64 = 0.02;

pub struct Comparison {
    pub baseline: String,
    /// Where the two runs were not made alike.
    pub unlike: Vec<String>,
    pub changes: Vec<Change>,
    /// How many figures were compared and did not change.
    pub same: usize,
    /// What could not be compared, and why.
    pub left_out: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub struct Change {
    pub what: String,
    pub before: String,
    pub now: String,
    /// Of the value before; `None` where that says nothing.
    pub part: Option<f64>,
    pub worth: Worth,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    Better,
    Worse,
    /// Neither by itself.
    Different,
}

pub fn compare(baseline: &Summary, now: &Summary) -> Comparison {
    let name = format!("{} of {}, commit {}", baseline.workload, baseline.date, baseline.commit);
    let mut all =
        Comparison { baseline: name, unlike: unlike(baseline, now), changes: Vec::new(), same: 0, left_out: Vec::new() };
    for (which, run) in [("the baseline", baseline), ("this run", now)] {
        if !run.valid() {
            all.left_out.push(format!("everything: {which} proves nothing, its machine was {} busy", share(run.busy)));
        }
    }
    if !all.left_out.is_empty() {
        return all;
    }
    all.verdicts(baseline, now);
    for after in &now.regions {
        match baseline.region(&after.name) {
            Some(before) => all.region(before, after),
            None => all.left_out.push(format!("{}: the baseline has no such region", place(&after.name))),
        }
    }
    all
}

fn unlike(baseline: &Summary, now: &Summary) -> Vec<String> {
    let differs = |what: &str, before: &str, now: &str| (before != now).then(|| format!("{what}: {before} then, {now} now"));
    let cores = differs("cores", &baseline.cores.to_string(), &now.cores.to_string());
    let words = [
        differs("workload", &baseline.workload, &now.workload),
        differs("network", &baseline.wan, &now.wan),
        differs("parts", &baseline.parts, &now.parts),
        differs("machine", &baseline.machine, &now.machine),
        cores,
    ];
    let length = (baseline.seconds - now.seconds).abs() > baseline.seconds * NOISE_PART;
    let length = length.then(|| format!("length: {:.0} s then, {:.0} s now", baseline.seconds, now.seconds));
    words.into_iter().chain([length]).flatten().collect()
}

impl Comparison {
    fn verdicts(&mut self, baseline: &Summary, now: &Summary) {
        for check in &now.checks {
            let same = |old: &&Check| old.what == check.what && old.region == check.region;
            let Some(old) = baseline.checks.iter().find(same) else { continue };
            let (before, after) = (baseline.verdict(old), now.verdict(check));
            let worth = match (rank(&before), rank(&after)) {
                (before, after) if before == after => continue,
                (before, after) if before < after => Worth::Better,
                _ => Worth::Worse,
            };
            let region = check.region.as_deref().map_or("all together", place);
            let what = format!("{region}: the promise of {}", check.what.words());
            self.changes.push(Change { what, before: word(&before).to_owned(), now: word(&after).to_owned(), part: None, worth });
        }
    }

    fn region(&mut self, before: &Region, now: &Region) {
        let place = place(&now.name);
        for kind in Kind::ALL {
            self.times(&format!("{place}: {}", kind.words()), before.kinds.get(&kind), now.kinds.get(&kind));
        }
        self.times(&format!("{place}: applied"), before.applied_ms.as_ref(), now.applied_ms.as_ref());
        self.times(&format!("{place}: visible"), before.visible_ms.as_ref(), now.visible_ms.as_ref());
        if let (Some(before), Some(now)) = (before.hit_ratio(), now.hit_ratio()) {
            self.share(format!("{place}: hit ratio"), (before, now), true);
        }
        let total = |region: &Region| region.cache_status.values().sum::<u64>().max(1) as f64;
        let mut reasons: Vec<&String> = before.cache_status.keys().chain(now.cache_status.keys()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            let part = |region: &Region| region.cache_status.get(reason).copied().unwrap_or(0) as f64 / total(region);
            self.share(format!("{place}: Cache-Status {reason}"), (part(before), part(now)), false);
        }
        let asked = (before.requests, now.requests);
        self.count(format!("{place}: errors"), (before.errors, now.errors), asked);
        self.count(format!("{place}: errors where expected"), (before.errors_in_window, now.errors_in_window), asked);
        self.count(format!("{place}: requests to the origin"), (before.origin_requests, now.origin_requests), asked);
        self.count(format!("{place}: copies shown unconfirmed"), (before.unconfirmed, now.unconfirmed), asked);
    }

    fn times(&mut self, what: &str, before: Option<&Percentiles>, now: Option<&Percentiles>) {
        let (before, now) = match (before, now) {
            (Some(before), Some(now)) => (before, now),
            (None, None) => return,
            (known, _) => {
                let which = if known.is_some() { "this run" } else { "the baseline" };
                return self.left_out.push(format!("{what}: {which} did not measure it"));
            }
        };
        for quantile in [Quantile::P50, Quantile::P95, Quantile::P99] {
            let what = format!("{what}, {}", quantile.name());
            if !quantile.steady(before.n) || !quantile.steady(now.n) {
                self.left_out.push(format!("{what}: too few samples, {} then and {} now", count(before.n), count(now.n)));
                continue;
            }
            let (before, now) = (before.at(quantile), now.at(quantile));
            let changed = (now - before).abs() > f64::max(NOISE_MS, before * NOISE_PART);
            self.note(changed, what, (before, now), Unit::Ms, now < before);
        }
    }

    fn share(&mut self, what: String, (before, now): (f64, f64), more_is_better: bool) {
        let changed = (now - before).abs() > NOISE_SHARE;
        self.note(changed, what, (before, now), Unit::Share, now > before);
        if changed
            && !more_is_better
            && let Some(change) = self.changes.last_mut()
        {
            change.worth = Worth::Different;
        }
    }

    /// Fewer is better. Of so many requests, because a longer run counts more of everything.
    fn count(&mut self, what: String, (before, now): (u64, u64), (of_before, of_now): (u64, u64)) {
        let (of_before, of_now) = (of_before.max(1) as f64, of_now.max(1) as f64);
        let (old, new) = (before as f64 / of_before, now as f64 / of_now);
        let chance = (before as f64 / of_before.powi(2) + now as f64 / of_now.powi(2)).sqrt();
        let beyond = (new - old).abs() > f64::max(old * NOISE_PART, 2.0 * chance);
        let from_none = before == 0 && now > 0;
        let changed = beyond || from_none;
        self.note(changed, what, (before as f64, now as f64), Unit::Count, new < old);
        // The counts are shown, but by how much they changed is said per request.
        if changed && let Some(change) = self.changes.last_mut() {
            change.part = (before > 0).then(|| new / old - 1.0);
        }
    }

    fn note(&mut self, changed: bool, what: String, (before, now): (f64, f64), unit: Unit, better: bool) {
        if !changed {
            self.same += 1;
            return;
        }
        let part = (before > 0.0 && unit != Unit::Share).then(|| now / before - 1.0);
        let worth = if better { Worth::Better } else { Worth::Worse };
        self.changes.push(Change { what, before: with_unit(before, unit), now: with_unit(now, unit), part, worth });
    }
}

const fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::NotMet => 0,
        Verdict::Invalid(_) => 1,
        Verdict::Met => 2,
    }
}

const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::NotMet => "not met",
        Verdict::Invalid(_) => "invalid",
    }
}
