//! Replication, by the operator's own files in `infra/postgres`.

use std::fs;
use std::time::Duration;

use super::Drill;
use crate::error::{Context, Error, Result};
use crate::services::Postgres;
use crate::wait::{self, Probe};

const STREAM_LIMIT: Duration = Duration::from_secs(60);

impl Drill<'_> {
    /// `infra/postgres/<file>` at this server.
    pub(super) fn operator(&self, server: &Postgres, file: &str) -> Result<()> {
        server.operator(&self.workspace.root.join("infra/postgres").join(file)).map(drop)
    }

    /// Gives the server these settings of `infra/postgres/both.conf`.
    pub(super) fn as_in_production(&self, server: &Postgres, names: &[&str]) -> Result<()> {
        let file = self.workspace.root.join("infra/postgres/both.conf");
        let text = fs::read_to_string(&file).context(|| format!("reading {}", file.display()))?;
        for name in names {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='));
            let value = value.ok_or_else(|| Error::failed(format!("{} does not set {name}", file.display())))?.trim();
            server.sql("postgres", &format!("alter system set {name} = '{value}'"))?;
        }
        server.sql("postgres", "select pg_reload_conf()").map(drop)
    }

    /// From here on no write is acknowledged that the standby has not on disk. Says how it stands.
    pub(super) fn synchronous(&self, primary: &Postgres) -> Result<String> {
        reaches_state(primary, &["async", "sync"])?;
        self.operator(primary, "standby-back.sql")?;
        reaches_state(primary, &["sync"])
    }
}

fn reaches_state(primary: &Postgres, wanted: &[&str]) -> Result<String> {
    let ask = "select sync_state, pg_size_pretty(pg_database_size('reviews')) from pg_stat_replication
               where application_name = 'standby' and state = 'streaming'";
    wait::until("the standby to stream", STREAM_LIMIT, || {
        let said = primary.sql("postgres", ask)?;
        let (state, size) = said.trim().split_once('|').unwrap_or_default();
        Ok(if wanted.contains(&state) {
            Probe::Done(format!("{size}, {state}"))
        } else {
            Probe::NotYet(format!("“{}”", said.trim()))
        })
    })
}
