//! The workloads of `loadtests/workloads`, and what each needs of the runner.

use super::summary::Kind;
use crate::error::{Error, Result};
use crate::system::REGIONS;

/// One of them, at its usual size.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub name: &'static str,
    pub seconds: u64,
    /// Journeys that begin in each region, a second.
    pub rate: u32,
    /// Edits that are published, a second; none at zero.
    pub edits_per_s: f64,
    pub loss: Option<Loss>,
    /// A run without one of these has measured something else.
    pub kinds: &'static [Kind],
}

/// What is cut off while readers read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A region's edge: its readers are moved to another's.
    Region { lost: &'static str, moves_to: &'static str },
    /// The origin, from all edges and readers.
    Origin,
}

/// As a DNS health check would: every ten seconds, three in a row; then the records' time to live.
pub const MOVE_AFTER_S: u64 = 3 * 10 + 60;

/// When what happens to a run, in seconds from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    pub cut_at_s: u64,
    /// From here on nobody may notice.
    pub move_at_s: u64,
    pub heal_at_s: u64,
}

const DAILY: &[Kind] = &[Kind::WarmKept, Kind::WarmNew, Kind::ColdKept];

const ALL: [Workload; 10] = [
    Workload { name: "smoke", seconds: 20, rate: 2, edits_per_s: 0.5, loss: None, kinds: DAILY },
    Workload { name: "load", seconds: 240, rate: 12, edits_per_s: 0.5, loss: None, kinds: DAILY },
    Workload { name: "stress", seconds: 180, rate: 4, edits_per_s: 0.5, loss: None, kinds: DAILY },
    Workload { name: "spike", seconds: 90, rate: 2, edits_per_s: 0.0, loss: None, kinds: DAILY },
    Workload { name: "soak", seconds: 1800, rate: 8, edits_per_s: 1.2, loss: None, kinds: DAILY },
    Workload { name: "breakpoint", seconds: 300, rate: 4, edits_per_s: 0.0, loss: None, kinds: DAILY },
    Workload { name: "cold-start", seconds: 160, rate: 8, edits_per_s: 0.0, loss: None, kinds: &[Kind::ColdNew] },
    Workload { name: "publish-storm", seconds: 360, rate: 4, edits_per_s: 4.0, loss: None, kinds: &[Kind::WarmKept] },
    Workload {
        name: "region-loss",
        seconds: 300,
        rate: 10,
        edits_per_s: 0.0,
        loss: Some(Loss::Region { lost: "eu", moves_to: "na" }),
        kinds: &[Kind::WarmKept],
    },
    Workload {
        name: "origin-loss",
        seconds: 450,
        rate: 10,
        edits_per_s: 0.0,
        loss: Some(Loss::Origin),
        kinds: &[Kind::WarmKept],
    },
];

impl Workload {
    pub fn parse(name: &str) -> Result<Self> {
        let known = || ALL.map(|workload| workload.name).join(", ");
        let found = ALL.into_iter().find(|workload| workload.name == name);
        found.ok_or_else(|| Error::Usage(format!("`{name}` is no workload; there are {}", known())))
    }

    /// The smallest one tests the code more than the distances.
    pub fn is_test(&self) -> bool {
        self.name == "smoke"
    }

    /// Long enough to tell what grows from what fills.
    pub fn looks_for_growth(&self) -> bool {
        self.name == "soak"
    }

    /// A loss begins after a fifth of the run and is healed after nine tenths of it.
    pub fn schedule(&self) -> Result<Option<Schedule>> {
        let Some(loss) = self.loss else { return Ok(None) };
        let (cut_at_s, heal_at_s) = (self.seconds / 5, self.seconds * 9 / 10);
        let move_at_s = match loss {
            Loss::Region { .. } => cut_at_s + MOVE_AFTER_S,
            // Nobody is moved: nobody may notice from the very beginning.
            Loss::Origin => cut_at_s,
        };
        if move_at_s >= heal_at_s {
            let least = (MOVE_AFTER_S * 10).div_ceil(7) + 1;
            return Err(Error::Usage(format!(
                "{}: readers are moved {MOVE_AFTER_S} s after the loss, so it takes at least {least} seconds",
                self.name
            )));
        }
        Ok(Some(Schedule { cut_at_s, move_at_s, heal_at_s }))
    }

    /// The regions whose edges fetch ahead: with the origin gone, their readers find what nobody has read, and the others
    /// only what somebody has.
    pub fn prefetch(&self) -> &'static [&'static str] {
        match self.loss {
            Some(Loss::Origin) => &["eu", "asia"],
            Some(Loss::Region { .. }) | None => &[],
        }
    }

    /// What a soak asks of the edges. Less room than readers' pages take: it is used up in two minutes, and from then on an edge that
    /// does not grow holds as much as before, while pages come and go. For the same reason fewer of the feed's events (about a kilobyte each)
    /// than come in a quarter of it. And an allocator that does not let the kernel round up what is
    /// held: it joins small pages to large ones when it comes by, about every eleven minutes here, and then holds 16 MB more for an
    /// edge that has not grown.
    pub fn edge_settings(&self) -> &'static [(&'static str, &'static str)] {
        if self.looks_for_growth() {
            &[("EDGE_MEMORY_BYTES", "4194304"), ("EDGE_RING_EVENTS", "512"), ("MIMALLOC_ALLOW_THP", "0")]
        } else {
            &[]
        }
    }

    /// Everything from here on that a lost region's readers meet.
    pub fn lost_region(&self) -> Option<(&'static str, &'static str)> {
        match self.loss {
            Some(Loss::Region { lost, moves_to }) => Some((lost, moves_to)),
            Some(Loss::Origin) | None => None,
        }
    }
}

/// Which lines a loss cuts, as [`crate::wan::Lines::cut`] names them.
pub fn cut_names(loss: Loss) -> Vec<String> {
    match loss {
        Loss::Region { lost, .. } => vec![format!("edge-{lost}")],
        Loss::Origin => vec!["origin".to_owned()],
    }
}

/// The limits on what the feed promises, by region.
pub fn applied_limit_ms(origin_rtt_ms: u32) -> f64 {
    f64::from(origin_rtt_ms) / 2.0 + 30.0
}

/// An event's way to the edge, a refresh there and back, and the last leg.
pub fn visible_limit_ms(origin_rtt_ms: u32, leg_ms: u32) -> f64 {
    f64::from(origin_rtt_ms) * 1.5 + f64::from(leg_ms) + 60.0
}

/// What a reader of a region may wait, whatever happens.
pub fn promise_ms(region: &str) -> f64 {
    if region == REGIONS[0] { 500.0 } else { 600.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_fits_into_its_run() {
        for workload in ALL {
            let schedule = workload.schedule().unwrap();
            assert_eq!(schedule.is_some(), workload.loss.is_some());
            if let Some(schedule) = schedule {
                assert!(
                    schedule.cut_at_s > 0 && schedule.move_at_s < schedule.heal_at_s && schedule.heal_at_s < workload.seconds
                );
            }
        }
        let short = Workload { seconds: 100, ..Workload::parse("region-loss").unwrap() };
        assert!(short.schedule().is_err());
    }

    #[test]
    fn the_promises_are_the_issues() {
        assert_eq!((promise_ms("sa"), promise_ms("asia")), (500.0, 600.0));
        assert_eq!((applied_limit_ms(256), visible_limit_ms(256, 40)), (158.0, 484.0));
    }
}
