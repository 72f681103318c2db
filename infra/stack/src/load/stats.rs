//! Percentiles of what was measured, and when a figure may be believed.

/// From here on a p99 is more than the luck of a few: at least ten samples lie beyond it.
pub const P99_SAMPLES: u64 = 1_000;
/// Above this share of the machine's CPU, waiting for a core shows in what readers wait.
pub const BUSIEST: f64 = 0.75;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentiles {
    pub n: u64,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantile {
    P50,
    P90,
    P95,
    P99,
}

impl Percentiles {
    /// By nearest rank: the smallest sample that at least that share of all samples does not exceed. So a percentile
    /// is always a time that somebody waited, never one in between. Sorts the samples; `None` without any.
    pub fn of(samples: &mut [f64]) -> Option<Self> {
        samples.sort_unstable_by(f64::total_cmp);
        let sorted: &[f64] = samples;
        let at = |quantile: Quantile| {
            let rank = (sorted.len() * quantile.percent()).div_ceil(100);
            sorted.get(rank.checked_sub(1)?).copied()
        };
        Some(Self {
            n: sorted.len() as u64,
            p50: at(Quantile::P50)?,
            p90: at(Quantile::P90)?,
            p95: at(Quantile::P95)?,
            p99: at(Quantile::P99)?,
            max: *sorted.last()?,
        })
    }

    pub const fn at(&self, quantile: Quantile) -> f64 {
        match quantile {
            Quantile::P50 => self.p50,
            Quantile::P90 => self.p90,
            Quantile::P95 => self.p95,
            Quantile::P99 => self.p99,
        }
    }
}

impl Quantile {
    pub const ALL: [Self; 4] = [Self::P50, Self::P90, Self::P95, Self::P99];

    pub const fn percent(self) -> usize {
        match self {
            Self::P50 => 50,
            Self::P90 => 90,
            Self::P95 => 95,
            Self::P99 => 99,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    /// Whether ten samples lie beyond it: 1,000 for a p99, 200 for a p95, 20 for a p50.
    pub const fn steady(self, n: u64) -> bool {
        n.saturating_mul(100 - self.percent() as u64) >= P99_SAMPLES
    }
}

pub const fn p99_valid(n: u64) -> bool {
    n >= P99_SAMPLES
}

/// Not valid either if nobody knows how busy it was.
pub fn busy_valid(share: f64) -> bool {
    share <= BUSIEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_sample_found_by_its_rank() {
        let mut hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let of_hundred = Percentiles { n: 100, p50: 50.0, p90: 90.0, p95: 95.0, p99: 99.0, max: 100.0 };
        assert_eq!(Percentiles::of(&mut hundred), Some(of_hundred));
        // The textbook's example of nearest rank: of five, the 30th percentile is the second, the 50th the third.
        let of_five = Percentiles { n: 5, p50: 35.0, p90: 50.0, p95: 50.0, p99: 50.0, max: 50.0 };
        assert_eq!(Percentiles::of(&mut [40.0, 15.0, 50.0, 20.0, 35.0]), Some(of_five));
        // One more than 100 moves every rank up.
        let mut more: Vec<f64> = (1..=101).map(f64::from).collect();
        assert_eq!(Percentiles::of(&mut more).map(|of| (of.p50, of.p95, of.p99)), Some((51.0, 96.0, 100.0)));
        assert_eq!(Percentiles::of(&mut [7.0]).map(|of| (of.n, of.p50, of.p99, of.max)), Some((1, 7.0, 7.0, 7.0)));
        assert_eq!(Percentiles::of(&mut []), None);
    }

    #[test]
    fn few_samples_or_a_busy_machine_prove_nothing() {
        assert!(!p99_valid(999) && p99_valid(1_000));
        assert!(busy_valid(0.75) && !busy_valid(0.7501) && !busy_valid(f64::NAN));
        for n in [19, 20, 199, 200, 999, 1_000] {
            let steady = [Quantile::P50, Quantile::P95, Quantile::P99].map(|quantile| quantile.steady(n));
            assert_eq!(steady, [n >= 20, n >= 200, n >= 1_000], "{n}");
        }
    }
}
