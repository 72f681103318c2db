//! From a value to its place on an axis, and the values that are written beside it.

/// As tall as an axis grows above the promise: an answer of 30 s would flatten all that matters.
const BEYOND_PROMISE: f64 = 3.0;

#[derive(Clone, Copy, Debug)]
pub enum Scale {
    Even {
        bottom: f64,
        top: f64,
        step: f64,
        divide: f64,
    },
    /// Twice as far for ten times the value.
    Log {
        low: f64,
        high: f64,
    },
    /// For shares of samples from one half up: every further nine takes the same room.
    Tail {
        nines: f64,
    },
}

impl Scale {
    /// From zero.
    pub fn even(most: f64) -> Self {
        let step = round_step(most.max(f64::MIN_POSITIVE) / 5.0);
        Self::Even { bottom: 0.0, top: (most / step).ceil().max(1.0) * step, step, divide: 1.0 }
    }

    /// For shares that are all high: from the tens below the least of them up to 100.
    pub fn percent(least: f64) -> Self {
        let bottom = (least.clamp(0.0, 90.0) / 10.0).floor() * 10.0;
        Self::Even {
            bottom,
            top: 100.0,
            step: if bottom < 50.0 { 20.0 } else { round_step((100.0 - bottom) / 5.0) },
            divide: 1.0,
        }
    }

    /// Ends where the time does. Labelled in seconds, or in minutes where the run is long.
    pub fn time(seconds: f64) -> Self {
        const STEPS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];
        let step = STEPS.into_iter().find(|step| seconds / step <= 8.0).unwrap_or(3_600.0);
        Self::Even { bottom: 0.0, top: seconds.max(1.0), step, divide: if step < 60.0 { 1.0 } else { 60.0 } }
    }

    pub fn log(least: f64, most: f64) -> Self {
        let low = 10_f64.powf(least.max(0.1).log10().floor());
        let (high, exponent) = (most.max(low * 2.0), most.max(low * 2.0).log10().floor());
        let ends = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * 10_f64.powf(exponent));
        Self::Log { low, high: ends.into_iter().find(|end| *end >= high * 0.999).unwrap_or(high) }
    }

    /// As far as the longest of so many samples is out.
    pub fn tail(samples: u64) -> Self {
        Self::Tail { nines: (samples.max(200) as f64).log10() }
    }

    /// From 0 to 1; what lies beyond the end stays at the end.
    pub fn place(self, value: f64) -> f64 {
        let place = match self {
            Self::Even { bottom, top, .. } => (value - bottom) / (top - bottom),
            Self::Log { low, high } => (value.max(low) / low).log10() / (high / low).log10(),
            Self::Tail { nines } => {
                let half = 2_f64.log10();
                (-(1.0 - value).max(1e-12).log10() - half) / (nines - half)
            }
        };
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    pub fn ticks(self) -> Vec<(f64, String)> {
        match self {
            Self::Even { bottom, top, step, divide } => {
                let (first, last) = ((bottom / step - 1e-6).ceil() as u32, (top / step + 1e-6).floor() as u32);
                (first..=last).map(|tick| (f64::from(tick) * step, plain(f64::from(tick) * step / divide))).collect()
            }
            Self::Log { low, high } => {
                let first = low.log10().round() as i32;
                let all = (first..first + 9).flat_map(|exponent| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(exponent)));
                all.filter(|tick| *tick <= high * 1.001).map(|tick| (tick, plain(tick))).collect()
            }
            Self::Tail { nines } => {
                let all = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
                let inside = all.into_iter().filter(|share| -(1.0_f64 - share).log10() <= nines + 1e-6);
                inside.map(|share| (share, plain((share * 1e8).round() / 1e6))).collect()
            }
        }
    }
}

/// The top of an axis in milliseconds, and whether values beyond it were cut off.
pub fn top(longest: f64, promise: f64) -> (f64, bool) {
    let most = promise * BEYOND_PROMISE;
    if promise > 0.0 && longest > most { (most, true) } else { (longest.max(promise * 1.1), false) }
}

/// 1, 2 or 5 with zeros, not below what is asked.
fn round_step(least: f64) -> f64 {
    let unit = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].map(|digit| digit * unit).into_iter().find(|step| *step >= least * 0.999_999).unwrap_or(unit * 10.0)
}

/// Without zeros that say nothing.
fn plain(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        assert_eq!(labels(Scale::even(660.0)), ["0", "200", "400", "600", "800"]);
        assert_eq!(labels(Scale::even(0.9)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(Scale::even(0.0)).len(), 2);
        assert_eq!(labels(Scale::percent(97.0)), ["90", "92", "94", "96", "98", "100"]);
        assert_eq!(labels(Scale::percent(47.0)), ["40", "60", "80", "100"]);
        assert_eq!(labels(Scale::percent(30.0)), ["40", "60", "80", "100"]);
        assert_eq!(labels(Scale::time(60.0)), ["0", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(labels(Scale::time(600.0)), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(Scale::log(13.0, 640.0)), ["10", "20", "50", "100", "200", "500", "1000"]);
        assert_eq!(labels(Scale::tail(10_000)), ["50", "90", "95", "99", "99.9", "99.99"]);
    }

    #[test]
    fn places_run_from_end_to_end() {
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-9, "{one} is not {other}");
        near(Scale::even(1_000.0).place(250.0), 0.25);
        near(Scale::percent(93.0).place(95.0), 0.5);
        near(Scale::log(10.0, 1_000.0).place(100.0), 0.5);
        near(Scale::log(10.0, 1_000.0).place(1.0), 0.0);
        near(Scale::tail(1_000).place(0.5), 0.0);
        near(Scale::tail(1_000).place(0.999), 1.0);
        // A nine is as wide as any other.
        let tail = Scale::tail(1_000_000);
        near(tail.place(0.999) - tail.place(0.99), tail.place(0.9999) - tail.place(0.999));
        near(Scale::even(10.0).place(f64::NAN), 0.0);
        near(Scale::even(10.0).place(99.0), 1.0);
    }

    #[test]
    fn one_long_wait_does_not_flatten_the_rest() {
        assert_eq!(top(30_000.0, 600.0), (1_800.0, true));
        assert_eq!(top(700.0, 600.0), (700.0, false));
    }
}
