//! The edge as it runs in production: feed followed and confirmed (R21), tags checked, metrics, `Age` and
//! `Cache-Status` on. Only what it writes to its log is kept to warnings, as the others write none.

use std::time::Duration;

use super::Place;
use crate::cargo::BenchBinaries;
use crate::error::Result;
use crate::proc::{Cmd, run};

/// The setting of its threads; without it, it takes as many as it has cores.
pub const WORKERS: &str = "EDGE_WORKERS";
const TOKEN: &str = "token-of-the-benchmark";
const PROBE_LIMIT: Duration = Duration::from_secs(20);

pub(super) fn command(place: &Place<'_>, port: u16, admin_port: Option<u16>) -> Cmd {
    let command = place.pinned(&place.binaries.edge).only_this_env().env("EDGE_LISTEN", format!("127.0.0.1:{port}"));
    let command = command.envs(admin_port.map(|port| ("EDGE_ADMIN_LISTEN", format!("127.0.0.1:{port}"))));
    let command = command.env("EDGE_REGION", "bench").env("EDGE_TOKEN", TOKEN);
    let command = command.env("ORIGIN_URL", format!("http://127.0.0.1:{}", place.upstream)).env("RUST_LOG", "warn");
    // Room for all pages of a scenario, as the others have it.
    let command = command.env("EDGE_MEMORY_BYTES", (4_u64 << 30).to_string());
    command.envs(place.edge_env.iter().cloned())
}

/// One worker; and the limits on what one client may make it fetch, which here is the whole world.
const SETTINGS: [(&str, &str); 4] = [
    (WORKERS, "1"),
    ("EDGE_CLIENT_MISSES_PER_S", "1000000"),
    ("EDGE_CLIENT_MISSES_BURST", "1000000"),
    ("EDGE_CLIENT_MISSES_MAX", "1000000"),
];

/// Of the settings above, those that this build of the edge has: it may be an older one, to compare with.
pub fn settings(binaries: &BenchBinaries) -> Result<Vec<(String, String)>> {
    let mut known = Vec::new();
    for (name, value) in SETTINGS {
        if knows(binaries, name, value)? {
            known.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok(known)
}

/// Whether this build of the edge has a setting: an unknown one is a mistake that its start reports.
pub fn knows(binaries: &BenchBinaries, setting: &str, value: &str) -> Result<bool> {
    // Without ORIGIN_URL it does not start either way.
    let said = run(Cmd::new(&binaries.edge).only_this_env().env(setting, value), PROBE_LIMIT)?;
    Ok(!said.stderr.contains(setting))
}
