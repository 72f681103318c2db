//! Latencies in buckets that grow with the value, as HdrHistogram has them: 64 to each power of
//! two, so that a percentile is off by at most 1.6 %.

use std::time::Duration;

const SUB_BITS: u32 = 6;
const SUB: usize = 1 << SUB_BITS;
/// Up to 2^40 ns, 18 minutes.
const POWERS: usize = 40;

pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max_ns: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram { counts: vec![0; SUB * POWERS], total: 0, max_ns: 0 }
    }
}

impl Histogram {
    #[inline]
    pub fn record(&mut self, value: Duration) {
        let ns = u64::try_from(value.as_nanos()).unwrap_or(u64::MAX);
        let last = self.counts.len() - 1;
        if let Some(count) = self.counts.get_mut(bucket(ns).min(last)) {
            *count += 1;
        }
        self.total += 1;
        self.max_ns = self.max_ns.max(ns);
    }

    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.total, self.max_ns) = (0, 0);
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    /// The value that the share `quantile` (0 to 1) of all values does not exceed, in µs; zero
    /// without values.
    pub fn quantile_us(&self, quantile: f64) -> f64 {
        let rank = ((self.total as f64 * quantile).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return upper(index).min(self.max_ns) as f64 / 1000.0;
            }
        }
        0.0
    }
}

fn bucket(ns: u64) -> usize {
    let power = (u64::BITS - ns.leading_zeros()).saturating_sub(SUB_BITS + 1);
    // Below 128 ns a bucket is one nanosecond wide.
    usize::try_from(ns >> power).unwrap_or(usize::MAX).saturating_add(power as usize * SUB)
}

/// The highest value that falls into a bucket.
fn upper(index: usize) -> u64 {
    if index < 2 * SUB {
        return index as u64;
    }
    let power = index / SUB - 1;
    (((index - power * SUB) as u64 + 1) << power) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_what_its_bounds_say() {
        for ns in (0..200).chain([1_000, 4_095, 4_096, 4_097, 123_456, 987_654_321]) {
            let index = bucket(ns);
            assert!(ns <= upper(index), "{ns} in bucket {index} up to {}", upper(index));
            assert!(index == 0 || ns > upper(index - 1), "{ns} in bucket {index} from {}", upper(index - 1));
        }
    }

    #[test]
    fn percentiles_are_off_by_little() {
        let mut histogram = Histogram::default();
        for us in 1..=1000 {
            histogram.record(Duration::from_micros(us));
        }
        assert!((histogram.quantile_us(0.5) - 500.0).abs() < 9.0, "{}", histogram.quantile_us(0.5));
        assert!((histogram.quantile_us(0.99) - 990.0).abs() < 17.0);
        assert!((histogram.quantile_us(1.0) - 1000.0).abs() < f64::EPSILON);
        histogram.clear();
        assert_eq!(histogram.total(), 0);
    }
}
