//! What k6 wrote down, sample by sample, of one of its processes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::summary::Kind;
use crate::error::{Context, Error, Result};

/// One measured wait of a reader.
pub struct Wait {
    /// Unix seconds.
    pub at: u64,
    pub ms: f64,
    /// `None` of an answer that says neither hit nor miss: an error.
    pub kind: Option<Kind>,
}

#[derive(Default)]
pub struct Samples {
    pub waits: Vec<Wait>,
    pub reasons: BTreeMap<String, u64>,
    /// When each error was met outside of the window in which some are expected.
    pub errors: Vec<u64>,
    pub errors_in_window: u64,
    /// By the region that applied it.
    pub applied: BTreeMap<String, Vec<f64>>,
    pub visible: Vec<f64>,
    /// Publications of watched reviews, by editors.
    pub watched_edits: u64,
    pub unconfirmed: u64,
    /// What the readers of one page waited who all came at once, and how many of them were answered by way of the origin.
    pub crowd: Vec<f64>,
    pub crowd_asked: u64,
    /// Lines of ours that could not be understood.
    pub unread: u64,
}

/// The scenario of that name in `loadtests/scenarios`.
const CROWD: &str = "crowd";

impl Samples {
    pub fn read(path: &Path) -> Result<Self> {
        let doing = || format!("reading {}", path.display());
        let mut lines = BufReader::new(File::open(path).context(doing)?).lines();
        let header = lines.next().ok_or_else(|| Error::failed(format!("{} is empty", path.display())))?.context(doing)?;
        let columns = Columns::of(&header).ok_or_else(|| Error::failed(format!("{}: not k6's CSV: {header}", path.display())))?;
        let mut samples = Self::default();
        for line in lines {
            let line = line.context(doing)?;
            if samples.add(&columns, &line).is_none() {
                samples.unread += 1;
            }
        }
        if samples.unread > 0 {
            return Err(Error::failed(format!("{} lines of {} cannot be understood", samples.unread, path.display())));
        }
        Ok(samples)
    }

    /// No field of ours holds a comma, so none is quoted.
    fn add(&mut self, columns: &Columns, line: &str) -> Option<()> {
        let fields: Vec<&str> = line.split(',').collect();
        let (at, value) = (fields.get(columns.at)?.parse().ok()?, fields.get(columns.value)?.parse::<f64>().ok()?);
        let tags = fields.get(columns.tags)?;
        let tag = |name: &str| tags.split('&').find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='));
        // Counters count ones.
        let count = if value > 0.0 { value as u64 } else { 0 };
        let is_of_crowd = columns.scenario.and_then(|place| fields.get(place)) == Some(&CROWD);
        match *fields.get(columns.metric)? {
            "reader_wait_ms" => {
                self.waits.push(Wait { at, ms: value, kind: tag("kind").and_then(Kind::from_key) });
                self.crowd.extend(is_of_crowd.then_some(value));
            }
            "cache_status" => {
                let reason = tag("reason")?;
                *self.reasons.entry(reason.to_owned()).or_default() += count;
                if is_of_crowd && !reason.starts_with("hit") && reason != "collapsed" {
                    self.crowd_asked += count;
                }
            }
            "reader_errors" if tag("window") == Some("in") => self.errors_in_window += count,
            "reader_errors" => self.errors.extend((0..count).map(|_| at)),
            "applied_ms" => self.applied.entry(tag("of")?.to_owned()).or_default().push(value),
            "visible_ms" => self.visible.push(value),
            "edits" if tag("watched") == Some("true") => self.watched_edits += count,
            "unconfirmed" => self.unconfirmed += count,
            _ => {}
        }
        Some(())
    }
}

/// Where in a line things stand.
struct Columns {
    metric: usize,
    at: usize,
    value: usize,
    tags: usize,
    scenario: Option<usize>,
}

impl Columns {
    fn of(header: &str) -> Option<Self> {
        let place = |name: &str| header.split(',').position(|column| column == name);
        Some(Self {
            metric: place("metric_name")?,
            at: place("timestamp")?,
            value: place("metric_value")?,
            tags: place("extra_tags")?,
            scenario: place("scenario"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_told_apart_by_metric_and_tag() {
        let columns = Columns::of("metric_name,timestamp,metric_value,error_code,scenario,status,extra_tags,metadata").unwrap();
        let mut samples = Samples::default();
        for line in [
            "reader_wait_ms,1700000000,42.5,,s,,kind=warm_kept&page=home,",
            "reader_wait_ms,1700000001,60000,,s,,kind=none&page=home,",
            "cache_status,1700000000,1.000000,,s,,reason=hit,",
            "cache_status,1700000000,1.000000,,s,,reason=hit,",
            "reader_errors,1700000009,1,,s,,window=out&status=0,",
            "reader_errors,1700000009,1,,s,,window=in&status=0,",
            "applied_ms,1700000000,88,,s,,of=eu,",
            "visible_ms,1700000000,99,,s,,,",
            "edits,1700000000,1,,s,,watched=true,",
            "edits,1700000000,1,,s,,watched=false,",
            "http_reqs,1700000000,1,,s,200,,",
            "reader_wait_ms,1700000003,7,,crowd,,kind=cold_new&page=review,",
            "cache_status,1700000003,1,,crowd,,reason=miss,",
            "cache_status,1700000003,1,,crowd,,reason=collapsed,",
        ] {
            assert!(samples.add(&columns, line).is_some(), "{line}");
        }
        assert!(samples.add(&columns, "torn,17").is_none());
        assert_eq!((samples.crowd.as_slice(), samples.crowd_asked), ([7.0].as_slice(), 1));
        let waits: Vec<_> = samples.waits.iter().map(|wait| (wait.at, wait.ms, wait.kind)).collect();
        assert_eq!(waits[..2], [(1_700_000_000, 42.5, Some(Kind::WarmKept)), (1_700_000_001, 60_000.0, None)]);
        assert_eq!((samples.reasons["hit"], samples.watched_edits), (2, 1));
        assert_eq!((samples.errors, samples.errors_in_window), (vec![1_700_000_009], 1));
        assert_eq!((samples.applied["eu"].as_slice(), samples.visible.as_slice()), ([88.0].as_slice(), [99.0].as_slice()));
        assert!(Columns::of("a,b,c").is_none());
    }
}
