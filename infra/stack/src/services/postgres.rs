//! PostgreSQL: durable like in production (the origin refuses to start otherwise), TCP on loopback only.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use super::{Describe, Place, READY_LIMIT, user};
use crate::error::{Context, Result};
use crate::ports;
use crate::proc::{Cmd, Process, run};
use crate::tools;
use crate::wait::Probe;

const INITDB_LIMIT: Duration = Duration::from_secs(60);
/// Some hundred megabytes at most.
const COPY_LIMIT: Duration = Duration::from_secs(120);
const STATEMENT_LIMIT: Duration = Duration::from_secs(60);
const SUPERUSER: &str = "postgres";
/// Test processes run side by side, each with pools of its own.
const MAX_CONNECTIONS: &str = "max_connections=300";

pub struct Postgres {
    pub(super) process: Process,
    tool: tools::Postgres,
    owner: Option<&'static str>,
    name: String,
    cluster: PathBuf,
    logs: PathBuf,
    echo: bool,
    port: u16,
}

impl Postgres {
    pub(super) fn start(tool: &tools::Postgres, owner: Option<&'static str>, place: &Place) -> Result<Self> {
        let cluster = place.data.join("cluster");
        if !cluster.join("PG_VERSION").exists() {
            // --no-sync is about this one command: the server itself syncs. Checksums, so that a primary of yesterday can be rewound.
            let initdb = program(tool, owner, "initdb", &place.data);
            let initdb = initdb.args(["-A", "trust", "--no-sync", "-k", "-E", "UTF8", "--locale=C.UTF-8", "-U", SUPERUSER]);
            run(initdb.arg("-D").arg(&cluster), INITDB_LIMIT)?.success()?;
        }
        Self::serve(tool, owner, "postgres", cluster, place)
    }

    /// A copy of `primary` that follows it. It calls itself `standby`.
    pub fn standby_of(primary: &Self, place: &Place) -> Result<Self> {
        let cluster = place.data.join("cluster");
        let copy = program(&primary.tool, primary.owner, "pg_basebackup", &place.data).arg("-D").arg(&cluster);
        let copy = copy.args(["--no-sync", "-X", "stream", "-c", "fast", "-d", &primary.url("postgres")]);
        run(copy, COPY_LIMIT)?.success()?;
        primary.is_followed_by(&cluster)?;
        Self::serve(&primary.tool, primary.owner, "postgres-standby", cluster, place)
    }

    fn serve(tool: &tools::Postgres, owner: Option<&'static str>, name: &str, cluster: PathBuf, place: &Place) -> Result<Self> {
        let port = ports::free()?;
        let process = Process::start(name, server(tool, owner, &cluster, port), &place.logs, place.echo)?;
        let (tool, name, logs, echo) = (tool.clone(), name.to_owned(), place.logs.clone(), place.echo);
        let mut started = Self { process, tool, owner, name, cluster, logs, echo, port };
        started.wait_until_ready()?;
        Ok(started)
    }

    /// As a power cut ends it.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// Ends it well.
    pub fn stop(&mut self) {
        self.process.stop();
    }

    /// On its port and data, after it was stopped or killed.
    pub fn start_again(&mut self) -> Result<()> {
        let command = server(&self.tool, self.owner, &self.cluster, self.port);
        self.process = Process::start(&self.name, command, &self.logs, self.echo)?;
        self.wait_until_ready()
    }

    /// After it was killed: forgets what `primary` does not know, and follows it.
    pub fn follow(&mut self, primary: &Self) -> Result<()> {
        // Before that, PostgreSQL 15 takes a server that was just promoted for one of the old timeline, and rewinds nothing.
        primary.sql("postgres", "checkpoint")?;
        let rewind = program(&self.tool, self.owner, "pg_rewind", &self.cluster).arg("-D").arg(&self.cluster);
        // Its own recovery after the power cut comes first; the program runs that by itself.
        let rewind = rewind.args(["--no-sync", &format!("--source-server={}", primary.url("postgres"))]);
        run(rewind, COPY_LIMIT)?.success()?;
        primary.is_followed_by(&self.cluster)?;
        self.start_again()
    }

    /// Makes a stopped cluster a standby of this server.
    fn is_followed_by(&self, cluster: &Path) -> Result<()> {
        // A base backup copies no slots, and neither does a rewinding.
        self.sql(
            "postgres",
            "select pg_create_physical_replication_slot('standby')
             where not exists (select from pg_replication_slots where slot_name = 'standby')",
        )?;
        let line = format!(
            "\nprimary_conninfo = 'host=127.0.0.1 port={} user={SUPERUSER} application_name=standby'\nprimary_slot_name = 'standby'\n",
            self.port
        );
        let settings = cluster.join("postgresql.auto.conf");
        let mut text = std::fs::read_to_string(&settings).context(|| format!("reading {}", settings.display()))?;
        text.push_str(&line);
        for (file, text) in [(settings, text), (cluster.join("standby.signal"), String::new())] {
            std::fs::write(&file, text).context(|| format!("writing {}", file.display()))?;
            if let Some(owner) = self.owner {
                user::give(&file, owner)?;
            }
        }
        Ok(())
    }

    /// Removes all data of a stopped server.
    pub fn lose_everything(&mut self) -> Result<()> {
        self.process.kill()?;
        std::fs::remove_dir_all(&self.cluster).context(|| format!("removing {}", self.cluster.display()))
    }

    pub fn cluster(&self) -> &Path {
        &self.cluster
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn owner(&self) -> Option<&'static str> {
        self.owner
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

    pub fn sql_file(&self, database: &str, file: &Path) -> Result<String> {
        let psql = Cmd::new(self.tool.bin.join("psql")).envs(self.tool.env.iter().cloned());
        // One transaction a file, as sqlx applies it.
        let psql = psql.args(["-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-f"]).arg(file);
        run(psql, STATEMENT_LIMIT)?.success()
    }

    /// What an operator would run with `psql -f`: statements of which each is its own transaction.
    pub fn operator(&self, file: &Path) -> Result<String> {
        let psql = Cmd::new(self.tool.bin.join("psql")).envs(self.tool.env.iter().cloned());
        let psql = psql.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-d", &self.url("postgres"), "-f"]).arg(file);
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

fn program(tool: &tools::Postgres, owner: Option<&str>, name: &str, dir: &Path) -> Cmd {
    Cmd::new(tool.bin.join(name)).envs(tool.env.iter().cloned()).dir(dir).user(owner)
}

fn server(tool: &tools::Postgres, owner: Option<&str>, cluster: &Path, port: u16) -> Cmd {
    let dir = cluster.parent().unwrap_or(cluster);
    let mut server = program(tool, owner, "postgres", dir).arg("-D").arg(cluster).args(["-p", &port.to_string()]);
    // No Unix socket: its path would be too long for some clones, and nothing needs it.
    for setting in
        ["listen_addresses=127.0.0.1", "unix_socket_directories=", MAX_CONNECTIONS, "fsync=on", "synchronous_commit=on"]
    {
        server = server.args(["-c", setting]);
    }
    // SIGTERM would wait for clients to leave; SIGINT ends their sessions and shuts down cleanly.
    server.stop_signal(Signal::INT)
}

impl Describe for Postgres {
    fn describe(&self) -> String {
        self.url("postgres")
    }
}
