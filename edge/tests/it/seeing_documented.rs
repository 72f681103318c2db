//! `edge/docs/cache.md` explains every word that the program says, and no other.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

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

/// The words that `method` of `name` can say, out of the source: a new variant is found
/// without being told of here.
pub fn said_by(name: &str, method: &str) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(root().join("src"), &mut files);
    let start = format!("\nimpl {name} {{");
    let implementation =
        files.iter().find_map(|text| text.split(&start).skip(1).find(|rest| rest.contains(&format!("fn {method}("))));
    let implementation = implementation.unwrap_or_else(|| panic!("{name}::{method} is not found"));
    let body = implementation.split(&format!("fn {method}(")).nth(1).unwrap();
    let body = body.split("\n    }\n").next().unwrap();
    let words: BTreeSet<_> = body.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    assert!(words.len() >= 2, "{name}::{method} says {words:?}");
    words
}

/// The words in the first columns of the tables below a heading.
pub fn documented(heading: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs/cache.md")).unwrap();
    let section = text.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section {heading}"));
    section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned)).collect()
}

#[test]
fn every_reason_is_explained() {
    for (heading, name) in [
        ("`fwd`: why", "Forward"),
        ("`hit; detail`", "Marked"),
        ("`fwd; detail`: why is the answer not stored?", "NotStored"),
        ("`fwd; detail`: why is there no answer?", "Failure"),
    ] {
        assert_eq!(documented(heading), said_by(name, "as_str"), "{name}, left as documented");
    }
}

#[test]
fn every_label_is_explained() {
    assert_eq!(documented("Other words in `edge_requests_total"), said_by("Disposition", "label"));
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
