//! Medians and spreads of what the rounds measured.

use super::load::Sample;
use super::servers::Kind;

/// What the rounds of one scenario say of one server.
pub struct Series {
    pub kind: Kind,
    pub samples: Vec<Sample>,
    /// Why there are no more samples, if something was wrong.
    pub failure: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Series {
    pub fn new(kind: Kind) -> Self {
        Self { kind, samples: Vec::new(), failure: None }
    }

    /// `None` without a sample, or after a failure: half a series is not a result.
    pub fn spread(&self, of: impl Fn(&Sample) -> f64) -> Option<Spread> {
        if self.failure.is_some() {
            return None;
        }
        spread(self.samples.iter().map(of).collect())
    }

    pub fn cpu_us(&self) -> Option<Spread> {
        self.spread(|sample| sample.cpu_us)
    }
}

pub fn spread(mut values: Vec<f64>) -> Option<Spread> {
    values.sort_unstable_by(f64::total_cmp);
    let (min, max) = (*values.first()?, *values.last()?);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let median = if values.len() % 2 == 1 { upper } else { f64::midpoint(*values.get(middle - 1)?, upper) };
    Some(Spread { median, min, max })
}

/// What was measured of one against another, as the ratio of their medians.
pub fn ratio(one: Option<&Series>, other: Option<&Series>, of: impl Fn(&Sample) -> f64) -> Option<f64> {
    Some(one?.spread(&of)?.median / other?.spread(&of)?.median)
}

/// [`ratio`] of the CPU time a request.
pub fn cpu_ratio(one: Option<&Series>, other: Option<&Series>) -> Option<f64> {
    ratio(one, other, |sample| sample.cpu_us)
}

pub fn of_kind(series: &[Series], kind: Kind) -> Option<&Series> {
    series.iter().find(|series| series.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        assert_eq!(spread(vec![3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(spread(vec![4.0, 1.0]).map(|spread| spread.median), Some(2.5));
        assert_eq!(spread(Vec::new()), None);
    }
}
