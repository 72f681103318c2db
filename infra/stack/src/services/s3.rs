//! S3 by SeaweedFS, with one identity and one bucket.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::sigv4::Signer;
use super::{Describe, Place, READY_LIMIT};
use crate::error::{Context, Result};
use crate::http::{Answer, Call};
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::random;
use crate::tools::Program;
use crate::wait::{self, Probe};

pub const BUCKET: &str = "photos";
const REGION: &str = "sa-east-1";
/// Its gRPC server waits ten seconds for streams that its own other parts hold open. What it has acknowledged is
/// in its files long before.
const STOP_LIMIT: Duration = Duration::from_millis(500);
const ACCESS_KEY: &str = "stack";

pub struct S3 {
    pub(super) process: Process,
    port: u16,
    secret: String,
}

impl S3 {
    pub(super) fn start(tool: &Program, place: &Place) -> Result<Self> {
        let secret = random::token()?;
        let identities = write_identities(&place.data, &secret)?;
        let volumes = place.data.join("volumes");
        fs::create_dir_all(&volumes).context(|| format!("creating {}", volumes.display()))?;
        let port = ports::free_with_grpc()?;

        sweep_sockets();
        let server = Cmd::new(&tool.path).dir(&place.data).args(["-logtostderr", "server"]).stop_limit(STOP_LIMIT);
        let server = server.args(["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]);
        let server = server.arg(format!("-dir={}", volumes.display())).args(["-volume.max=20", "-master.volumeSizeLimitMB=64"]);
        // Nobody needs ten seconds' notice that the only volume server leaves.
        let server = server.arg("-volume.preStopSeconds=0");
        let server = server.arg(format!("-master.port={}", ports::free_with_grpc()?));
        let server = server.arg(format!("-volume.port={}", ports::free_with_grpc()?));
        let server = server.arg(format!("-filer.port={}", ports::free_with_grpc()?));
        let server = server.args(["-s3".into(), format!("-s3.port={port}"), format!("-s3.config={}", identities.display())]);
        // Two more protocols, on fixed ports unless told otherwise.
        let server = server.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
        let process = Process::start("s3", server, &place.logs, place.echo)?;

        let mut started = Self { process, port, secret: secret.clone() };
        let client = Client { port, secret };
        started.process.until("S3 to accept the bucket", READY_LIMIT, || {
            Ok(match client.ask("PUT", &format!("/{BUCKET}"), "") {
                // A kept data folder has it already.
                Ok(answer) if [200, 409].contains(&answer.status) => Probe::Done(()),
                Ok(answer) => Probe::NotYet(answer.summary()),
                Err(error) => Probe::NotYet(error.to_string()),
            })
        })?;
        Ok(started)
    }

    /// One more bucket.
    pub fn make_bucket(&self, name: &str) -> Result<()> {
        let client = Client { port: self.port, secret: self.secret.clone() };
        client.ask("PUT", &format!("/{name}"), "")?.expect(200).map(drop)
    }

    /// A bucket as the origin's settings name it.
    pub fn url_of(&self, bucket: &str) -> String {
        format!("s3://{bucket}?endpoint={}&region={REGION}", self.endpoint())
    }

    /// Where it listens: address and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// As the origin's `PHOTOS_URL` wants it.
    pub fn photos_url(&self) -> String {
        self.url_of(BUCKET)
    }

    pub fn credentials(&self) -> Vec<(String, String)> {
        vec![("AWS_ACCESS_KEY_ID".into(), ACCESS_KEY.into()), ("AWS_SECRET_ACCESS_KEY".into(), self.secret.clone())]
    }

    /// The keys in the bucket, at most a thousand, as S3 itself lists them.
    pub fn keys(&self) -> Result<Vec<String>> {
        let client = Client { port: self.port, secret: self.secret.clone() };
        let listing = client.ask("GET", &format!("/{BUCKET}"), "list-type=2&max-keys=1000")?.expect(200)?.text();
        Ok(super::cloudfront::elements(&listing, "Key"))
    }
}

/// Kept apart from `S3` so that it can be used while `S3`'s process is being waited for.
struct Client {
    port: u16,
    secret: String,
}

impl Client {
    fn ask(&self, method: &'static str, path: &str, query: &str) -> Result<Answer> {
        let host = format!("127.0.0.1:{}", self.port);
        let signer = Signer { access_key: ACCESS_KEY, secret_key: &self.secret, region: REGION, service: "s3" };
        let headers = signer.sign(method, &host, path, query, b"", wait::wall_clock())?;
        let call = Call::new(method, format!("http://{host}{path}?{query}"));
        headers.into_iter().fold(call, |call, (name, value)| call.header(name, value)).send()
    }
}

fn write_identities(dir: &Path, secret: &str) -> Result<std::path::PathBuf> {
    let path = dir.join("identities.json");
    let identity = json!({
        "name": "stack",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": secret}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    });
    fs::write(&path, json!({"identities": [identity]}).to_string()).context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// SeaweedFS leaves its Unix sockets in the temporary folder. Those that nobody answers on are removed, from this
/// run or an earlier one; others' are theirs, and cannot be removed anyway.
pub(super) fn sweep_sockets() {
    let Ok(entries) = fs::read_dir("/tmp") else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_one = name.starts_with("seaweedfs-") && name.ends_with(".sock");
        if is_one && UnixStream::connect(&path).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
            drop(fs::remove_file(&path));
        }
    }
}

impl Describe for S3 {
    fn describe(&self) -> String {
        format!("{}/{BUCKET}", self.endpoint())
    }
}
