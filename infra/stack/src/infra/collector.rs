//! The OpenTelemetry collector: every part that its pipelines name is defined, and no other. Its own binary would say more, and is
//! in no registry that this machine reaches for Debian packages or Python wheels.

use std::path::Path;

use super::Ground;
use crate::error::Result;

pub fn check(ground: &Ground) -> Result<String> {
    let file = ground.infra.join("observability/collector/machine.yaml");
    ground.python_check(&[Path::new("collector"), &file])?;
    Ok("pipelines name what is defined; not run, the collector's binary is not fetched".into())
}
