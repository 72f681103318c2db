//! Runs the load generator and reads what it says.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::scenario::CONNECTIONS;
use super::servers::Server;
use crate::error::{Error, Result};
use crate::proc::{Cmd, run};

/// A run is a few seconds; filling with a million keys takes minutes.
const LIMIT: Duration = Duration::from_secs(900);

/// One run of the load generator.
pub struct Load<'a> {
    pub program: &'a Path,
    pub cores: &'a str,
    pub scenario: &'a str,
    pub page: char,
    pub bytes: usize,
    pub first_key: u32,
    pub keys: u32,
    pub fresh_key: u32,
    pub window: Duration,
    pub seed: u64,
}

/// What it measured in its window, of one server.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub requests_per_second: f64,
    /// CPU time of the server's processes, µs a request.
    pub cpu_us: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    /// How much of its core the server used, and the load generator of its own.
    pub server_share: f64,
    pub load_share: f64,
    pub load_cpu_us: f64,
    pub requests: u64,
    pub fresh_keys: u64,
    pub seconds: f64,
}

impl Load<'_> {
    pub fn run(&self, server: &Server) -> Result<Sample> {
        let command = Cmd::new("taskset").args(["-c", self.cores]).arg(self.program);
        let command =
            command.args(["--server", &format!("127.0.0.1:{}", server.port), "--pid", &server.process.pid().to_string()]);
        let command = command.args(["--scenario", self.scenario, "--kind", &self.page.to_string()]);
        let command = command.args(["--bytes", &self.bytes.to_string(), "--connections", &CONNECTIONS.to_string()]);
        let command = command.args(["--first-key", &self.first_key.to_string(), "--keys", &self.keys.to_string()]);
        let command = command.args(["--first-fresh-key", &self.fresh_key.to_string(), "--seed", &self.seed.to_string()]);
        let command = command.args(["--seconds", &self.window.as_secs_f64().to_string()]);
        let command = command.args(["--checked", if server.kind.is_floor() { "false" } else { "true" }]);
        let said = run(command, LIMIT)?.success()?;
        read(&said).ok_or_else(|| Error::failed(format!("the load generator said {said}")))
    }
}

fn read(said: &str) -> Option<Sample> {
    let value: Value = serde_json::from_str(said).ok()?;
    let number = |name: &str| value.get(name)?.as_f64();
    Some(Sample {
        requests_per_second: number("requests_per_second")?,
        cpu_us: number("server_cpu_us_per_request")?,
        p50_us: number("p50_us")?,
        p99_us: number("p99_us")?,
        server_share: number("server_cpu_share")?,
        load_share: number("load_cpu_share")?,
        load_cpu_us: number("load_cpu_us_per_request")?,
        requests: value.get("requests")?.as_u64()?,
        fresh_keys: value.get("fresh_keys")?.as_u64()?,
        seconds: number("seconds")?,
    })
}
