//! checkov: known mistakes of configurations on AWS. What is skipped says why beside the resource.

use std::time::Duration;

use serde_json::Value;

use super::Place;
use crate::checks::Outcome;
use crate::error::{Error, Result};
use crate::proc::{Cmd, run};

const LIMIT: Duration = Duration::from_secs(300);

pub fn step(place: &Place) -> Result<Outcome> {
    let python = match place.tools.checkov() {
        Ok(python) => python,
        // What was fetched and is not what was pinned is no reason to skip.
        Err(error @ (Error::Missing { .. } | Error::Unreachable { .. })) => {
            return Ok(Outcome::Skipped(format!("checkov is not here: {error}")));
        }
        Err(error) => return Err(error),
    };
    // Without its own service: nothing is downloaded and nothing is sent.
    let command = Cmd::new(&python.path).envs(python.env).dir(&place.workspace.root);
    // It asks for a newer version of itself at each start, and waits for minutes where nobody answers.
    let command = command.env("CKV_SKIP_PACKAGE_UPDATE_CHECK", "true");
    let command = command.args(["-m", "checkov.main", "--directory", "terraform", "--framework", "terraform"]);
    let finished = run(command.args(["--skip-download", "--quiet", "--compact", "--output", "json"]), LIMIT)?;
    let report: Value = serde_json::from_str(&finished.stdout)
        .map_err(|error| Error::failed(format!("checkov's report: {error}\n{}", finished.stderr)))?;
    judge(&report)
}

fn judge(report: &Value) -> Result<Outcome> {
    let count = |name: &str| report.pointer(&format!("/summary/{name}")).and_then(Value::as_u64);
    let failed = report.pointer("/results/failed_checks").and_then(Value::as_array);
    let (Some(passed), Some(skipped), Some(0), Some(failed)) =
        (count("passed"), count("skipped"), count("parsing_errors"), failed)
    else {
        return Err(Error::failed(format!("checkov did not read everything: {}", report["summary"])));
    };
    if passed == 0 {
        return Err(Error::failed("checkov checked nothing"));
    }
    if failed.is_empty() {
        return Ok(Outcome::Passed(format!("{passed} checks, {skipped} skipped with reasons")));
    }
    let word = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let lines: Vec<String> = failed
        .iter()
        .map(|check| {
            let [id, name, file, resource] = ["check_id", "check_name", "file_path", "resource"].map(|field| word(check, field));
            format!("  {id} {name}: {file} {resource}")
        })
        .collect();
    Err(Error::failed(lines.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_failed_check_fails_and_is_named() {
        let report = |failed: Value| json!({ "summary": { "passed": 3, "skipped": 1, "parsing_errors": 0 }, "results": { "failed_checks": failed } });
        assert!(matches!(judge(&report(json!([]))), Ok(Outcome::Passed(_))));
        let failed =
            json!([{ "check_id": "CKV_1", "check_name": "closed", "file_path": "/a.tf", "resource": "aws_s3_bucket.b" }]);
        let Err(error) = judge(&report(failed)) else { panic!("it passed") };
        assert!(error.to_string().contains("CKV_1 closed: /a.tf aws_s3_bucket.b"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_success() {
        let report = json!({ "summary": { "passed": 3, "skipped": 1, "parsing_errors": 1 }, "results": { "failed_checks": [] } });
        assert!(judge(&report).is_err());
    }
}
