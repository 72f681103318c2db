//! `infra/docs/threats.md`: every threat is held by something, and every test that it names exists.

use std::collections::BTreeMap;

use super::{Ground, no_mistakes};
use crate::error::{Error, Result};

pub fn check(ground: &Ground) -> Result<String> {
    let page = ground.read(&ground.infra.join("docs/threats.md"))?;
    let mut sources = BTreeMap::new();
    let (mut threats, mut tests, mut mistakes) = (0, 0, Vec::new());
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| |")) {
        threats += 1;
        let held = line.split('|').nth(3).unwrap_or_default().trim();
        if held.is_empty() {
            mistakes.push(format!("nothing holds against: {line}"));
        }
        let mut file = None;
        // Every second piece stands between backticks: a file, and the tests of it that follow.
        for name in held.split('`').skip(1).step_by(2) {
            if name.ends_with(".rs") {
                if !sources.contains_key(name) {
                    let text =
                        ground.read(&ground.root.join(name)).map_err(|error| Error::failed(format!("threats.md: {error}")))?;
                    sources.insert(name.to_owned(), text);
                }
                file = sources.get(name).map(|text| (name, text));
            } else if let Some((path, text)) = file.filter(|_| name.contains('_') && name == name.to_lowercase()) {
                tests += 1;
                if !text.contains(&format!("fn {name}(")) {
                    mistakes.push(format!("{path} has no test {name}"));
                }
            }
        }
    }
    if tests == 0 {
        mistakes.push("threats.md names no test".to_owned());
    }
    no_mistakes(&mistakes)?;
    Ok(format!("{threats} threats, {tests} tests that are there"))
}
