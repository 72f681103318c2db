//! Every setting that is named below `infra/` is one that a program has: misspelt, it would keep the program from starting.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Ground, files_in, no_mistakes};
use crate::error::Result;

const DOCUMENTATION: [&str; 2] = ["edge/docs/settings.md", "origin/docs/settings.md"];
/// Below `infra/`, with the endings of the files that name settings.
const FOLDERS: [(&str, &[&str]); 12] = [
    ("docker", &["yaml", ""]),
    ("systemd/etc/edge", &[""]),
    ("systemd/etc/origin", &[""]),
    ("systemd/system", &["service", "socket"]),
    ("kubernetes/edge/base", &["yaml"]),
    ("kubernetes/edge/sa", &["yaml"]),
    ("kubernetes/edge/na", &["yaml"]),
    ("kubernetes/edge/eu", &["yaml"]),
    ("kubernetes/edge/asia", &["yaml"]),
    ("kubernetes/origin", &["yaml"]),
    ("observability/prometheus/rules", &["yaml"]),
    ("observability/grafana", &["json"]),
];
const PREFIXES: [&str; 3] = ["EDGE_", "ORIGIN_", "CLOUDFRONT_"];

pub fn check(ground: &Ground) -> Result<String> {
    let mut known = BTreeSet::new();
    for path in DOCUMENTATION {
        let text = ground.read(&ground.root.join(path))?;
        known.extend(
            text.lines().filter(|line| line.starts_with("| `")).flat_map(|line| names(line.split('|').nth(1).unwrap_or(""))),
        );
    }
    let (mut used, mut mistakes) = (BTreeSet::new(), Vec::new());
    for path in files(ground)? {
        for name in names(&ground.read(&path)?) {
            if !known.contains(&name) {
                mistakes.push(format!("{}: {name} is no setting of edge or origin", path.display()));
            }
            used.insert(name);
        }
    }
    no_mistakes(&mistakes)?;
    Ok(format!("{} settings named, all of them known", used.len()))
}

fn files(ground: &Ground) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (folder, endings) in FOLDERS {
        files.extend(files_in(&ground.infra.join(folder), endings)?);
    }
    Ok(files)
}

/// `EDGE_LISTEN` and the like.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_uppercase() && !letter.is_ascii_digit() && letter != '_');
    let named = |word: &&str| PREFIXES.iter().any(|prefix| word.len() > prefix.len() && word.starts_with(prefix));
    words.filter(named).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names() {
        let found = names("- EDGE_REGION=eu\n  ORIGIN_URL: https://x # EDGE_ is a prefix; CLOUDFRONT_WINDOW_MS, HOME");
        assert_eq!(found, ["CLOUDFRONT_WINDOW_MS", "EDGE_REGION", "ORIGIN_URL"].map(str::to_owned).into());
    }
}
