//! The cost tables of `terraform/README.md`: computed by the plan module, put there by `terraform write`, compared by the
//! plan module's own test.

use std::fs;

use serde_json::Value;

use super::Place;
use super::cli::{ABSENT, Terraform};
use crate::error::{Context, Error, Result};
use crate::term;

const BEGIN: &str = "<!-- costs -->\n";
const END: &str = "\n<!-- /costs -->";

pub fn write(place: &Place) -> Result<()> {
    let tables = computed(place)?;
    let file = place.root.join("README.md");
    let text = fs::read_to_string(&file).context(|| format!("reading {}", file.display()))?;
    let made = replaced(&text, &tables).ok_or_else(|| Error::failed(format!("{} has no place for them", file.display())))?;
    fs::write(&file, made).context(|| format!("writing {}", file.display()))?;
    term::line(&format!("  the cost tables of {}", file.display()));
    Ok(())
}

/// What the plan of the example costs.
fn computed(place: &Place) -> Result<String> {
    let missing = || Error::Missing { what: "terraform".into(), how: ABSENT.into() };
    let terraform = Terraform::at(place, &place.root.join("modules/plan"), None)?.ok_or_else(missing)?;
    terraform.init()?;
    let plan = place.workspace.stack_dir().join("terraform/costs.plan");
    let out = format!("-out={}", plan.display());
    // The example names more than this module knows: Terraform warns and goes on.
    terraform.call(&["plan", "-input=false", "-no-color", "-lock=false", "-var-file=../../example.tfvars", &out])?.success()?;
    let shown = terraform.call(&["show", "-json", &plan.display().to_string()])?.success()?;
    let shown: Value = serde_json::from_str(&shown).map_err(|error| Error::failed(format!("terraform show: {error}")))?;
    let tables = shown.pointer("/planned_values/outputs/cost_tables/value").and_then(Value::as_str);
    tables.map(str::to_owned).ok_or_else(|| Error::failed("the plan has no cost tables"))
}

fn replaced(text: &str, tables: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{tables}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_tables_where_the_old_ones_were() {
        let text = "a\n<!-- costs -->\nold\nlines\n<!-- /costs -->\nb\n";
        assert_eq!(replaced(text, "new").unwrap(), "a\n<!-- costs -->\nnew\n<!-- /costs -->\nb\n");
        assert_eq!(replaced("nothing", "new"), None);
    }
}
