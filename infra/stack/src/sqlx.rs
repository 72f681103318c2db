//! The offline data of the queries that are checked at compile time: written by `prepare`, compared by `check`.
//!
//! sqlx's macros write one file a query into `SQLX_OFFLINE_DIR` while they compile against a live database. They
//! do not tell cargo that they depend on it, so the origin's root is touched to be compiled again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::cargo::{self, BUILD_LIMIT};
use crate::error::{Context, Error, Result};
use crate::proc::{guard, run_streaming};
use crate::services::{Services, Wanted};
use crate::term;
use crate::tools::Tools;
use crate::wait;
use crate::workspace::{Instance, Workspace};

const DATABASE: &str = "sqlx";

pub fn prepare(workspace: &Workspace) -> Result<()> {
    let made = describe_queries(workspace)?;
    let committed = workspace.root.join(".sqlx");
    let doing = || format!("writing {}", committed.display());
    fs::create_dir_all(&committed).context(doing)?;
    for name in query_files(&committed)?.keys() {
        fs::remove_file(committed.join(name)).context(doing)?;
    }
    for (name, content) in &made {
        fs::write(committed.join(name), content).context(doing)?;
    }
    term::line(&format!("  {} queries in {}", made.len(), committed.display()));
    Ok(())
}

pub fn check(workspace: &Workspace) -> Result<()> {
    let made = describe_queries(workspace)?;
    let committed = query_files(&workspace.root.join(".sqlx"))?;
    let differences = differences(&committed, &made);
    if differences.is_empty() {
        term::line(&format!("  {} queries, all as committed", made.len()));
        return Ok(());
    }
    Err(Error::failed(format!(
        "`.sqlx` is not what the queries need; run `cargo stack sqlx prepare`:\n{}",
        differences.join("\n")
    )))
}

type QueryFiles = BTreeMap<String, Vec<u8>>;

fn differences(committed: &QueryFiles, made: &QueryFiles) -> Vec<String> {
    let missing = made.keys().filter(|name| !committed.contains_key(*name)).map(|name| format!("  missing  {name}"));
    let unused = committed.keys().filter(|name| !made.contains_key(*name)).map(|name| format!("  unused   {name}"));
    let differs = |name: &&String| committed.get(*name).is_some_and(|kept| Some(kept) != made.get(*name));
    let differing = made.keys().filter(differs).map(|name| format!("  differs  {name}"));
    missing.chain(unused).chain(differing).collect()
}

/// Compiles the origin against a database made by its migrations and gives what the macros wrote.
fn describe_queries(workspace: &Workspace) -> Result<QueryFiles> {
    guard::start()?;
    let instance = Instance::throwaway(workspace, "sqlx")?;
    term::heading("Services");
    let services = Services::start(&instance, &Tools::new(workspace), &Wanted::default(), false)?;
    services.postgres.create_database_if_missing(DATABASE)?;
    let migrations = migrations(&workspace.root.join("origin/migrations"))?;
    for migration in &migrations {
        services.postgres.sql_file(DATABASE, migration)?;
    }

    term::heading("Queries");
    let started = wait::now();
    let into = instance.folder("queries")?;
    touch(&workspace.root.join("origin/src/lib.rs"))?;
    let command = cargo::cargo(workspace).args(["check", "-p", "origin", "--all-targets"]);
    let command = command.env("DATABASE_URL", services.postgres.url(DATABASE)).env("SQLX_OFFLINE", "false");
    run_streaming(command.env("SQLX_OFFLINE_DIR", &into), BUILD_LIMIT, &mut |_| {})?.success()?;
    let made = query_files(&into)?;
    term::done("origin", started.elapsed(), &format!("{} queries against {} migrations", made.len(), migrations.len()));
    drop(services);
    instance.remove()?;
    Ok(made)
}

/// In the order of their numbers, without the ways back.
fn migrations(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).context(|| format!("reading {}", dir.display()))?.flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| is_forward(path)).collect();
    files.sort();
    Ok(files)
}

fn is_forward(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".sql") && !name.ends_with(".down.sql")
}

fn query_files(dir: &Path) -> Result<QueryFiles> {
    let Ok(entries) = fs::read_dir(dir) else { return Ok(QueryFiles::new()) };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let names = names.filter(|name| name.starts_with("query-") && name.ends_with(".json"));
    let read = |name: String| {
        let path = dir.join(&name);
        Ok((name, fs::read(&path).context(|| format!("reading {}", path.display()))?))
    };
    names.map(read).collect()
}

fn touch(path: &Path) -> Result<()> {
    let doing = || format!("touching {}", path.display());
    File::options().append(true).open(path).context(doing)?.set_modified(wait::file_time()).context(doing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_every_kind_of_difference() {
        let files = |pairs: &[(&str, &str)]| -> QueryFiles {
            pairs.iter().map(|(name, content)| ((*name).to_owned(), content.as_bytes().to_vec())).collect()
        };
        let committed = files(&[("same", "1"), ("old", "1"), ("changed", "1")]);
        let made = files(&[("same", "1"), ("new", "1"), ("changed", "2")]);
        assert_eq!(differences(&committed, &made), ["  missing  new", "  unused   old", "  differs  changed"]);
    }

    #[test]
    fn goes_forward_only() {
        assert!(is_forward(Path::new("0001_editors.up.sql")) && is_forward(Path::new("0001_editors.sql")));
        assert!(!is_forward(Path::new("0001_editors.down.sql")) && !is_forward(Path::new("README.md")));
    }
}
