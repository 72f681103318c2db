//! PostgreSQL: durable like in production (the origin refuses to start otherwise), TCP on loopback only.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

use super::{Describe, Place, READY_LIMIT};
use crate::error::Result;
use crate::ports;
use crate::proc::{Cmd, Process, run};
use crate::tools;
use crate::wait::Probe;

const INITDB_LIMIT: Duration = Duration::from_secs(60);
const STATEMENT_LIMIT: Duration = Duration::from_secs(60);
const SUPERUSER: &str = "postgres";
/// Test processes run side by side, each with pools of its own.
const MAX_CONNECTIONS: &str = "max_connections=300";

pub struct Postgres {
    pub(super) process: Process,
    tool: tools::Postgres,
    port: u16,
}

impl Postgres {
    pub(super) fn start(tool: &tools::Postgres, owner: Option<&str>, place: &Place) -> Result<Self> {
        let program = |name: &str| Cmd::new(tool.bin.join(name)).envs(tool.env.iter().cloned()).dir(&place.data).user(owner);
        let cluster: PathBuf = place.data.join("cluster");
        if !cluster.join("PG_VERSION").exists() {
            // --no-sync is about this one command: the server itself syncs.
            let initdb = program("initdb").args(["-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-U", SUPERUSER]);
            run(initdb.arg("-D").arg(&cluster), INITDB_LIMIT)?.success()?;
        }
        let port = ports::free()?;
        let mut server = program("postgres").arg("-D").arg(&cluster).args(["-p", &port.to_string()]);
        // No Unix socket: its path would be too long for some clones, and nothing needs it.
        for setting in
            ["listen_addresses=127.0.0.1", "unix_socket_directories=", MAX_CONNECTIONS, "fsync=on", "synchronous_commit=on"]
        {
            server = server.args(["-c", setting]);
        }
        // SIGTERM would wait for clients to leave; SIGINT ends their sessions and shuts down cleanly.
        let process = Process::start("postgres", server.stop_signal(Signal::INT), &place.logs, place.echo)?;
        let mut started = Self { process, tool: tool.clone(), port };
        started.wait_until_ready()?;
        Ok(started)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let (tool, port) = (self.tool.clone(), self.port.to_string());
        self.process.until("PostgreSQL to accept connections", READY_LIMIT, || {
            let ask = Cmd::new(tool.bin.join("pg_isready")).envs(tool.env.iter().cloned());
            let answer = run(ask.args(["-q", "-h", "127.0.0.1", "-p", &port]), STATEMENT_LIMIT)?;
            Ok(if answer.status.success() { Probe::Done(()) } else { Probe::NotYet(format!("pg_isready: {}", answer.status)) })
        })
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL and gives the rows as lines, columns divided by `|`.
    pub fn sql(&self, database: &str, statements: &str) -> Result<String> {
        let psql = Cmd::new(self.tool.bin.join("psql")).envs(self.tool.env.iter().cloned());
        let psql = psql.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", statements]);
        run(psql, STATEMENT_LIMIT)?.success()
    }

    pub fn sql_file(&self, database: &str, file: &std::path::Path) -> Result<String> {
        let psql = Cmd::new(self.tool.bin.join("psql")).envs(self.tool.env.iter().cloned());
        // One transaction a file, as sqlx applies it.
        let psql = psql.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-f"]).arg(file);
        run(psql, STATEMENT_LIMIT)?.success()
    }

    pub fn create_database_if_missing(&self, name: &str) -> Result<()> {
        let there = self.sql("postgres", &format!("select 1 from pg_database where datname = '{name}'"))?;
        if there.trim().is_empty() {
            self.sql("postgres", &format!("create database {name}"))?;
        }
        Ok(())
    }
}

impl Describe for Postgres {
    fn describe(&self) -> String {
        self.url("postgres")
    }
}
