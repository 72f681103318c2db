//! One promise, and whether it held.

use super::Kind;
use crate::load::stats::{P99_SAMPLES, Quantile, p99_valid};

#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub what: What,
    /// `None`: of the run as a whole.
    pub region: Option<String>,
    pub limit: Limit,
    pub unit: Unit,
    /// `None`: nothing was measured.
    pub value: Option<f64>,
    /// Samples behind the value.
    pub n: u64,
    /// As judged by itself. [`super::Summary::verdict`] also knows how busy the machine was.
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Wait(Kind, Quantile),
    Applied(Quantile),
    Visible(Quantile),
    /// Anything else, in words.
    Other(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    Below(f64),
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Ms,
    Count,
    /// From 0 to 1.
    Share,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Met,
    NotMet,
    /// Neither: why it could not be judged.
    Invalid(String),
}

impl Check {
    pub fn judge(what: What, region: Option<&str>, limit: Limit, unit: Unit, value: Option<f64>, n: u64) -> Self {
        let verdict = match value {
            None => Verdict::Invalid("nothing was measured".to_owned()),
            Some(_) if what.quantile() == Some(Quantile::P99) && !p99_valid(n) => Verdict::Invalid(too_few(n)),
            Some(value) if limit.holds(value) => Verdict::Met,
            Some(_) => Verdict::NotMet,
        };
        Self { what, region: region.map(str::to_owned), limit, unit, value, n, verdict }
    }
}

pub fn too_few(n: u64) -> String {
    format!("a p99 needs {P99_SAMPLES} samples, this has {n}")
}

impl What {
    pub const fn quantile(&self) -> Option<Quantile> {
        match self {
            Self::Wait(_, quantile) | Self::Applied(quantile) | Self::Visible(quantile) => Some(*quantile),
            Self::Other(_) => None,
        }
    }

    pub fn words(&self) -> String {
        match self {
            Self::Wait(kind, quantile) => format!("{}, {}", kind.words(), quantile.name()),
            Self::Applied(quantile) => format!("applied, {}", quantile.name()),
            Self::Visible(quantile) => format!("visible, {}", quantile.name()),
            Self::Other(words) => words.clone(),
        }
    }

    pub fn key(&self) -> String {
        match self {
            Self::Wait(kind, quantile) => format!("{}.{}", kind.key(), quantile.name()),
            Self::Applied(quantile) => format!("applied.{}", quantile.name()),
            Self::Visible(quantile) => format!("visible.{}", quantile.name()),
            Self::Other(words) => words.clone(),
        }
    }

    pub fn from_key(key: &str) -> Self {
        let known = || {
            let (of, quantile) = key.split_once('.')?;
            let quantile = Quantile::ALL.into_iter().find(|known| known.name() == quantile)?;
            match of {
                "applied" => Some(Self::Applied(quantile)),
                "visible" => Some(Self::Visible(quantile)),
                kind => Some(Self::Wait(Kind::from_key(kind)?, quantile)),
            }
        };
        known().unwrap_or_else(|| Self::Other(key.to_owned()))
    }
}

impl Limit {
    pub fn holds(self, value: f64) -> bool {
        match self {
            Self::Below(limit) => value < limit,
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    pub const fn value(self) -> f64 {
        match self {
            Self::Below(limit) | Self::AtMost(limit) | Self::AtLeast(limit) => limit,
        }
    }

    pub const fn sign(self) -> &'static str {
        match self {
            Self::Below(_) => "<",
            Self::AtMost(_) => "≤",
            Self::AtLeast(_) => "≥",
        }
    }

    pub const fn key(self) -> &'static str {
        match self {
            Self::Below(_) => "below",
            Self::AtMost(_) => "at_most",
            Self::AtLeast(_) => "at_least",
        }
    }

    pub fn from_key(key: &str, value: f64) -> Option<Self> {
        [Self::Below(value), Self::AtMost(value), Self::AtLeast(value)].into_iter().find(|limit| limit.key() == key)
    }
}

impl Unit {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Count => "count",
            Self::Share => "share",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Ms, Self::Count, Self::Share].into_iter().find(|unit| unit.key() == key)
    }
}
