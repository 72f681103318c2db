//! The origin: migrated and seeded once, then served.

use std::path::Path;
use std::time::Duration;

use super::Account;
use crate::error::{Context, Result};
use crate::http::Call;
use crate::ports;
use crate::proc::{Cmd, Process, run};
use crate::services::{S3, Services};
use crate::term;
use crate::wait::{self, Probe};
use crate::workspace::Instance;

pub const DATABASE: &str = "reviews";
const MIGRATE_LIMIT: Duration = Duration::from_secs(60);
/// Six hundred sample reviews with pictures, in a debug build.
const SEED_LIMIT: Duration = Duration::from_secs(300);
const ADD_LIMIT: Duration = Duration::from_secs(30);
const READY_LIMIT: Duration = Duration::from_secs(30);

pub struct Origin {
    pub process: Process,
    pub url: String,
    pub admin_url: String,
    pub port: u16,
}

pub struct Setting<'a> {
    pub services: &'a Services,
    pub instance: &'a Instance,
    pub token: &'a str,
    pub media_base: &'a str,
    pub echo: bool,
    /// Whether it begins with the sample reviews; they take a while.
    pub sample: bool,
    /// What edges and editors reach it by.
    pub address: &'a str,
    /// Those whose word on a reader's address is believed: the edges.
    pub trusted: &'a [String],
    /// Where another one listened before it.
    pub port: Option<u16>,
    /// Further settings, and others than the services' own.
    pub env: &'a [(String, String)],
}

impl Origin {
    pub fn start(binary: &Path, setting: &Setting<'_>) -> Result<(Self, Account)> {
        let (port, admin_port) = (setting.port.map_or_else(ports::free, Ok)?, ports::free()?);
        let environment = environment(setting, port, admin_port)?;
        let command = || Cmd::new(binary).only_this_env().envs(environment.iter().cloned());

        timed("origin migrate", || run(command().arg("migrate"), MIGRATE_LIMIT)?.success())?;
        let account = if setting.sample { seeded_with_account(&command, setting.instance)? } else { Account::new()? };

        let started = wait::now();
        let process = Process::start("origin", command().arg("serve"), &setting.instance.logs(), setting.echo)?;
        let (url, admin_url) = (format!("http://{}:{port}", setting.address), format!("http://127.0.0.1:{admin_port}"));
        let mut origin = Self { process, url, admin_url, port };
        let ready = format!("{}/readyz", origin.admin_url);
        origin.process.until("the origin to be ready", READY_LIMIT, || probe(&ready))?;
        term::done("origin", started.elapsed(), &origin.url);
        Ok((origin, account))
    }
}

/// The program with these words, to its end.
pub fn command(binary: &Path, setting: &Setting<'_>, words: &[&str]) -> Result<String> {
    // What it would listen on does not matter: it does not serve.
    let environment = environment(setting, 0, 1)?;
    run(Cmd::new(binary).only_this_env().envs(environment).args(words), SEED_LIMIT)?.success()
}

/// Seeds an empty database and adds the account, once.
fn seeded_with_account(command: &dyn Fn() -> Cmd, instance: &Instance) -> Result<Account> {
    let file = instance.dir.join("account.json");
    if let Some(account) = Account::load(&file)? {
        return Ok(account);
    }
    timed("origin seed", || run(command().arg("seed"), SEED_LIMIT)?.success())?;
    let account = Account::new()?;
    let add = command().args(["editor", "add", "--email", &account.email, "--name", &account.name, "--slug", &account.slug]);
    let add = add.args(["--role", "admin", "--password-stdin"]).stdin(format!("{}\n", account.password));
    timed("origin editor", || run(add, ADD_LIMIT)?.success())?;
    account.save(&file)?;
    Ok(account)
}

/// Everything the origin is told, and nothing else.
fn environment(setting: &Setting<'_>, port: u16, admin_port: u16) -> Result<Vec<(String, String)>> {
    let services = setting.services;
    let mut pairs = vec![
        ("ORIGIN_LISTEN", format!("{}:{port}", setting.address)),
        ("ORIGIN_ADMIN_LISTEN", format!("127.0.0.1:{admin_port}")),
        ("DATABASE_URL", services.postgres.url(DATABASE)),
        ("MANUSCRIPTS_URL", services.mongo.as_ref().map_or_else(|| "postgres:".into(), |mongo| mongo.url(DATABASE))),
        ("PHOTOS_URL", services.s3.as_ref().map_or_else(|| folder_url(setting.instance), |s3| Ok(s3.photos_url()))?),
        ("MEDIA_BASE_URL", setting.media_base.to_owned()),
        ("EDGE_TOKENS", setting.token.to_owned()),
        ("ORIGIN_TRUSTED_PROXIES", setting.trusted.join(",")),
    ];
    if let Some(cloudfront) = &services.cloudfront {
        pairs.push(("CLOUDFRONT_DISTRIBUTION_ID", cloudfront.distribution.clone()));
        pairs.push(("CLOUDFRONT_ENDPOINT", cloudfront.endpoint()));
        // Short, so that what the worker does can be watched.
        pairs.push(("CLOUDFRONT_WINDOW_MS", "1000".to_owned()));
    }
    let mut pairs: Vec<(String, String)> = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    pairs.extend(services.s3.iter().flat_map(S3::credentials));
    pairs.extend(passed_through());
    pairs.extend(setting.env.iter().cloned());
    Ok(pairs)
}

fn folder_url(instance: &Instance) -> Result<String> {
    let dir = instance.folder("photographs")?;
    let dir = dir.canonicalize().context(|| format!("following {}", dir.display()))?;
    Ok(format!("file://{}", dir.display()))
}

/// What a person at the terminal may turn on for both programs.
pub(super) fn passed_through() -> Option<(String, String)> {
    std::env::var("RUST_LOG").ok().map(|filter| ("RUST_LOG".into(), filter))
}

pub(super) fn probe(url: &str) -> Result<Probe<()>> {
    Ok(match Call::get(url).send() {
        Ok(answer) if answer.status == 200 => Probe::Done(()),
        Ok(answer) => Probe::NotYet(answer.summary()),
        Err(error) => Probe::NotYet(error.to_string()),
    })
}

fn timed(what: &str, action: impl FnOnce() -> Result<String>) -> Result<()> {
    let started = wait::now();
    let said = action()?;
    term::done(what, started.elapsed(), said.trim().lines().last().unwrap_or_default());
    Ok(())
}
