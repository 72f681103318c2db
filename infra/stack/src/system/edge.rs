//! One edge of one region.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::origin::{passed_through, probe};
use crate::error::Result;
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::term;
use crate::wait;

const READY_LIMIT: Duration = Duration::from_secs(30);

pub struct Edge {
    pub(super) process: Process,
    pub region: String,
    pub url: String,
    pub admin_url: String,
}

pub(super) struct Setting<'a> {
    pub region: &'a str,
    pub port: u16,
    pub token: &'a str,
    pub origin: &'a str,
    pub redis: Option<String>,
    pub logs: PathBuf,
    pub echo: bool,
}

impl Edge {
    pub(super) fn start(binary: &Path, setting: &Setting<'_>) -> Result<Self> {
        let started = wait::now();
        let admin_port = ports::free()?;
        let command = Cmd::new(binary)
            .only_this_env()
            .env("EDGE_LISTEN", format!("127.0.0.1:{}", setting.port))
            .env("EDGE_ADMIN_LISTEN", format!("127.0.0.1:{admin_port}"))
            .env("EDGE_REGION", setting.region)
            .env("ORIGIN_URL", setting.origin)
            .env("EDGE_TOKEN", setting.token)
            .envs(setting.redis.as_ref().map(|url| ("REDIS_URL", url)))
            .envs(passed_through());
        let name = format!("edge-{}", setting.region);
        let process = Process::start(&name, command, &setting.logs, setting.echo)?;
        let mut edge = Self {
            process,
            region: setting.region.to_owned(),
            url: format!("http://127.0.0.1:{}", setting.port),
            admin_url: format!("http://127.0.0.1:{admin_port}"),
        };
        let ready = format!("{}/readyz", edge.admin_url);
        edge.process.until(&format!("{name} to be ready"), READY_LIMIT, || probe(&ready))?;
        term::done(&name, started.elapsed(), &edge.url);
        Ok(edge)
    }
}
