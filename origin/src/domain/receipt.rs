//! What edges report.

use common::{LogId, Seq};
use serde::Deserialize;

use crate::domain::id::ProcessId;

/// The most writes one report may speak of; an edge splits longer ones.
pub const REPORT_APPLIED_MAX: usize = 1000;

/// One report of one edge process: its heartbeat, and what it has applied since the last. A later edge may say more than this
/// version knows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct EdgeReport {
    pub process: ProcessId,
    pub region: String,
    pub log: LogId,
    /// The process's measured round trip to the origin.
    pub rtt_ms: f64,
    /// Where the process stands, for a process that has applied nothing new.
    #[serde(default)]
    pub seq: Option<Seq>,
    #[serde(default)]
    pub applied: Vec<Applied>,
}

/// That a write was applied, and how long the report of it was held back.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Applied {
    pub seq: Seq,
    /// From applying to sending the report, by the edge's monotonic clock.
    pub held_ms: f64,
}

/// How far one region is with one write.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionReceipt {
    pub region: String,
    /// Whether every live process of the region has applied the write.
    pub applied: bool,
    /// The slowest process's time; `None` when unknown, as for one that started later.
    pub applied_ms: Option<f64>,
    /// Live processes.
    pub processes: u32,
}

/// Names of regions: short, lower-case, safe in a metric's label.
pub fn region_is_legal(region: &str) -> bool {
    const REGION_BYTES_MAX: usize = 32;
    (1..=REGION_BYTES_MAX).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl EdgeReport {
    /// What is wrong with the report, if anything.
    pub fn mistake(&self) -> Option<&'static str> {
        let time = |ms: f64| ms.is_finite() && ms >= 0.0;
        if !region_is_legal(&self.region) {
            Some("region: expected 1 to 32 lower-case letters, digits and dashes")
        } else if !time(self.rtt_ms) || !self.applied.iter().all(|applied| time(applied.held_ms)) {
            Some("rtt_ms and held_ms: expected finite numbers that are not negative")
        } else if self.applied.len() > REPORT_APPLIED_MAX {
            Some("applied: expected at most 1000 entries")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EdgeReport;

    /// An edge of a later version works with this origin.
    #[test]
    fn passes_over_members_it_does_not_know() {
        let plain = r#"{"process":"01ARZ3NDEKTSV4RRFFQ69G5FAV","region":"eu","log":"01ARZ3NDEKTSV4RRFFQ69G5FAV","rtt_ms":202.5,
            "applied":[{"seq":7,"held_ms":1.5}]}"#;
        let later =
            plain.replace("\"held_ms\"", "\"since\":[],\"held_ms\"").replace("\"region\"", "\"later\":{\"than\":1},\"region\"");
        let read = |text: &str| serde_json::from_str::<EdgeReport>(text).unwrap();
        assert_eq!((later.matches(r#""since""#).count(), read(&later)), (1, read(plain)));
    }
}
