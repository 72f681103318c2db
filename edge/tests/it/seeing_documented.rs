//! `edge/docs/cache.md` explains every word that the program says, and no other, and what to do about it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Sections with words that an operator may meet, and what says these: types and their methods.
const REASONS: [(&str, &[(&str, &str)]); 9] = [
    ("`fwd`: why", &[("Forward", "as_str")]),
    ("`hit; detail`", &[("Marked", "as_str")]),
    ("`fwd; detail`: why is the answer not stored?", &[("NotStored", "as_str")]),
    ("`fwd; detail`: why is there no answer?", &[("Failure", "as_str")]),
    ("Other words in `edge_requests_total", &[("Disposition", "label")]),
    ("Other words in `edge_fills_total", &[("Outcome", "label")]),
    ("Words in `edge_regional_total", &[("Exchange", "as_str")]),
    ("Words in `edge_connections_given_up_total", &[("GivenUp", "as_str")]),
    ("Fetching ahead", &[("Fetched", "as_str"), ("Walk", "as_str")]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(directory: PathBuf, into: &mut Vec<String>) {
    for found in std::fs::read_dir(directory).unwrap() {
        let path = found.unwrap().path();
        if path.is_dir() {
            sources(path, into);
        } else {
            into.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// What `method` of `name` consists of, out of the source.
pub fn source_of(name: &str, method: &str) -> String {
    let mut files = Vec::new();
    sources(root().join("src"), &mut files);
    let start = format!("\nimpl {name} {{");
    let implementation =
        files.iter().find_map(|text| text.split(&start).skip(1).find(|rest| rest.contains(&format!("fn {method}("))));
    let implementation = implementation.unwrap_or_else(|| panic!("{name}::{method} is not found"));
    let body = implementation.split(&format!("fn {method}(")).nth(1).unwrap();
    body.split("\n    }\n").next().unwrap().to_owned()
}

/// The words that `method` of `name` can say: a new variant is found without being told of here.
pub fn said_by(name: &str, method: &str) -> BTreeSet<String> {
    let body = source_of(name, method);
    let words: BTreeSet<_> = body.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    assert!(words.len() >= 2, "{name}::{method} says {words:?}");
    words
}

/// The rows of the tables below a heading that begin with a word, cell by cell.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join("docs/cache.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section {heading}"));
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The words in the first columns of these tables.
fn documented(heading: &str) -> BTreeSet<String> {
    rows(heading).iter().map(|row| row[0].split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn every_reason_is_explained() {
    for (heading, sources) in REASONS {
        let said: BTreeSet<_> = sources.iter().flat_map(|(name, method)| said_by(name, method)).collect();
        assert_eq!(documented(heading), said, "{heading}, left as documented");
    }
}

#[test]
fn every_reason_comes_with_what_to_do() {
    for (heading, _) in REASONS {
        for row in rows(heading) {
            assert_eq!(row.len(), 3, "{heading}: {row:?}");
            assert!(row.iter().all(|cell| !cell.is_empty()), "{heading}: {row:?}");
        }
    }
}

#[test]
fn every_strength_is_explained() {
    assert_eq!(documented("Purging by hand"), said_by("Strength", "as_str"));
}

/// A setting is documented where an operator looks for it.
#[test]
fn every_setting_is_explained() {
    let config = std::fs::read_to_string(root().join("src/config.rs")).unwrap();
    let settings = std::fs::read_to_string(root().join("docs/settings.md")).unwrap();
    let read = config.split("\"EDGE_").skip(1).map(|rest| rest.split('"').next().unwrap());
    // The prefix itself, which `finish` is given, and what the tests misspell.
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let names: BTreeSet<_> = read.filter(|name| is_name(name) && *name != "MEMROY").collect();
    assert!(names.len() > 20);
    for name in names {
        assert!(settings.contains(&format!("| `EDGE_{name}` |")), "EDGE_{name}");
    }
}
