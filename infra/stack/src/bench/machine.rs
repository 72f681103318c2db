//! What it was measured on.

use std::fs;

use serde_json::{Value, json};

use super::servers::{Kind, version};
use crate::error::{Error, Result};
use crate::tools::Tools;
use crate::wait;

pub struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    preferred: bool,
    pub versions: Vec<(Kind, String)>,
}

/// This machine in a sentence, and its cores.
pub fn here() -> (String, usize) {
    (format!("{}, Linux {}", processor(), kernel()), cores())
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn processor() -> String {
    let cpuinfo = read("/proc/cpuinfo");
    let name = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or("unknown", |(_, name)| name.trim()).to_owned()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn kernel() -> String {
    read("/proc/sys/kernel/osrelease").trim().to_owned()
}

impl Machine {
    /// Fetches what is missing of the servers, to ask each for its version.
    pub fn look(tools: &Tools, preferred: bool) -> Result<Self> {
        let (processor, cores) = (processor(), cores());
        if cores < 2 {
            return Err(Error::failed("the benchmark needs two cores: one for servers, one for the load"));
        }
        Ok(Self {
            processor,
            cores,
            kernel: kernel(),
            preferred,
            versions: Kind::ALL.into_iter().map(|kind| Ok((kind, version(kind, tools)?))).collect::<Result<_>>()?,
        })
    }

    pub fn version(&self, kind: Kind) -> &str {
        self.versions.iter().find(|(known, _)| *known == kind).map_or("", |(_, version)| version)
    }

    pub fn sentence(&self) -> String {
        format!("{} ({} cores), Linux {}", self.processor, self.cores, self.kernel)
    }

    pub fn json(&self) -> Value {
        json!({
            "processor": self.processor,
            "cores": self.cores,
            "kernel": self.kernel,
            "at": wait::wall_clock().to_string(),
            "load_average": fs::read_to_string("/proc/loadavg").unwrap_or_default().trim(),
            "scheduler_prefers_us": self.preferred,
            "versions": self.versions.iter().map(|(kind, version)| (kind.name().to_owned(), json!(version))).collect::<serde_json::Map<_, _>>(),
        })
    }
}
