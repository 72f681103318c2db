//! A rolling restart: the runner holds the listening socket, as systemd would, and hands it to one edge after the
//! other while k6 reads through it. Not one request may fail.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::cargo::Binaries;
use crate::error::{Context, Error, Result};
use crate::ports;
use crate::proc::{Cmd, run as run_to_end};
use crate::random;
use crate::services::{Services, Wanted};
use crate::system::edge::{Edge, Setting};
use crate::system::origin::{self, Origin};
use crate::term;
use crate::tools::Tools;
use crate::workspace::{Instance, Workspace};

const RESTARTS: usize = 3;
/// k6 reads this long; the restarts are spread over it.
const LOAD_SECONDS: u64 = 15;
const BETWEEN_RESTARTS: Duration = Duration::from_secs(3);
const K6_LIMIT: Duration = Duration::from_secs(90);
const SCRIPT: &str = "loadtests/rolling-restart.js";

pub fn run(workspace: &Workspace, binaries: &Binaries) -> Result<()> {
    let instance = Instance::throwaway(workspace, "restart")?;
    let tools = Tools::new(workspace);
    let k6 = tools.k6()?;
    term::heading("Rolling restart");
    let services = Services::start(&instance, &tools, &Wanted::default(), false)?;
    let token = random::token()?;
    let port = ports::free()?;
    let address = format!("127.0.0.1:{port}");
    let socket = TcpListener::bind(&address).context(|| format!("listening on {address}"))?;
    let media_base = format!("http://{address}");
    let media = media_base.as_str();
    let place = origin::Setting {
        services: &services,
        instance: &instance,
        token: &token,
        media_base: media,
        echo: false,
        sample: false,
        address: "127.0.0.1",
        trusted: &["127.0.0.1".to_owned()],
        port: None,
        env: &[],
    };
    services.postgres.create_database_if_missing(origin::DATABASE)?;
    let (origin, _) = Origin::start(&binaries.origin, &place)?;
    let start = |region: &str| {
        let (token, origin) = (token.as_str(), origin.url.as_str());
        let setting = Setting {
            region,
            address: "127.0.0.1",
            port,
            token,
            origin,
            redis: None,
            logs: instance.logs(),
            echo: false,
            tls: None,
            prefetches: false,
            socket: Some(&socket),
            env: &[],
        };
        Edge::start(&binaries.edge, &setting)
    };

    let mut serving = start("first")?;
    let load = Cmd::new(&k6.path)
        .args(["run", "--quiet", "--no-usage-report", "-e", &format!("BASE_URL={media_base}")])
        .args(["-e", &format!("SECONDS={LOAD_SECONDS}"), SCRIPT])
        .dir(&workspace.root)
        .envs(k6.env.iter().cloned());
    let finished = thread::scope(|scope| {
        let loading = scope.spawn(|| run_to_end(load, K6_LIMIT));
        for number in 1..=RESTARTS {
            thread::sleep(BETWEEN_RESTARTS);
            let next = start(&format!("restart-{number}"))?;
            std::mem::replace(&mut serving, next).process.stop_by_itself()?;
        }
        loading.join().unwrap_or_else(|_| Err(Error::failed("the thread that runs k6 panicked")))
    })?;

    let complaints = finished.stderr.clone();
    let said = finished.success()?;
    let summary: Value = serde_json::from_str(said.trim().lines().last().unwrap_or_default()).unwrap_or_default();
    match (summary["requests"].as_u64(), summary["broken"].as_u64()) {
        (Some(requests), Some(0)) if requests > 0 => {
            term::line(&format!("  {} {RESTARTS} restarts, {requests} requests, none broken", term::paint(term::GREEN, "✓")));
        }
        _ => return Err(Error::failed(format!("k6 counted {summary}: {complaints}"))),
    }
    drop((serving, origin, services));
    instance.remove()
}
