//! What the command was told.

use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, Result};

pub struct Options {
    pub json: Option<PathBuf>,
    pub chart: Option<PathBuf>,
    /// Exit with a failure when a ratio that must be met is not.
    pub check: bool,
    pub quick: bool,
    /// Parts of names of sections; none means all.
    filters: Vec<String>,
}

impl Options {
    pub fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self { json: None, chart: None, check: false, quick: false, filters: Vec::new() };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Error::Usage(format!("`{word}` needs a value")));
            match word {
                "--json" => options.json = Some(value()?.into()),
                "--chart" => options.chart = Some(value()?.into()),
                "--only" => options.filters.extend(value()?.split(',').map(str::to_owned)),
                "--check" => options.check = true,
                "--quick" => options.quick = true,
                flag if flag.starts_with('-') => return Err(Error::Usage(format!("`{flag}` is not an option of bench"))),
                filter => options.filters.push(filter.to_owned()),
            }
        }
        Ok(options)
    }

    pub fn wants(&self, section: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| section.contains(filter.as_str()))
    }

    /// Rounds of a section. Many short windows beat few long ones on a machine that others use too: what disturbs one
    /// window rarely disturbs the median.
    pub fn rounds(&self, usual: usize) -> usize {
        if self.quick { 2 } else { usual }
    }

    pub fn window(&self, usual: Duration) -> Duration {
        if self.quick { Duration::from_secs(1) } else { usual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_options_and_filters_in_any_order() {
        let options = Options::parse(&["hits-4k", "--json", "a.json", "--only", "mix,purge", "--quick"]).unwrap();
        assert_eq!(options.json, Some("a.json".into()));
        assert!(options.quick && !options.check);
        assert!(options.wants("hits-4k") && options.wants("purge") && !options.wants("hits-64k"));
        assert!(Options::parse(&[]).unwrap().wants("hits-64k"));
        assert!(Options::parse(&["--jsno", "x"]).is_err());
        assert!(Options::parse(&["--json"]).is_err());
    }
}
