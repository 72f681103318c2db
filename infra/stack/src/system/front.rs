//! TLS in front of the origin, as a load balancer gives it in production: edges find HTTP/2, so a miss costs one round
//! trip on a connection that is open already. Only on a WAN, where it makes a difference.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Context, Error, Result};
use crate::ports;
use crate::proc::command::find_program;
use crate::proc::{Cmd, Process, run};
use crate::term;
use crate::tools::Tools;
use crate::wait::{self, Probe};
use crate::workspace::Instance;

const CERTIFICATE_LIMIT: Duration = Duration::from_secs(20);
const READY_LIMIT: Duration = Duration::from_secs(10);

pub struct Front {
    pub process: Process,
    pub url: String,
    /// The only authority that vouches for it.
    pub ca_file: PathBuf,
}

impl Front {
    /// In front of the origin that listens on `origin` (address and port), in the calling thread's network.
    pub fn start(instance: &Instance, tools: &Tools, address: &str, origin: &str) -> Result<Self> {
        let started = wait::now();
        let dir = instance.folder("front")?;
        let (pem, ca_file) = certificate(&dir, address)?;
        let port = ports::free()?;
        let file = dir.join("haproxy.cfg");
        fs::write(&file, configuration(address, port, &pem, origin)).context(|| format!("writing {}", file.display()))?;
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
        Ok(Self { process, url, ca_file })
    }
}

/// A certificate that vouches for itself, for as long as a run may take.
fn certificate(dir: &Path, address: &str) -> Result<(PathBuf, PathBuf)> {
    let how = "install Debian's openssl: a WAN's edges speak TLS to the origin".to_owned();
    let openssl = find_program("openssl").ok_or_else(|| Error::Missing { what: "openssl".into(), how })?;
    let (key, cert, both) = (dir.join("key.pem"), dir.join("cert.pem"), dir.join("both.pem"));
    let command = Cmd::new(openssl).args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
    let command = command.args(["-days", "7", "-subj", "/CN=origin", "-addext", "basicConstraints=critical,CA:FALSE"]);
    let command = command.args(["-addext", &format!("subjectAltName=IP:{address}")]);
    run(command.arg("-keyout").arg(&key).arg("-out").arg(&cert), CERTIFICATE_LIMIT)?.success()?;
    let read = |path: &Path| fs::read_to_string(path).context(|| format!("reading {}", path.display()));
    fs::write(&both, read(&cert)? + &read(&key)?).context(|| format!("writing {}", both.display()))?;
    Ok((both, cert))
}

fn configuration(address: &str, port: u16, pem: &Path, origin: &str) -> String {
    // The feed is one answer that never ends.
    format!(
        "global\n  maxconn 4096\n  tune.h2.max-concurrent-streams 512\n\
         defaults\n  mode http\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n  option http-no-delay\n\
         frontend front\n  bind {address}:{port} ssl crt {} alpn h2,http/1.1\n  default_backend origin\n\
         backend origin\n  http-reuse always\n  server origin {origin}\n",
        pem.display()
    )
}
