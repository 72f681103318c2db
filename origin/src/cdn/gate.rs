//! When a write may be invalidated at the CDN (rule R14). Too early, and an edge that has not
//! heard of it refills the CDN with the old page.

use std::{collections::VecDeque, time::Duration};

use common::Seq;

/// An edge that has not reached the head for this long is unconfirmed, and its answers leave
/// with `no-store` (rule R21).
pub const UNCONFIRMED_AFTER: Duration = Duration::from_secs(3);
/// The longest that an edge may take over one response.
pub const RESPONSE_TIME_MAX: Duration = Duration::from_secs(30);
/// An edge that was silent for no longer may still send the CDN an answer that it began while
/// it was confirmed: what it has not applied is not past.
pub const SILENCE_MAX: Duration = UNCONFIRMED_AFTER.saturating_add(RESPONSE_TIME_MAX);
/// For responses that were on their way to the CDN when the edge applied the write.
pub const IN_FLIGHT_MARGIN: Duration = Duration::from_secs(2);
/// After this long a write is invalidated whatever the edges say.
pub const WAIT_MAX: Duration = SILENCE_MAX.saturating_add(IN_FLIGHT_MARGIN);
/// Observations kept: one a tick for as long as the margin, and some.
const OBSERVATIONS_MAX: usize = 64;

/// Remembers what every edge that may still answer had applied, and when that was seen.
#[derive(Debug, Default)]
pub struct Gate {
    /// Oldest first.
    observed: VecDeque<(Duration, Seq)>,
}

impl Gate {
    /// `min_applied` is the number that every edge process heard of within [`SILENCE_MAX`] has reached. With none
    /// there is nothing to go by: one may live that has not reported yet.
    pub fn observe(&mut self, now: Duration, min_applied: Option<Seq>) {
        if let Some(min_applied) = min_applied {
            self.observed.push_back((now, min_applied));
        }
        // Only the youngest of those past the margin counts.
        while self.observed.get(1).is_some_and(|(at, _)| is_past(*at, now)) || self.observed.len() > OBSERVATIONS_MAX {
            self.observed.pop_front();
        }
    }

    /// The highest number whose old pages cannot come to the CDN any more.
    pub fn passed(&self, now: Duration) -> Seq {
        self.observed.front().filter(|(at, _)| is_past(*at, now)).map_or(Seq::ZERO, |(_, seq)| *seq)
    }
}

fn is_past(at: Duration, now: Duration) -> bool {
    now.saturating_sub(at) >= IN_FLIGHT_MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seq(n: i64) -> Seq {
        Seq::from_i64(n).unwrap()
    }

    #[test]
    fn waits_for_responses_in_flight() {
        let mut gate = Gate::default();
        let at = Duration::from_secs(100);
        gate.observe(at, Some(seq(5)));
        assert_eq!(gate.passed(at), Seq::ZERO);
        gate.observe(at + IN_FLIGHT_MARGIN / 2, Some(seq(6)));
        assert_eq!(gate.passed(at + IN_FLIGHT_MARGIN), seq(5));
        gate.observe(at + IN_FLIGHT_MARGIN, Some(seq(9)));
        assert_eq!(gate.passed(at + IN_FLIGHT_MARGIN), seq(5));
        gate.observe(at + IN_FLIGHT_MARGIN * 3 / 2, Some(seq(9)));
        assert_eq!(gate.passed(at + IN_FLIGHT_MARGIN * 3 / 2), seq(6));
    }

    #[test]
    fn knows_nothing_without_live_edges_and_stays_small() {
        let mut gate = Gate::default();
        gate.observe(Duration::from_secs(1), None);
        assert_eq!(gate.passed(Duration::from_secs(100)), Seq::ZERO);
        for n in 0..1000 {
            gate.observe(Duration::from_secs(1), Some(seq(n)));
        }
        assert!(gate.observed.len() <= OBSERVATIONS_MAX);
    }
}
