//! The run's verdict, in words.

use std::fmt;

use super::check::too_few;
use super::{Check, Summary, Unit, Verdict};
use crate::load::stats::{Quantile, p99_valid};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    Held,
    Broken {
        broken: usize,
        unproven: usize,
        of: usize,
    },
    Unproven {
        unproven: usize,
        of: usize,
    },
    /// The share of its CPU that the machine used.
    Busy(f64),
    NothingAsked,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Held => out.write_str("Every promise held"),
            Self::Broken { broken, unproven: 0, of } => write!(out, "{broken} of {of} promises did not hold"),
            Self::Broken { broken, unproven, of } => {
                write!(out, "{broken} of {of} promises did not hold, {unproven} could not be judged")
            }
            Self::Unproven { unproven, of } if unproven == of => write!(out, "No promise could be judged"),
            Self::Unproven { unproven, of } => write!(out, "{unproven} of {of} promises could not be judged, the others held"),
            Self::Busy(share) if share.is_finite() => {
                // A decimal, because 75.2 % is too much and 75 % is not.
                let percent = format!("{:.1}", share * 100.0);
                let percent = percent.strip_suffix(".0").unwrap_or(&percent);
                write!(out, "This run proves nothing: the machine was {percent} % busy")
            }
            Self::Busy(_) => out.write_str("This run proves nothing: nobody knows how busy the machine was"),
            Self::NothingAsked => out.write_str("This run proves nothing: it checked no promise"),
        }
    }
}

impl Summary {
    pub fn outcome(&self) -> Outcome {
        if !self.valid() {
            return Outcome::Busy(self.busy);
        }
        let count = |wanted: fn(&Verdict) -> bool| self.checks.iter().filter(|check| wanted(&self.verdict(check))).count();
        let broken = count(|verdict| *verdict == Verdict::NotMet);
        let unproven = count(|verdict| matches!(verdict, Verdict::Invalid(_)));
        match (self.checks.len(), broken, unproven) {
            (0, ..) => Outcome::NothingAsked,
            (_, 0, 0) => Outcome::Held,
            (of, 0, unproven) => Outcome::Unproven { unproven, of },
            (of, broken, unproven) => Outcome::Broken { broken, unproven, of },
        }
    }

    /// What a check is worth in this run. The rules apply again, so a file that says more than it may is not believed.
    /// On a busy machine no time proves anything, and nothing is good; but a wrong answer or a count stays wrong.
    pub fn verdict(&self, check: &Check) -> Verdict {
        if check.what.quantile() == Some(Quantile::P99) && !p99_valid(check.n) && check.value.is_some() {
            return Verdict::Invalid(too_few(check.n));
        }
        match &check.verdict {
            Verdict::NotMet if check.unit != Unit::Ms => Verdict::NotMet,
            Verdict::Met | Verdict::NotMet if !self.valid() => Verdict::Invalid("the machine was too busy".to_owned()),
            other => other.clone(),
        }
    }
}
