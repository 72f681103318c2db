//! TLS in front of a server. Of the origin, as a load balancer gives it in production: edges find HTTP/2, so a miss costs one
//! round trip on a connection that is open already; only on a WAN, where it makes a difference. Of S3, for who speaks no other.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::certificate::Certificate;
use crate::error::{Context, Result};
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::term;
use crate::tools::Tools;
use crate::wait::{self, Probe};
use crate::workspace::Instance;

const READY_LIMIT: Duration = Duration::from_secs(10);

pub struct Front {
    pub process: Process,
    pub url: String,
    pub port: u16,
    /// The only authority that vouches for it.
    pub ca_file: PathBuf,
}

impl Front {
    /// In front of the server that listens on `behind` (address and port), in the calling thread's network. `name` is what it
    /// vouches for, besides its address.
    pub fn start(instance: &Instance, tools: &Tools, name: &str, address: &str, behind: &str) -> Result<Self> {
        let started = wait::now();
        let dir = instance.folder("front")?;
        let certificate = Certificate::make(&dir, name, address)?;
        let pem = certificate.together(dir.join("both.pem"))?;
        let port = ports::free()?;
        let file = dir.join("haproxy.cfg");
        fs::write(&file, configuration(address, port, &pem, behind)).context(|| format!("writing {}", file.display()))?;
        let haproxy = tools.peer("haproxy")?;
        let command = Cmd::new(&haproxy.path).args(["-db", "-f"]).arg(&file).envs(haproxy.env);
        let mut process = Process::start("front", command, &instance.logs(), false)?;
        process.until("the front to listen", READY_LIMIT, || {
            Ok(match std::net::TcpStream::connect((address, port)) {
                Ok(_) => Probe::Done(()),
                Err(error) => Probe::NotYet(error.to_string()),
            })
        })?;
        let url = format!("https://{address}:{port}");
        term::done("front", started.elapsed(), &format!("{url}, HTTP/2 by TLS"));
        Ok(Self { process, url, port, ca_file: certificate.cert })
    }
}

fn configuration(address: &str, port: u16, pem: &Path, behind: &str) -> String {
    // The feed is one answer that never ends.
    format!(
        "global\n  maxconn 4096\n  tune.h2.max-concurrent-streams 512\n\
         defaults\n  mode http\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n  option http-no-delay\n\
         frontend front\n  bind {address}:{port} ssl crt {} alpn h2,http/1.1\n  default_backend behind\n\
         backend behind\n  http-reuse always\n  server behind {behind}\n",
        pem.display()
    )
}
