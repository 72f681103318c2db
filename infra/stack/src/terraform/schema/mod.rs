//! `terraform/` held against AWS's own schema (`terraform/schema/aws.json`), without Terraform: every resource, data
//! source and provider, every attribute and block, every reference to one.

mod blocks;
mod known;
mod literals;
mod references;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::known::Known;
use self::source::Module;
use super::Place;
use crate::checks::Outcome;
use crate::error::{Context, Error, Result};

/// One mistake, with its place.
pub type Finding = String;

pub fn step(place: &Place) -> Result<Outcome> {
    let (checked, findings) = check(&place.root)?;
    if findings.is_empty() {
        Ok(Outcome::Passed(format!("{checked} resources and data sources")))
    } else {
        Err(Error::failed(findings.join("\n")))
    }
}

fn check(root: &Path) -> Result<(usize, Vec<Finding>)> {
    let file = root.join("schema/aws.json");
    let text = fs::read_to_string(&file).context(|| format!("reading {}", file.display()))?;
    let known = Known::parse(&text)?;
    let (mut checked, mut findings, mut used) = (0, Vec::new(), BTreeSet::new());
    for folder in folders(root)? {
        let module = Module::read(root, &folder)?;
        checked += module.declared.len();
        used.extend(module.declared.iter().map(|declared| (declared.data, declared.kind.clone())));
        findings.extend(module.check(&known));
    }
    // An extract that holds more than is used is an old one.
    let unused = known.kinds().filter(|kind| !used.contains(kind));
    findings.extend(unused.map(|(_, kind)| format!("schema/aws.json: nothing uses {kind}; schema/extract.py makes it anew")));
    Ok((checked, findings))
}

/// The root and every module.
fn folders(root: &Path) -> Result<Vec<PathBuf>> {
    let modules = root.join("modules");
    let doing = || format!("reading {}", modules.display());
    let mut folders = vec![root.to_owned()];
    for entry in fs::read_dir(&modules).context(doing)? {
        folders.push(entry.context(doing)?.path());
    }
    folders.sort();
    Ok(folders)
}

#[cfg(test)]
mod tests;
