//! A provider that knows AWS's schema and nothing else (`terraform/schema/stub.py`), on a socket of its own.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::Place;
use super::cli::ABSENT;
use crate::error::{Error, Result};
use crate::proc::command::find_program;
use crate::proc::{Cmd, Process};
use crate::wait::Probe;
use crate::workspace::Instance;

const READY_LIMIT: Duration = Duration::from_secs(20);

pub struct Stub {
    process: Process,
    socket: PathBuf,
    instance: Option<Instance>,
}

impl Stub {
    /// Or why there is none: what it needs could not be fetched, or nobody would speak to it.
    pub fn start(place: &Place) -> Result<Result<Self, String>> {
        if find_program("terraform").is_none() {
            return Ok(Err(ABSENT.into()));
        }
        let python = match place.tools.grpcio() {
            Ok(python) => python,
            Err(error @ (Error::Missing { .. } | Error::Unreachable { .. })) => {
                return Ok(Err(format!("grpcio is not here: {error}")));
            }
            Err(error) => return Err(error),
        };
        let instance = Instance::throwaway(place.workspace, "terraform")?;
        // A socket's path may have a hundred letters; the clone's may have more.
        let socket = std::env::temp_dir().join(format!("rcr-tf-{}.sock", std::process::id()));
        drop(fs::remove_file(&socket));
        let script = place.root.join("schema/stub.py");
        let command = Cmd::new(&python.path).envs(python.env).arg(script).arg(&socket);
        let mut process = Process::start("stub", command, &instance.logs(), false)?;
        process.until("the stub of the provider to listen", READY_LIMIT, || {
            Ok(match UnixStream::connect(&socket) {
                Ok(_) => Probe::Done(()),
                Err(error) => Probe::NotYet(error.to_string()),
            })
        })?;
        Ok(Ok(Self { process, socket, instance: Some(instance) }))
    }

    /// The value of `TF_REATTACH_PROVIDERS`: where Terraform finds the provider instead of fetching it.
    pub fn reattach(&self) -> String {
        let address = json!({ "Network": "unix", "String": self.socket });
        let pid = self.process.pid();
        json!({ "hashicorp/aws": { "Protocol": "grpc", "ProtocolVersion": 5, "Pid": pid, "Test": true, "Addr": address } })
            .to_string()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.process.stop();
        drop(fs::remove_file(&self.socket));
        // Its log says nothing that Terraform did not.
        drop(self.instance.take().map(Instance::remove));
    }
}
