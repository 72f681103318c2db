//! pgBackRest, which archives PostgreSQL: for `cargo stack drill backup-restore`.

use super::{Peer, Program, Tools, debian};
use crate::error::Result;
use crate::proc::command::find_program;
use crate::services::user;

const PGBACKREST: Peer = Peer { package: "pgbackrest", binary: "usr/bin/pgbackrest", libraries: None };

impl Tools {
    /// Root installs the package, as it does PostgreSQL's, whose user runs it and may not walk into the clone; it starts no
    /// service. An ordinary user unpacks it.
    pub fn pgbackrest(&self) -> Result<Program> {
        if let Some(path) = find_program("pgbackrest") {
            return Ok(Program { path, env: Vec::new() });
        }
        if user::is_root() {
            debian::install(PGBACKREST.package)?;
            if let Some(path) = find_program("pgbackrest") {
                return Ok(Program { path, env: Vec::new() });
            }
        }
        self.unpacked(&PGBACKREST)
    }
}
