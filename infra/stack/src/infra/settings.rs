//! Every setting that is named below `infra/` is one that a program has, and its own where it is given a value: misspelt, it would keep
//! the program from starting. And every deployment names what the plan stands on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Ground, no_mistakes};
use crate::error::{Context, Error, Result};

struct Program {
    name: &'static str,
    documentation: &'static str,
    /// How the paths below `infra/` begin that are this program's alone.
    own: [&'static str; 3],
    /// Without the others of its settings it is slower or larger; without one of these it is not what was planned and measured.
    required: &'static [&'static str],
    /// Folders that together describe one deployment.
    deployments: &'static [&'static [&'static str]],
}

const PROGRAMS: [Program; 2] = [
    Program {
        name: "edge",
        documentation: "edge/docs/settings.md",
        own: ["systemd/etc/edge/", "systemd/system/edge", "kubernetes/edge/"],
        required: &[
            "ORIGIN_URL",
            "EDGE_TOKEN",
            "EDGE_REGION",
            "EDGE_HOSTS",
            "EDGE_PREFETCH_HOST",
            "EDGE_TRUSTED_PROXIES",
            "EDGE_MEMORY_BYTES",
            "EDGE_TLS_LISTEN",
            "REDIS_URL",
        ],
        deployments: &[
            &["systemd/etc/edge/"],
            &["kubernetes/edge/base/", "kubernetes/edge/sa/"],
            &["kubernetes/edge/base/", "kubernetes/edge/na/"],
            &["kubernetes/edge/base/", "kubernetes/edge/eu/"],
            &["kubernetes/edge/base/", "kubernetes/edge/asia/"],
        ],
    },
    Program {
        name: "origin",
        documentation: "origin/docs/settings.md",
        own: ["systemd/etc/origin/", "systemd/system/origin", "kubernetes/origin/"],
        required: &[
            "DATABASE_URL",
            "MANUSCRIPTS_URL",
            "PHOTOS_URL",
            "MEDIA_BASE_URL",
            "CLOUDFRONT_DISTRIBUTION_ID",
            "EDGE_TOKENS",
            "ORIGIN_TRUSTED_PROXIES",
        ],
        deployments: &[&["systemd/etc/origin/"], &["kubernetes/origin/"]],
    },
];
/// The runner itself: its tests name settings that there are not.
const NOT_DEPLOYED: &str = "stack";
/// Every such word is meant as a setting, wherever it stands. Others (`REDIS_URL`) are where they are given a value.
const PREFIXES: [&str; 3] = ["EDGE_", "ORIGIN_", "CLOUDFRONT_"];

/// A file below `infra/` and what it names.
struct Named {
    path: String,
    names: BTreeSet<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    word: String,
    /// Whether a value follows.
    given: bool,
}

pub fn check(ground: &Ground) -> Result<String> {
    let known = PROGRAMS.iter().map(|program| documented(ground, program)).collect::<Result<Vec<_>>>()?;
    let mut files = Vec::new();
    for path in files_below(&ground.infra)? {
        let names = names(&ground.read(&path)?);
        files.push(Named { path: path.strip_prefix(&ground.infra).unwrap_or(&path).display().to_string(), names });
    }
    let mut mistakes: Vec<String> = files.iter().flat_map(|file| unknown(file, &known)).collect();
    mistakes.extend(PROGRAMS.iter().flat_map(|program| lacking(program, &files)));
    no_mistakes(&mistakes)?;
    let words = files.iter().flat_map(|file| file.names.iter().map(|name| &name.word));
    let settings: BTreeSet<_> = words.filter(|word| known.iter().any(|known| known.contains(*word))).collect();
    let deployments: usize = PROGRAMS.iter().map(|program| program.deployments.len()).sum();
    Ok(format!(
        "{} settings named in {} files, and no other; {deployments} deployments name all they need",
        settings.len(),
        files.len()
    ))
}

fn documented(ground: &Ground, program: &Program) -> Result<BTreeSet<String>> {
    let text = ground.read(&ground.root.join(program.documentation))?;
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let found: BTreeSet<_> = rows.flat_map(|line| names(line.split('|').nth(1).unwrap_or(""))).map(|name| name.word).collect();
    if found.is_empty() { Err(Error::failed(format!("{} lists no settings", program.documentation))) } else { Ok(found) }
}

/// `known` has what each of the programs knows, in their order.
fn unknown(file: &Named, known: &[BTreeSet<String>]) -> Vec<String> {
    let own = PROGRAMS.iter().zip(known).find(|(program, _)| program.own.iter().any(|begin| file.path.starts_with(begin)));
    let of_somebody = |word: &String| known.iter().any(|known| known.contains(word));
    let wrong = |name: &Name| match own {
        Some((program, known)) if name.given => {
            (!known.contains(&name.word)).then(|| format!("{}: {} is no setting of {}", file.path, name.word, program.name))
        }
        _ if PREFIXES.iter().any(|prefix| name.word.starts_with(prefix)) => {
            (!of_somebody(&name.word)).then(|| format!("{}: {} is no setting of edge or origin", file.path, name.word))
        }
        _ => None,
    };
    file.names.iter().filter_map(wrong).collect()
}

fn lacking(program: &Program, files: &[Named]) -> Vec<String> {
    let mut found = Vec::new();
    for deployment in program.deployments {
        let its = files.iter().filter(|file| deployment.iter().any(|folder| file.path.starts_with(folder)));
        let named: BTreeSet<&str> = its.flat_map(|file| file.names.iter().map(|name| name.word.as_str())).collect();
        let absent = program.required.iter().filter(|word| !named.contains(**word));
        found.extend(absent.map(|word| format!("{}: {} is not said", deployment.join(" and "), word)));
    }
    found
}

fn files_below(infra: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![infra.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).context(|| format!("reading {}", folder.display()))?.flatten() {
            let path = entry.path();
            if path == infra.join(NOT_DEPLOYED) {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// `EDGE_LISTEN` and the like: capitals with an underscore between them.
fn names(text: &str) -> BTreeSet<Name> {
    let part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let mut found = BTreeSet::new();
    // Each with what follows it.
    for piece in text.split_inclusive(|letter| !part(letter)) {
        let word = piece.trim_end_matches(|letter| !part(letter));
        let begins = word.starts_with(|letter: char| letter.is_ascii_uppercase());
        if begins && word.contains('_') && !word.ends_with('_') {
            found.insert(Name { word: word.to_owned(), given: piece.ends_with('=') });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(word: &str, given: bool) -> Name {
        Name { word: word.into(), given }
    }

    fn file(path: &str, text: &str) -> Named {
        Named { path: path.into(), names: names(text) }
    }

    fn known() -> Vec<BTreeSet<String>> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        vec![words(&["EDGE_REGION", "ORIGIN_URL", "REDIS_URL"]), words(&["ORIGIN_LISTEN", "EDGE_TOKENS"])]
    }

    #[test]
    fn finds_names() {
        let found = names("- EDGE_REGION=eu\n  ORIGIN_URL: https://x # EDGE_ is a prefix; CLOUDFRONT_WINDOW_MS, HOME");
        let expected = [name("CLOUDFRONT_WINDOW_MS", false), name("EDGE_REGION", true), name("ORIGIN_URL", false)];
        assert_eq!(found, expected.into());
    }

    #[test]
    fn what_is_given_a_value_is_the_programs_own() {
        let wrong = |path: &str, text: &str| unknown(&file(path, text), &known()).join("; ");
        assert_eq!(wrong("systemd/etc/edge/common", "# one of the EDGE_TOKENS\nORIGIN_URL=x\nREDIS_URL=y"), "");
        assert_eq!(
            wrong("systemd/etc/edge/common", "EDGE_TOKENS=x"),
            "systemd/etc/edge/common: EDGE_TOKENS is no setting of edge"
        );
        assert_eq!(wrong("systemd/etc/edge/a", "REDIS_URI=x"), "systemd/etc/edge/a: REDIS_URI is no setting of edge");
        assert_eq!(
            wrong("kubernetes/origin/a.yaml", "- EDGE_REGION=eu"),
            "kubernetes/origin/a.yaml: EDGE_REGION is no setting of origin"
        );
        assert_eq!(wrong("docker/compose.yaml", "EDGE_REGION: x\nORIGIN_LISTEN: y"), "");
        assert_eq!(wrong("docs/deploy.md", "`EDGE_LISTN`"), "docs/deploy.md: EDGE_LISTN is no setting of edge or origin");
    }

    #[test]
    fn a_deployment_names_what_it_needs_in_any_of_its_files() {
        let program = Program {
            required: &["EDGE_REGION", "ORIGIN_URL"],
            deployments: &[&["base/", "eu/"], &["base/", "na/"]],
            ..PROGRAMS[0]
        };
        let files = [file("base/a.yaml", "ORIGIN_URL=x"), file("eu/a.yaml", "EDGE_REGION=eu"), file("na/a.yaml", "")];
        assert_eq!(lacking(&program, &files), ["base/ and na/: EDGE_REGION is not said"]);
    }
}
