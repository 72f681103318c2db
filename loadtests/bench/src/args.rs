//! `--name value` pairs, the only way these programs are told anything.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::error::{Error, Result};

pub struct Args(BTreeMap<String, String>);

/// Values with commas between them.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T>(pub Vec<T>);

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(str::parse).collect::<Result<Vec<T>, T::Err>>().map(List)
    }
}

impl Args {
    /// # Errors
    /// A word that is no `--name`, or a name without a value.
    pub fn from_env() -> Result<Args> {
        Args::parse(std::env::args().skip(1))
    }

    fn parse(mut words: impl Iterator<Item = String>) -> Result<Args> {
        let mut pairs = BTreeMap::new();
        while let Some(word) = words.next() {
            let name = word.strip_prefix("--").ok_or_else(|| Error::Usage(format!("`{word}`: expected --name value")))?;
            let value = words.next().ok_or_else(|| Error::Usage(format!("`--{name}` has no value")))?;
            pairs.insert(name.to_owned(), value);
        }
        Ok(Args(pairs))
    }

    /// # Errors
    /// A value that cannot be read.
    pub fn optional<T: FromStr>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Error::Usage(format!("`--{name} {text}` cannot be read")))
    }

    /// # Errors
    /// A value that cannot be read.
    pub fn or<T: FromStr>(&mut self, name: &str, default: T) -> Result<T> {
        Ok(self.optional(name)?.unwrap_or(default))
    }

    /// # Errors
    /// A value that is missing or cannot be read.
    pub fn required<T: FromStr>(&mut self, name: &str) -> Result<T> {
        self.optional(name)?.ok_or_else(|| Error::Usage(format!("`--{name}` is required")))
    }

    /// # Errors
    /// A name that nobody asked for: a misspelt option must not be a default in disguise.
    pub fn finish(self) -> Result<()> {
        match self.0.into_keys().next() {
            Some(name) => Err(Error::Usage(format!("`--{name}` is not an option"))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Result<Args> {
        Args::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn reads_values_and_defaults() {
        let mut args = args(&["--port", "80"]).unwrap();
        assert_eq!(args.required::<u16>("port").unwrap(), 80);
        assert_eq!(args.or("keys", 7_u32).unwrap(), 7);
        args.finish().unwrap();
    }

    #[test]
    fn reads_lists() {
        let mut args = args(&["--pages", "1,20", "--memory", "1,,2"]).unwrap();
        assert_eq!(args.required::<List<u32>>("pages").unwrap(), List(vec![1, 20]));
        assert!(args.required::<List<u32>>("memory").is_err());
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(args(&["port"]).is_err());
        assert!(args(&["--port"]).is_err());
        assert!(args(&["--prot", "80"]).unwrap().finish().is_err());
        assert!(args(&["--port", "x"]).unwrap().required::<u16>("port").is_err());
    }
}
