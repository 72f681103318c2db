//! What `cargo stack load` is told.

use std::path::PathBuf;

use super::workload::Workload;
use crate::error::{Error, Result};
use crate::system::{Parts, REGIONS};
use crate::term;
use crate::wan::{self, Profile};

pub struct Options {
    pub workload: Workload,
    /// `None`: loopback, which knows no distances.
    pub wan: Option<Profile>,
    pub parts: Parts,
    /// Whether every edge fetches ahead, as in production.
    pub prefetch: bool,
    pub seed: u64,
    /// An earlier run's summary.
    pub compare: Option<PathBuf>,
    /// Whether summary and report become the ones in the repository.
    pub baseline: bool,
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self> {
        let (name, words) =
            words.split_first().ok_or_else(|| Error::Usage("load what? `cargo stack load smoke`, for one".into()))?;
        let mut options = Self {
            workload: Workload::parse(name)?,
            wan: None,
            parts: Parts::Embedded,
            prefetch: false,
            seed: 1,
            compare: None,
            baseline: false,
        };
        let (mut wan, mut loopback) = (None, false);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().copied().ok_or_else(|| Error::Usage(format!("`{word}` needs a value")));
            match *word {
                "--wan" => wan = Some(Profile::parse(value()?)?),
                "--loopback" => loopback = true,
                "--full" => options.parts = Parts::Full,
                "--prefetch" => options.prefetch = true,
                "--seconds" => options.workload.seconds = number(word, value()?)?,
                "--rate" => options.workload.rate = number(word, value()?)?,
                "--seed" => options.seed = number(word, value()?)?,
                "--compare" => options.compare = Some(PathBuf::from(value()?)),
                "--baseline" => options.baseline = true,
                other => return Err(Error::Usage(format!("`{other}` is no option of load"))),
            }
        }
        options.wan = ground(wan, loopback)?;
        Ok(options)
    }

    /// The regions whose edges fetch ahead.
    pub fn prefetch(&self) -> &'static [&'static str] {
        if self.prefetch { &REGIONS } else { self.workload.prefetch() }
    }

    pub fn wan_name(&self) -> &'static str {
        self.wan.map_or("loopback", Profile::name)
    }
}

/// A WAN that was asked for must be; one that was not is built where it can be.
fn ground(wan: Option<Profile>, loopback: bool) -> Result<Option<Profile>> {
    match (wan, loopback) {
        (Some(_), true) => return Err(Error::Usage("--wan or --loopback, not both".into())),
        (None, true) => return Ok(None),
        (_, false) => {}
    }
    match (wan, wan::lacking()) {
        (wan, None) => Ok(wan.or(Some(Profile::Near))),
        (Some(_), Some(how)) => Err(Error::Missing { what: "a WAN".into(), how }),
        (None, Some(how)) => {
            term::warn(&format!("no WAN ({how}): this runs on loopback and says nothing about distances"));
            Ok(None)
        }
    }
}

fn number<T: std::str::FromStr + PartialOrd + From<u8>>(option: &str, text: &str) -> Result<T> {
    let number = text.parse().ok().filter(|number| *number >= T::from(1));
    number.ok_or_else(|| Error::Usage(format!("`{option} {text}`: a whole number from 1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_mistakes_named() {
        let options = Options::parse(&["load", "--loopback", "--seconds", "7", "--full", "--seed", "3", "--prefetch"]).unwrap();
        assert_eq!((options.workload.seconds, options.seed, options.wan), (7, 3, None));
        assert!(options.parts == Parts::Full && options.prefetch() == REGIONS);
        assert_eq!(Options::parse(&["load", "--loopback"]).unwrap().prefetch(), [""; 0]);
        let refused = |words: &[&str]| Options::parse(words).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused(&["lode"]).contains("there are smoke"));
        assert!(refused(&["load", "--wan", "nearby"]).contains("near, far"));
        assert!(refused(&["load", "--rate", "0"]).contains("--rate 0"));
        assert!(refused(&["load", "--wan", "near", "--loopback"]).contains("not both"));
        assert!(refused(&["load", "--quick"]).contains("--quick"));
        assert!(refused(&[]).contains("smoke"));
    }
}
