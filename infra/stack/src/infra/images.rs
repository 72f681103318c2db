//! Images: the Dockerfile by hadolint, the Compose file against the specification's schema. Nothing is built: that needs an engine.

use std::path::Path;

use super::{Ground, TOOL_LIMIT, no_mistakes};
use crate::error::Result;
use crate::proc::{Cmd, run};

pub fn check(ground: &Ground) -> Result<String> {
    let folder = ground.infra.join("docker");
    let dockerfile = folder.join("Dockerfile");
    no_mistakes(&copied_from_nowhere(ground, &ground.read(&dockerfile)?))?;
    let hadolint = ground.tool("hadolint", ground.tools.hadolint())?;
    run(Cmd::new(&hadolint.path).arg(&dockerfile), TOOL_LIMIT)?.success()?;

    let schema = ground.tool("compose-schema", ground.tools.compose_schema())?;
    ground.python_check(&[Path::new("compose"), &folder.join("compose.yaml"), &schema.path])?;
    Ok("Dockerfile and compose.yaml; not built, that needs a container engine".into())
}

/// What the Dockerfile copies into its first stage is in the workspace, and the ignore file lets it through.
fn copied_from_nowhere(ground: &Ground, dockerfile: &str) -> Vec<String> {
    let ignored = ground.read(&ground.infra.join("docker/Dockerfile.dockerignore")).unwrap_or_default();
    let copies = dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"));
    let sources = copies.flat_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words[..words.len().saturating_sub(1)].to_vec()
    });
    let wrong = sources.filter(|source| !ground.root.join(source).exists() || !ignored.contains(&format!("\n!{source}\n")));
    wrong.map(|source| format!("the Dockerfile copies {source}, which is not there or is ignored")).collect()
}
