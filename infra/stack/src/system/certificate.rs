//! Certificates that vouch for themselves, for as long as a run may take.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Context, Error, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, run};

const LIMIT: Duration = Duration::from_secs(20);

/// PEM files.
pub struct Certificate {
    pub cert: PathBuf,
    pub key: PathBuf,
}

impl Certificate {
    /// For the server at `address`, in `dir`.
    pub fn make(dir: &Path, name: &str, address: &str) -> Result<Self> {
        let how = "install Debian's openssl: on a WAN readers speak TLS to edges, and edges to the origin".to_owned();
        let openssl = find_program("openssl").ok_or_else(|| Error::Missing { what: "openssl".into(), how })?;
        let (key, cert) = (dir.join(format!("{name}-key.pem")), dir.join(format!("{name}-cert.pem")));
        let command = Cmd::new(openssl).args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        let subject = format!("/CN={name}");
        let command = command.args(["-nodes", "-days", "7", "-subj", &subject, "-addext", "basicConstraints=critical,CA:FALSE"]);
        let command = command.args(["-addext", &format!("subjectAltName=IP:{address},DNS:{name}")]);
        run(command.arg("-keyout").arg(&key).arg("-out").arg(&cert), LIMIT)?.success()?;
        Ok(Self { cert, key })
    }

    /// Both in one file, as HAProxy wants it.
    pub fn together(&self, file: PathBuf) -> Result<PathBuf> {
        let read = |path: &Path| fs::read_to_string(path).context(|| format!("reading {}", path.display()));
        fs::write(&file, read(&self.cert)? + &read(&self.key)?).context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }
}
