//! PostgreSQL and MongoDB start with the very files that production has, and let in whom these name and nobody else. What differs is
//! given on the command line: places, ports, certificates, and that nothing is archived.

use std::fs;
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;

use super::{Ground, TOOL_LIMIT, on_the_machine};
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, Process, run};
use crate::services::{answers_in_the_clear, user};
use crate::system::Certificate;
use crate::wait::Probe;
use crate::{ports, random, tools};

const READY_LIMIT: Duration = Duration::from_secs(60);
const ADDRESS: &str = "127.0.0.1";
const SETTINGS: [&str; 2] = ["both.conf", "tls.conf"];
const WHO_MAY: &str = "pg_hba.conf";

pub fn check(ground: &Ground) -> Result<String> {
    Ok(format!("{}; {}", postgres(ground)?, mongodb(ground)?))
}

fn postgres(ground: &Ground) -> Result<String> {
    let (tool, owner) = (ground.tools.postgres()?, user::for_postgres());
    let dir = user::data_folder(&ground.instance, "postgres", owner)?;
    let (cluster, source) = (dir.join("cluster"), ground.infra.join("postgres"));
    let program = |name: &str| Cmd::new(tool.bin.join(name)).envs(tool.env.iter().cloned()).dir(&dir).user(owner);
    let initdb = program("initdb").args(["-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres"]);
    run(initdb.arg("-D").arg(&cluster), TOOL_LIMIT)?.success()?;
    // The operator's own statements. On the machine `\password` follows them.
    let password = random::token()?;
    let roles = ["origin", "origin_b", "standby"];
    let passwords = roles.map(|role| format!("ALTER ROLE {role} LOGIN PASSWORD '{password}';\n")).concat();
    // Some settings are shown to few; here the origin is to see them all.
    let roles = ground.read(&source.join("roles.sql"))? + &passwords + "GRANT pg_read_all_settings TO origin;\n";
    let alone = program("postgres").arg("--single").arg("-D").arg(&cluster).arg("postgres").stdin(roles);
    run(alone, TOOL_LIMIT)?.success()?;

    let mut included = ground.read(&cluster.join("postgresql.conf"))?;
    let mut names = Vec::new();
    for file in SETTINGS {
        let text = ground.read(&source.join(file))?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        names.extend(lines.filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned())));
        included.push_str(&format!("include '{}'\n", placed(&dir, file, &text, owner)?.display()));
    }
    placed(&cluster, "postgresql.conf", &included, owner)?;
    let who_may = placed(&dir, WHO_MAY, &ground.read(&source.join(WHO_MAY))?, owner)?;
    let certificate = Certificate::make(&dir, "postgres", ADDRESS)?;
    if let Some(owner) = owner {
        user::give(&certificate.key, owner)?;
    }
    let port = ports::free()?.to_string();
    let mut server = program("postgres").arg("-D").arg(&cluster).args(["-p", &port]).stop_signal(Signal::INT);
    for (name, value) in [
        ("hba_file", who_may.display().to_string()),
        ("ssl_cert_file", certificate.cert.display().to_string()),
        ("ssl_key_file", certificate.key.display().to_string()),
        ("unix_socket_directories", String::new()),
        ("archive_command", "true".to_owned()),
    ] {
        server = server.args(["-c", &format!("{name}={value}")]);
    }
    let mut process = Process::start("postgres-as-configured", server, &ground.instance.logs(), false)?;
    let ask = |who: &str, password: &str, sql: &str| psql(&tool, &format!("port={port} {who}"), password, sql);
    let origin = format!("host={ADDRESS} user=origin dbname=reviews");
    process.until("PostgreSQL to let the origin in", READY_LIMIT, || {
        Ok(ask(&origin, &password, "select 1").map_or_else(|error| Probe::NotYet(error.to_string()), Probe::Done))
    })?;
    let list = names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let taken =
        format!("select name from pg_settings where name in ({list}) and source in ('configuration file', 'command line')");
    let taken = ask(&origin, &password, &taken)?;
    let not_taken: Vec<_> = names.iter().filter(|name| !taken.lines().any(|line| line == **name)).collect();
    if !not_taken.is_empty() {
        return Err(Error::failed(format!("PostgreSQL took {SETTINGS:?}, but not {not_taken:?}")));
    }
    let other = format!("host={ADDRESS} user=origin_b dbname=reviews");
    if ask(&other, &password, "select current_user")?.trim() != "origin" {
        return Err(Error::failed("the origin's other login does not act as the first"));
    }
    let logins = logins(&origin);
    for (who, right, enters) in &logins {
        let entered = ask(who, if *right { &password } else { "another" }, "select 1");
        if entered.is_ok() != *enters {
            let whose = if *right { "its" } else { "another" };
            return Err(Error::failed(format!("`{who}` with {whose} password: expected {enters}, found {entered:?}")));
        }
    }
    Ok(format!("PostgreSQL took {} settings and judged {} logins as it must", names.len(), logins.len()))
}

/// Who, with the right password or another, and whether that opens.
fn logins(origin: &str) -> Vec<(String, bool, bool)> {
    let mut logins = vec![
        (origin.to_owned(), true, true),
        (origin.to_owned(), false, false),
        (format!("host={ADDRESS} user=origin dbname=postgres"), true, false),
        (format!("host={ADDRESS} user=postgres dbname=postgres"), true, false),
        (format!("host={ADDRESS} user=standby dbname=postgres sslmode=require"), true, false),
    ];
    // The machines have no other addresses than these. Where a laptop has none, they cannot be tried.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let standby = "host=::1 user=standby dbname=postgres";
        logins.push((format!("{standby} sslmode=require"), true, true));
        logins.push((format!("{standby} sslmode=require"), false, false));
        logins.push((format!("{standby} sslmode=disable"), true, false));
        logins.push(("host=::1 user=origin dbname=reviews sslmode=require".to_owned(), true, false));
    }
    logins
}

fn psql(tool: &tools::Postgres, who: &str, password: &str, sql: &str) -> Result<String> {
    let psql = Cmd::new(tool.bin.join("psql")).envs(tool.env.iter().cloned()).env("PGPASSWORD", password);
    run(psql.args(["-X", "-q", "-t", "-A", "-w", "-d", who, "-c", sql]), TOOL_LIMIT)?.success()
}

fn mongodb(ground: &Ground) -> Result<String> {
    let tool = ground.tool("mongod", ground.tools.mongod())?;
    let openssl = on_the_machine("openssl", "Debian package openssl")?;
    let dir = ground.instance.folder("mongodb")?;
    let data = ground.instance.folder("mongodb/data")?;
    let certificate = Certificate::make(&dir, "mongodb", ADDRESS)?;
    let together = certificate.together(dir.join("tls.pem"))?;
    let key = placed(&dir, "keyfile", &random::token()?, None)?;
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).context(|| format!("keeping {} to oneself", key.display()))?;
    let port = ports::free()?;
    let server =
        Cmd::new(&tool.path).envs(tool.env.iter().cloned()).arg("--config").arg(ground.infra.join("mongodb/mongod.conf"));
    let server = server.arg("--dbpath").arg(&data).args(["--port", &port.to_string()]);
    let server = server.arg("--tlsCertificateKeyFile").arg(&together).arg("--tlsCAFile").arg(&certificate.cert);
    let name = "mongodb-as-configured";
    let mut process = Process::start(name, server.arg("--keyFile").arg(&key), &ground.instance.logs(), false)?;
    let address = format!("{ADDRESS}:{port}");
    process.until("MongoDB to speak TLS", READY_LIMIT, || {
        let hello = Cmd::new(&openssl).args(["s_client", "-brief", "-verify_return_error", "-connect", &address]);
        let hello = run(hello.arg("-CAfile").arg(&certificate.cert).stdin(""), TOOL_LIMIT)?;
        Ok(hello.success().map_or_else(|error| Probe::NotYet(error.to_string()), Probe::Done))
    })?;
    if answers_in_the_clear(port) {
        return Err(Error::failed("MongoDB answered somebody who came without TLS"));
    }
    process.still_running()?;
    Ok("MongoDB speaks TLS and nothing else".to_owned())
}

/// A file for whoever runs the server.
fn placed(dir: &Path, name: &str, text: &str, owner: Option<&str>) -> Result<PathBuf> {
    let path = dir.join(name);
    fs::write(&path, text).context(|| format!("writing {}", path.display()))?;
    if let Some(owner) = owner {
        user::give(&path, owner)?;
    }
    Ok(path)
}
