//! PostgreSQL's folder of programs.

use std::fs;
use std::path::{Path, PathBuf};

use super::{debian, fetch_into};
use crate::error::{Error, Result};
use crate::proc::command::{find_program, is_executable};
use crate::services::user;

/// Below this the migrations are not tested.
const OLDEST: u32 = 15;
const PACKAGE: &str = "postgresql";

#[derive(Clone, Debug)]
pub struct Postgres {
    pub bin: PathBuf,
    pub env: Vec<(String, String)>,
}

/// The newest of Debian's, else the one in `PATH`. `STACK_POSTGRES_BIN` names another folder of programs.
pub(super) fn find() -> Option<Postgres> {
    if let Some(bin) = std::env::var_os("STACK_POSTGRES_BIN") {
        return Some(Postgres { bin: bin.into(), env: Vec::new() });
    }
    let in_path = || Some(find_program("postgres")?.canonicalize().ok()?.parent()?.to_owned());
    let bin = newest_below(Path::new("/usr/lib/postgresql")).or_else(|| in_path().filter(|bin| complete(bin)))?;
    Some(Postgres { bin, env: Vec::new() })
}

pub(super) fn fetched(tools: &Path) -> Option<Postgres> {
    let home = tools.join(format!("postgresql-{}", debian::release().ok()?));
    let bin = newest_below(&home.join("usr/lib/postgresql"))?;
    Some(Postgres { bin, env: debian::library_path(&home) })
}

/// Root installs the package; an ordinary user unpacks it.
pub(super) fn fetch(tools: &Path) -> Result<Postgres> {
    let how = "install Debian's postgresql, or name its folder of programs in STACK_POSTGRES_BIN";
    let missing = || Error::Missing { what: "PostgreSQL".into(), how: how.into() };
    if user::is_root() {
        debian::install(PACKAGE)?;
        return find().ok_or_else(missing);
    }
    if let Some(found) = fetched(tools) {
        return Ok(found);
    }
    let home = tools.join(format!("postgresql-{}", debian::release()?));
    fetch_into(&home, "postgresql", |dir| debian::unpack(&[PACKAGE], dir))?;
    fetched(tools).ok_or_else(missing)
}

fn newest_below(dir: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(dir).ok()?.flatten();
    let versions = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut versions: Vec<u32> = versions.filter(|version| *version >= OLDEST).collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|version| dir.join(version.to_string()).join("bin")).find(|bin| complete(bin))
}

fn complete(bin: &Path) -> bool {
    ["postgres", "initdb", "psql", "pg_isready"].iter().all(|program| is_executable(&bin.join(program)))
}
