//! `terraform test` and `terraform validate`, folder by folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::Place;
use super::cli::{ABSENT, Terraform};
use super::stub::Stub;
use crate::checks::Outcome;
use crate::error::{Context, Error, Result};

/// A provider-free folder needs nothing but Terraform; the others need one that knows AWS's schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Free,
    OverAws,
}

/// The modules that compute without a provider: the plan with its costs, the cache rules, the machines' scripts.
pub fn provider_free(place: &Place) -> Result<Outcome> {
    test_all(place, Kind::Free, None)
}

/// Those over AWS, with every resource mocked.
pub fn mocked(place: &Place) -> Result<Outcome> {
    match Stub::start(place)? {
        Ok(stub) => test_all(place, Kind::OverAws, Some(&stub)),
        Err(why) => Ok(Outcome::Skipped(why)),
    }
}

/// The whole configuration against the provider's schema, by Terraform itself.
pub fn validate(place: &Place) -> Result<Outcome> {
    let stub = match Stub::start(place)? {
        Ok(stub) => stub,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    let Some(terraform) = Terraform::at(place, &place.root, Some(&stub))? else { return Ok(Outcome::Skipped(ABSENT.into())) };
    terraform.init()?;
    terraform.call(&["validate", "-no-color"])?.success()?;
    Ok(Outcome::Passed("the configuration is valid".into()))
}

fn test_all(place: &Place, kind: Kind, stub: Option<&Stub>) -> Result<Outcome> {
    let mut passed = 0;
    for folder in tested(place, kind)? {
        let Some(terraform) = Terraform::at(place, &folder, stub)? else { return Ok(Outcome::Skipped(ABSENT.into())) };
        terraform.init()?;
        let mut args = vec!["test", "-no-color"];
        if folder == place.root {
            args.push("-var-file=example.tfvars");
        }
        let told = terraform.call(&args)?.success()?;
        passed += runs(&told).ok_or_else(|| Error::failed(format!("{} ran no test:\n{told}", folder.display())))?;
    }
    Ok(Outcome::Passed(format!("{passed} runs")))
}

/// `Success! 9 passed, 0 failed.`
fn runs(told: &str) -> Option<u64> {
    let passed = told.lines().find_map(|line| line.strip_prefix("Success! ")?.split_once(" passed")?.0.parse().ok())?;
    (passed > 0).then_some(passed)
}

/// The folders that have tests, of one kind.
fn tested(place: &Place, kind: Kind) -> Result<Vec<PathBuf>> {
    let modules = place.root.join("modules");
    let doing = || format!("reading {}", modules.display());
    let mut folders = vec![place.root.clone()];
    for entry in fs::read_dir(&modules).context(doing)? {
        folders.push(entry.context(doing)?.path());
    }
    folders.retain(|folder| folder.join("tests").is_dir());
    folders.sort();
    let mut wanted = Vec::new();
    for folder in folders {
        if kind_of(&folder)? == kind {
            wanted.push(folder);
        }
    }
    Ok(wanted)
}

fn kind_of(folder: &Path) -> Result<Kind> {
    let file = folder.join("versions.tf");
    let text = fs::read_to_string(&file).context(|| format!("reading {}", file.display()))?;
    Ok(if text.contains("hashicorp/aws") { Kind::OverAws } else { Kind::Free })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_terraform_says() {
        assert_eq!(runs("tests/a.tftest.hcl... pass\n\nSuccess! 9 passed, 0 failed.\n"), Some(9));
        assert_eq!(runs("Success! 0 passed, 0 failed."), None);
        assert_eq!(runs("Failure! 8 passed, 1 failed."), None);
    }
}
