//! The list of parts of both programs, as CycloneDX 1.5: every package that is linked into one of them, from cargo's own lock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cargo;
use crate::error::{Error, Result};
use crate::proc::run;
use crate::workspace::Workspace;

const LIMIT: Duration = Duration::from_secs(120);
/// What is shipped, and what it is built for.
const PROGRAMS: [&str; 2] = ["origin", "edge"];
const TARGET: &str = "x86_64-unknown-linux-gnu";

pub fn of(workspace: &Workspace) -> Result<Value> {
    let metadata = cargo::cargo(workspace).args(["metadata", "--format-version", "1", "--locked", "--filter-platform", TARGET]);
    let said = run(metadata, LIMIT)?.success()?;
    let metadata = serde_json::from_str(&said).map_err(|error| Error::failed(format!("cargo metadata: {error}")))?;
    from_metadata(&metadata)
}

fn from_metadata(metadata: &Value) -> Result<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<String, BTreeSet<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let linked = list(&node["deps"]).into_iter().filter(is_linked).map(|dependency| text(&dependency["pkg"]));
            (text(&node["id"]), linked.collect())
        })
        .collect();
    let mut to_visit: Vec<&String> =
        packages.iter().filter(|(_, package)| PROGRAMS.contains(&text(&package["name"]).as_str())).map(|(id, _)| id).collect();
    if to_visit.len() != PROGRAMS.len() {
        return Err(Error::failed(format!("cargo knows {} of {}", to_visit.len(), PROGRAMS.join(", "))));
    }
    let mut linked = BTreeSet::new();
    while let Some(id) = to_visit.pop() {
        if linked.insert(id) {
            to_visit.extend(nodes.get(id).into_iter().flatten());
        }
    }
    let component = |id: &&String| {
        let package = packages.get(*id)?;
        Some(json!({
            "type": if PROGRAMS.contains(&text(&package["name"]).as_str()) { "application" } else { "library" },
            "bom-ref": purl(package),
            "name": package["name"],
            "version": package["version"],
            "purl": purl(package),
            "licenses": package["license"].as_str().map(|license| json!([{"expression": license}])).unwrap_or_else(|| json!([])),
        }))
    };
    let dependency = |id: &&String| {
        let needs = nodes.get(*id).into_iter().flatten().filter_map(|id| packages.get(id)).map(purl);
        Some(json!({"ref": purl(packages.get(*id)?), "dependsOn": needs.collect::<Vec<_>>()}))
    };
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": linked.iter().filter_map(component).collect::<Vec<_>>(),
        "dependencies": linked.iter().filter_map(dependency).collect::<Vec<_>>(),
    }))
}

/// Neither for tests nor for building alone.
fn is_linked(dependency: &Value) -> bool {
    dependency["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(&package["name"]), text(&package["version"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_what_is_linked_and_nothing_else() {
        let package = |name: &str| json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT"});
        let needs = |name: &str, kind: Value| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let packages = ["origin", "edge", "linked", "deep", "tested-with", "unused"].map(package);
        let metadata = json!({
            "packages": packages,
            "resolve": {"nodes": [
                {"id": "origin", "deps": [needs("linked", Value::Null), needs("tested-with", json!("dev"))]},
                {"id": "edge", "deps": []},
                {"id": "linked", "deps": [needs("deep", Value::Null)]},
                {"id": "deep", "deps": []}, {"id": "tested-with", "deps": []}, {"id": "unused", "deps": []},
            ]},
        });
        let parts = from_metadata(&metadata).unwrap();
        let names: Vec<_> = parts["components"].as_array().unwrap().iter().map(|part| part["name"].clone()).collect();
        assert_eq!(names, ["deep", "edge", "linked", "origin"]);
        assert_eq!(parts["dependencies"][3], json!({"ref": "pkg:cargo/origin@1.0.0", "dependsOn": ["pkg:cargo/linked@1.0.0"]}));
        assert!(from_metadata(&json!({"packages": [package("edge")]})).is_err());
    }
}
