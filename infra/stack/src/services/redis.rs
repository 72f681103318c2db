//! Redis as a regional cache: nothing to keep, bounded memory.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Describe, Place, READY_LIMIT};
use crate::error::{Context, Error, Result};
use crate::ports;
use crate::proc::{Cmd, Process};
use crate::tools::Program;
use crate::wait::Probe;

const ANSWER_LIMIT: Duration = Duration::from_secs(2);

pub struct Redis {
    pub(super) process: Process,
    pub name: String,
    port: u16,
    program: Program,
}

impl Redis {
    pub(super) fn start(tool: &Program, name: &str, place: &Place) -> Result<Self> {
        let port = ports::free()?;
        let server = Cmd::new(&tool.path).envs(tool.env.iter().cloned()).dir(&place.data);
        let server = server.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
        let server = server.args(["--maxmemory", "128mb", "--maxmemory-policy", "allkeys-lru"]);
        let process = Process::start(&format!("redis-{name}"), server, &place.logs, place.echo)?;
        let mut started = Self { process, name: name.to_owned(), port, program: tool.clone() };
        started.process.until("Redis to answer PING", READY_LIMIT, || {
            Ok(match ask(port, "PING") {
                Ok(answer) if answer == "+PONG" => Probe::Done(()),
                Ok(other) => Probe::NotYet(other),
                Err(error) => Probe::NotYet(error.to_string()),
            })
        })?;
        Ok(started)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// For tests that start and kill servers of their own.
    pub fn server_environment(&self) -> Vec<(String, String)> {
        let mut pairs = vec![("REDIS_SERVER_BIN".to_owned(), self.program.path.display().to_string())];
        pairs.extend(self.program.env.iter().map(|(name, value)| (format!("REDIS_SERVER_{name}"), value.clone())));
        pairs
    }

    pub fn entries(&self) -> Result<u64> {
        let answer = ask(self.port, "DBSIZE")?;
        let count = answer.strip_prefix(':').and_then(|digits| digits.parse().ok());
        count.ok_or_else(|| Error::failed(format!("redis-{} answered DBSIZE with {answer}", self.name)))
    }
}

/// One inline command, one line of answer.
fn ask(port: u16, command: &str) -> Result<String> {
    let doing = || format!("asking Redis for {command}");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context(doing)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT)).context(doing)?;
    stream.write_all(format!("{command}\r\n").as_bytes()).context(doing)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).context(doing)?;
    Ok(line.trim_end().to_owned())
}

impl Describe for Redis {
    fn describe(&self) -> String {
        self.url()
    }
}
