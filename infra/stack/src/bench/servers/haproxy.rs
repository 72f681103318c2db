//! HAProxy. What its configuration says and why stands in `infra/stack/peers/haproxy.cfg`.

use super::Place;
use crate::error::Result;
use crate::proc::Cmd;

const TEMPLATE: &str = include_str!("../../../peers/haproxy.cfg");

pub(super) fn command(place: &Place<'_>, port: u16) -> Result<Cmd> {
    let program = place.tools.peer("haproxy")?;
    let file = place.folder(&format!("haproxy-{port}"))?.join("haproxy.cfg");
    place.configuration(&file, TEMPLATE, &[("{port}", &port.to_string())])?;
    Ok(place.pinned(&program.path).args(["-db", "-f"]).arg(&file).envs(program.env))
}
