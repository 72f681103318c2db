//! Reading the environment: every mistake is reported at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    str::FromStr,
};

use crate::secret::{Check, Rotated, Secret};

/// The environment while a configuration is read from it. A mistake yields the default (or
/// nothing) and is remembered, so that one start reports them all.
#[derive(Debug)]
pub struct Env {
    values: BTreeMap<String, String>,
    asked: BTreeSet<&'static str>,
    mistakes: Vec<String>,
}

/// Everything that is wrong with the environment, one line each.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} mistake(s):\n  {}", .0.len(), .0.join("\n  "))]
pub struct Mistakes(pub Vec<String>);

impl Env {
    /// The process's own. Values that are not UTF-8 are mistakes.
    pub fn from_process() -> Env {
        let mut env = Env::from_pairs(Vec::<(String, String)>::new());
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => drop(env.values.insert(name, value)),
                Err(_) => env.mistakes.push(format!("{name}: is not UTF-8")),
            }
        }
        env
    }

    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Env {
        let values = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Env { values, asked: BTreeSet::new(), mistakes: Vec::new() }
    }

    /// Parsed by `read`, whose error says what was expected. An empty value counts as unset.
    pub fn read<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.asked.insert(name);
        let value = self.values.get(name).filter(|value| !value.is_empty())?;
        match read(value) {
            Ok(parsed) => Some(parsed),
            // The value itself is not repeated: it may be a secret.
            Err(expected) => {
                self.mistakes.push(format!("{name}: {expected}"));
                None
            }
        }
    }

    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        self.read(name, |text| text.parse().map_err(|error| format!("{error}")))
    }

    pub fn or<T: FromStr<Err: Display>>(&mut self, name: &'static str, default: T) -> T {
        self.optional(name).unwrap_or(default)
    }

    /// A number that must lie within `range`, both ends included.
    pub fn within<T: FromStr<Err: Display> + PartialOrd + Display + Copy>(
        &mut self,
        name: &'static str,
        default: T,
        range: std::ops::RangeInclusive<T>,
    ) -> T {
        let parsed = self.read(name, |text| {
            let value: T = text.parse().map_err(|error| format!("{error}"))?;
            if range.contains(&value) {
                Ok(value)
            } else {
                Err(format!("must lie between {} and {}", range.start(), range.end()))
            }
        });
        parsed.unwrap_or(default)
    }

    /// `None` is a mistake that has been noted: the caller goes on to find the others.
    pub fn required<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        self.require(name);
        self.optional(name)
    }

    /// Notes a mistake if `name` is unset or empty.
    pub fn require(&mut self, name: &'static str) {
        self.asked.insert(name);
        if self.values.get(name).is_none_or(String::is_empty) {
            self.mistakes.push(format!("{name}: is required"));
        }
    }

    /// A secret by itself, or in the file that `in_file` names, which may be replaced while the program runs.
    pub fn secret(&mut self, name: &'static str, in_file: &'static str, check: Check) -> Option<Rotated> {
        let fixed = self.read(name, |text| check(text).map(|()| Rotated::fixed(Secret::new(text))));
        let file = self.read(in_file, |path| Rotated::from_file(path.into(), check));
        if fixed.is_some() && file.is_some() {
            self.mistake(in_file, format!("{name} is set as well"));
        }
        fixed.or(file)
    }

    /// Notes a mistake if neither is set.
    pub fn require_one(&mut self, name: &'static str, other: &'static str) {
        self.asked.extend([name, other]);
        if [name, other].iter().all(|name| self.values.get(*name).is_none_or(String::is_empty)) {
            self.mistakes.push(format!("{name}: is required, or {other}"));
        }
    }

    /// `on` or `off`.
    pub fn switch(&mut self, name: &'static str, default: bool) -> bool {
        let parsed = self.read(name, |text| match text {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err("expected on or off".to_owned()),
        });
        parsed.unwrap_or(default)
    }

    /// For rules across several values.
    pub fn mistake(&mut self, name: &str, why: impl Display) {
        self.mistakes.push(format!("{name}: {why}"));
    }

    /// Ends the reading. A variable that begins with one of `prefixes` and that nobody asked
    /// for is a mistake too: it is most likely a misspelt one.
    ///
    /// # Errors
    /// With every mistake that was noted.
    pub fn finish(mut self, prefixes: &[&str]) -> Result<(), Mistakes> {
        for name in self.values.keys() {
            if prefixes.iter().any(|prefix| name.starts_with(prefix)) && !self.asked.contains(name.as_str()) {
                self.mistakes.push(format!("{name}: is not a setting of this program"));
            }
        }
        if self.mistakes.is_empty() { Ok(()) } else { Err(Mistakes(self.mistakes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_all_mistakes_at_once_and_never_a_value() {
        let mut env = Env::from_pairs([("EDGE_PORT", "s3cret"), ("EDGE_FEED", "maybe"), ("EDGE_TYPO", "1"), ("OTHER", "x")]);
        assert_eq!(env.within("EDGE_PORT", 80u16, 1..=1024), 80);
        assert!(env.switch("EDGE_FEED", true));
        assert_eq!(env.required::<String>("EDGE_TOKEN"), None);
        let text = env.finish(&["EDGE_"]).unwrap_err().to_string();
        for expected in ["EDGE_PORT:", "EDGE_FEED:", "EDGE_TOKEN: is required", "EDGE_TYPO: is not a setting"] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("s3cret") && !text.contains("OTHER"), "{text}");
    }
}
