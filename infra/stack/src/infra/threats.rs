//! `infra/docs/threats.md`: every threat names a test that is there, or says that it is accepted or none; every arrow has all of
//! STRIDE.

use std::collections::BTreeSet;

use super::{Ground, no_mistakes};
use crate::error::{Error, Result};

const STRIDE: [&str; 6] = ["S", "T", "R", "I", "D", "E"];

/// What the page says, and what is wrong with it.
#[derive(Default)]
struct Judged {
    threats: usize,
    tests: usize,
    mistakes: Vec<String>,
}

pub fn check(ground: &Ground) -> Result<String> {
    let page = ground.read(&ground.infra.join("docs/threats.md"))?;
    let mut judged =
        judge(&page, |path| ground.read(&ground.root.join(path)).map_err(|error| Error::failed(format!("threats.md: {error}"))))?;
    if judged.tests == 0 {
        judged.mistakes.push("threats.md names no test".to_owned());
    }
    no_mistakes(&judged.mistakes)?;
    Ok(format!("{} threats, {} tests that are there", judged.threats, judged.tests))
}

/// Each section is an arrow, each row of its table begins with its letters and ends with what holds.
fn judge(page: &str, read: impl Fn(&str) -> Result<String>) -> Result<Judged> {
    let mut judged = Judged::default();
    for section in page.split("\n## ").skip(1) {
        let arrow = section.lines().next().unwrap_or_default();
        let mut letters: BTreeSet<&str> = BTreeSet::new();
        for row in section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |")) {
            let mut cells = row.trim_matches('|').split('|').map(str::trim);
            letters.extend(cells.next().unwrap_or_default().split(", "));
            let held = cells.next_back().unwrap_or_default();
            let tests = judged.tests;
            judged.look_up(held, &read)?;
            judged.threats += 1;
            if judged.tests == tests && !held.contains("accepted") && !held.starts_with("none") {
                judged.mistakes.push(format!("neither a test nor `accepted` nor `none`: {row}"));
            }
        }
        let missing = STRIDE.iter().filter(|letter| !letters.contains(**letter));
        judged.mistakes.extend(missing.map(|letter| format!("{arrow}: nothing is said of {letter}")));
    }
    Ok(judged)
}

impl Judged {
    /// The tests that a cell names.
    fn look_up(&mut self, held: &str, read: &impl Fn(&str) -> Result<String>) -> Result<()> {
        let mut file: Option<(&str, String)> = None;
        // Every second piece stands between backticks: a file, and the tests of it that follow.
        for name in held.split('`').skip(1).step_by(2) {
            if name.ends_with(".rs") || name.ends_with(".tftest.hcl") {
                file = Some((name, read(name)?));
            } else if let Some((path, text)) = file.as_ref().filter(|_| is_a_tests_name(name)) {
                let begins = if path.ends_with(".rs") { format!("fn {name}(") } else { format!("run \"{name}\"") };
                self.tests += 1;
                if !text.contains(&begins) {
                    self.mistakes.push(format!("{path} has no test {name}"));
                }
            }
        }
        Ok(())
    }
}

fn is_a_tests_name(name: &str) -> bool {
    name.contains('_') && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "| S, T, R, I, D, E | anything | none: this is a test |";

    fn read(path: &str) -> Result<String> {
        match path {
            "a.rs" => Ok("async fn it_holds() {".to_owned()),
            "b.tftest.hcl" => Ok("run \"it_is_refused\" {".to_owned()),
            _ => Err(Error::failed(format!("there is no {path}"))),
        }
    }

    fn mistakes(rows: &str) -> Vec<String> {
        let page = format!("# Threats\n\n## Readers ─► edge\n\n| | threat | held by |\n|---|---|---|\n{rows}\n");
        judge(&page, read).unwrap().mistakes
    }

    #[test]
    fn a_threat_names_a_test_or_is_accepted_or_none() {
        let of = |held: &str| mistakes(&format!("| S | somebody | {held} |\n{ALL}"));
        for held in [
            "`a.rs`: `it_holds`",
            "TLS; `b.tftest.hcl`: `it_is_refused`; `a.rs`: `it_holds`",
            "accepted: it is cheap",
            "the rest is accepted: `a.rs`",
            "none: nobody is there",
        ] {
            assert!(of(held).is_empty(), "{held}");
        }
        for held in ["", "one user each", "`a.rs`", "`a.rs`, `REDIS_URL`", "`it_holds`, of no file", "the tests find none"] {
            assert_eq!(of(held).len(), 1, "{held}");
        }
    }

    #[test]
    fn a_test_is_looked_for_in_the_file_before_it() {
        let of = |held: &str| mistakes(&format!("| S | somebody | {held} |\n{ALL}"));
        assert_eq!(of("`a.rs`: `it_is_refused`"), ["a.rs has no test it_is_refused"]);
        assert_eq!(of("`a.rs`, `b.tftest.hcl`: `it_holds`"), ["b.tftest.hcl has no test it_holds"]);
        assert!(judge("\n## A\n| S | somebody | `c.rs`: `it_holds` |", read).is_err());
    }

    #[test]
    fn every_arrow_has_all_of_stride() {
        assert!(mistakes("| S, T, R | one | accepted: so |\n| I, D, E | other | none: so |").is_empty());
        let found = mistakes("| S, T, R | one | accepted: so |\n| I, E | other | none: so |");
        assert_eq!(found, ["Readers ─► edge: nothing is said of D"]);
    }
}
