//! Varnish. Its VCL is `infra/stack/peers/varnish.vcl`; its parameters are here.

use super::Place;
use crate::error::Result;
use crate::proc::Cmd;

const TEMPLATE: &str = include_str!("../../../peers/varnish.vcl");

/// Every page of every scenario in memory.
const STORAGE: &str = "malloc,3g";
const PARAMETERS: [&str; 4] = [
    // One core: a second pool would split the connections between two queues.
    "thread_pools=1",
    // A connection holds its thread while it is busy: one for each, and some for fetches, there from the start.
    "thread_pool_min=100",
    "thread_pool_max=500",
    "timeout_idle=3600",
];

/// What it would write of each request to its log in shared memory. Nobody reads it here, and no other server logs.
const LOG_RECORDS: [&str; 45] = [
    "Backend",
    "BackendClose",
    "BackendOpen",
    "Begin",
    "BereqAcct",
    "BereqHeader",
    "BereqMethod",
    "BereqProtocol",
    "BereqURL",
    "BerespHeader",
    "BerespProtocol",
    "BerespReason",
    "BerespStatus",
    "End",
    "Fetch_Body",
    "Filters",
    "Hash",
    "Hit",
    "Length",
    "Link",
    "ObjHeader",
    "ObjProtocol",
    "ObjReason",
    "ObjStatus",
    "ReqAcct",
    "ReqHeader",
    "ReqMethod",
    "ReqProtocol",
    "ReqStart",
    "ReqURL",
    "ReqUnset",
    "RespHeader",
    "RespMethod",
    "RespProtocol",
    "RespReason",
    "RespStatus",
    "RespUnset",
    "SessClose",
    "SessOpen",
    "Storage",
    "TTL",
    "Timestamp",
    "VCL_call",
    "VCL_return",
    "VCL_use",
];

pub(super) fn command(place: &Place<'_>, port: u16) -> Result<Cmd> {
    let program = place.tools.peer("varnish")?;
    // Its shared memory lies in this folder: on tmpfs, as its manual asks.
    let dir = place.folder(&format!("varnish-{port}"))?;
    let file = dir.join("bench.vcl");
    place.configuration(&file, TEMPLATE, &[])?;
    let silent: Vec<String> = LOG_RECORDS.iter().map(|record| format!("-{record}")).collect();
    let command = place.pinned(&program.path).args(["-F", "-j", "none", "-T", "none", "-n"]).arg(&dir);
    let command = command.args(["-a", &format!("127.0.0.1:{port}"), "-s", STORAGE, "-f"]).arg(&file);
    let command = command.args(["-p", &format!("vsl_mask={}", silent.join(","))]);
    Ok(PARAMETERS.iter().fold(command, |command, parameter| command.args(["-p", parameter])).envs(program.env))
}
