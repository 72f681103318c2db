//! Kubernetes: each region's overlay is rendered by kubectl, checked against the schemas, and against what schemas cannot say.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Ground, TOOL_LIMIT, on_the_machine};
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, run};

const KUSTOMIZATIONS: [&str; 5] = ["edge/sa", "edge/na", "edge/eu", "edge/asia", "origin"];
/// Kustomize of kubectl before 1.21 does not know `labels` and `patches`.
const KUSTOMIZE_MAJOR_MIN: u32 = 4;
const HOW: &str = "kubectl 1.21 or later, from the Kubernetes project or a cloud's packages (Debian's is too old)";

pub fn check(ground: &Ground) -> Result<String> {
    let kubectl = kubectl()?;
    let rendered = KUSTOMIZATIONS.iter().map(|name| render(ground, &kubectl, name)).collect::<Result<Vec<_>>>()?;
    let validate = ground.python()?.args(["-m", "kubernetes_validate", "--strict", "--quiet", "--no-warn"]);
    run(validate.args(&rendered), TOOL_LIMIT)?.success()?;
    let mut arguments = vec![Path::new("kubernetes")];
    arguments.extend(rendered.iter().map(PathBuf::as_path));
    ground.python_check(&arguments)?;
    Ok(format!("{} rendered and valid: {}", rendered.len(), KUSTOMIZATIONS.join(", ")))
}

fn render(ground: &Ground, kubectl: &Path, name: &str) -> Result<PathBuf> {
    let text = run(Cmd::new(kubectl).arg("kustomize").arg(ground.infra.join("kubernetes").join(name)), TOOL_LIMIT)?.success()?;
    let path = ground.instance.dir.join(format!("{}.yaml", name.replace('/', "-")));
    fs::write(&path, text).context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn kubectl() -> Result<PathBuf> {
    let path = on_the_machine("kubectl", HOW)?;
    let said = run(Cmd::new(&path).args(["version", "--client", "--output=json"]), TOOL_LIMIT)?.success()?;
    if major(&said).is_some_and(|major| major >= KUSTOMIZE_MAJOR_MIN) {
        return Ok(path);
    }
    Err(Error::Missing { what: "a recent kubectl".into(), how: HOW.into() })
}

/// `{"kustomizeVersion": "v5.5.0"}` is 5; before 1.24 it says nothing of kustomize.
fn major(said: &str) -> Option<u32> {
    let said: Value = serde_json::from_str(said).ok()?;
    said.get("kustomizeVersion")?.as_str()?.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_kubectls_version() {
        assert_eq!(major(r#"{"clientVersion": {"major": "1"}, "kustomizeVersion": "v5.5.0"}"#), Some(5));
        assert_eq!(major(r#"{"clientVersion": {"major": "1"}}"#), None);
    }
}
