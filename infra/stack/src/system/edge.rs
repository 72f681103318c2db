//! One edge of one region.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::certificate::Certificate;
use super::origin::{passed_through, probe};
use crate::error::{Context, Result};
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::term;
use crate::wait;

const READY_LIMIT: Duration = Duration::from_secs(30);

pub struct Edge {
    pub process: Process,
    pub region: String,
    pub url: String,
    /// What readers come by: TLS, if it has a certificate.
    pub readers_url: String,
    pub admin_url: String,
}

/// A stopped edge waits half of this for idle connections to be used once more; here nobody uses them.
const DRAIN_MS: u32 = 2000;
/// As systemd does it: the socket is descriptor 3, and the process is told its own id. It comes as standard input.
const WITH_SOCKET: &str = r#"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http exec "$0""#;

pub struct Setting<'a> {
    pub region: &'a str,
    /// What readers reach it by.
    pub address: &'a str,
    pub port: u16,
    pub token: &'a str,
    pub origin: &'a str,
    pub redis: Option<String>,
    pub logs: PathBuf,
    pub echo: bool,
    /// Held by the runner and listening on `port`; otherwise the edge opens its own.
    pub socket: Option<&'a TcpListener>,
    /// Then readers may come by TLS as well.
    pub tls: Option<&'a Certificate>,
    /// Whether it fetches every published page before a reader asks.
    pub prefetches: bool,
    /// Further settings.
    pub env: &'a [(String, String)],
}

impl Edge {
    pub fn start(binary: &Path, setting: &Setting<'_>) -> Result<Self> {
        let started = wait::now();
        let admin_port = ports::free()?;
        let listen = format!("{}:{}", setting.address, setting.port);
        let command = match setting.socket {
            None => Cmd::new(binary),
            Some(socket) => {
                let socket = socket.try_clone().context(|| "sharing the listening socket".to_owned())?;
                Cmd::new("/bin/sh").args(["-c", WITH_SOCKET]).arg(binary).inherits(OwnedFd::from(socket))
            }
        };
        let command = command
            .only_this_env()
            .env("EDGE_LISTEN", &listen)
            .env("EDGE_ADMIN_LISTEN", format!("127.0.0.1:{admin_port}"))
            .env("EDGE_REGION", setting.region)
            .env("ORIGIN_URL", setting.origin)
            .env("EDGE_TOKEN", setting.token)
            .env("EDGE_DRAIN_MS", DRAIN_MS.to_string())
            .envs(setting.redis.as_ref().map(|url| ("REDIS_URL", url)))
            .envs(setting.env.iter().cloned())
            .envs(passed_through());
        let (scheme, authority, command) = match setting.tls {
            None => ("http", listen.clone(), command),
            Some(Certificate { cert, key }) => {
                let listen = format!("{}:{}", setting.address, ports::free()?);
                let command =
                    command.env("EDGE_TLS_LISTEN", &listen).env("EDGE_TLS_CERT_FILE", cert).env("EDGE_TLS_KEY_FILE", key);
                ("https", listen, command)
            }
        };
        let command = command.envs(setting.prefetches.then_some(("EDGE_PREFETCH_HOST", &authority)));
        let name = format!("edge-{}", setting.region);
        let process = Process::start(&name, command, &setting.logs, setting.echo)?;
        let mut edge = Self {
            process,
            region: setting.region.to_owned(),
            url: format!("http://{listen}"),
            readers_url: format!("{scheme}://{authority}"),
            admin_url: format!("http://127.0.0.1:{admin_port}"),
        };
        let ready = format!("{}/readyz", edge.admin_url);
        edge.process.until(&format!("{name} to be ready"), READY_LIMIT, || probe(&ready))?;
        term::done(&name, started.elapsed(), &edge.readers_url);
        Ok(edge)
    }
}
