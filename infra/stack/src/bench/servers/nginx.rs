//! nginx. What its configuration says and why stands in `infra/stack/peers/nginx.conf`.

use super::Place;
use crate::error::Result;
use crate::proc::Cmd;
use crate::services::user;

const TEMPLATE: &str = include_str!("../../../peers/nginx.conf");

pub(super) fn command(place: &Place<'_>, port: u16) -> Result<Cmd> {
    let program = place.tools.peer("nginx")?;
    let dir = place.folder(&format!("nginx-{port}"))?;
    // Only root can choose; anybody else's worker is that user.
    let template = if user::is_root() { TEMPLATE.replace("{user}", "root") } else { TEMPLATE.replace("user {user};", "") };
    let (file, dir) = (dir.join("nginx.conf"), dir.display().to_string());
    place.configuration(&file, &template, &[("{port}", &port.to_string()), ("{dir}", &dir)])?;
    Ok(place.pinned(&program.path).args(["-p", &dir, "-e", "stderr", "-c"]).arg(&file).envs(program.env))
}
