//! The servers under test, each started the same way: on a private port, on the core of servers, in front of the
//! same upstream, with its data on tmpfs.

mod edge;
mod floors;
mod haproxy;
mod nginx;
mod trafficserver;
mod varnish;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use edge::{WORKERS, knows, settings};

use crate::cargo::BenchBinaries;
use crate::error::{Context, Error, Result};
use crate::http::Call;
use crate::ports;
use crate::proc::command::find_program;
use crate::proc::{Cmd, Process, run};
use crate::tools::{Program, Tools};
use crate::wait::Probe;

/// Varnish compiles its VCL first, and Traffic Server lays out its cache.
const READY_LIMIT: Duration = Duration::from_secs(60);
const VERSION_LIMIT: Duration = Duration::from_secs(20);
/// Asked for to see that a server answers; no scenario asks for it.
const PROBE_PATH: &str = "/o/1024/99999999";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Edge,
    Nginx,
    HaProxy,
    Varnish,
    TrafficServer,
    FloorHyper,
    FloorBare,
}

impl Kind {
    pub const ALL: [Self; 7] =
        [Self::Edge, Self::Nginx, Self::HaProxy, Self::Varnish, Self::TrafficServer, Self::FloorHyper, Self::FloorBare];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Nginx => "nginx",
            Self::HaProxy => "haproxy",
            Self::Varnish => "varnish",
            Self::TrafficServer => "trafficserver",
            Self::FloorHyper => "floor-hyper",
            Self::FloorBare => "floor-bare",
        }
    }

    pub const fn is_floor(self) -> bool {
        matches!(self, Self::FloorHyper | Self::FloorBare)
    }
}

/// Where servers run and what they need.
pub struct Place<'a> {
    pub tools: &'a Tools,
    pub binaries: &'a BenchBinaries,
    pub logs: PathBuf,
    /// On tmpfs where there is one.
    pub data: &'a Path,
    pub upstream: u16,
    /// Which cores the server may use, as `taskset` takes them.
    pub cores: &'a str,
    /// Of the floors' bodies.
    pub bytes: usize,
    /// Bodies that the bare floor keeps, one for each page.
    pub floor_pages: u32,
    /// Of the edge.
    pub edge_env: Vec<(String, String)>,
}

impl Place<'_> {
    /// A new folder for one server's data.
    fn folder(&self, name: &str) -> Result<PathBuf> {
        let dir = self.data.join(name);
        fs::create_dir_all(&dir).context(|| format!("creating {}", dir.display()))?;
        Ok(dir)
    }

    /// A configuration with its holes filled.
    fn configuration(&self, path: &Path, template: &str, holes: &[(&str, &str)]) -> Result<()> {
        let upstream = self.upstream.to_string();
        let text = holes.iter().fold(template.replace("{upstream}", &upstream), |text, (hole, value)| text.replace(hole, value));
        fs::write(path, text).context(|| format!("writing {}", path.display()))
    }

    /// `taskset` becomes the program, so that the process measured is the server.
    fn pinned(&self, program: &Path) -> Cmd {
        Cmd::new("taskset").args(["-c", self.cores]).arg(program)
    }
}

pub struct Server {
    pub kind: Kind,
    pub port: u16,
    pub process: Process,
    /// The edge's, for purging.
    pub admin_port: Option<u16>,
}

impl Server {
    pub fn start(kind: Kind, place: &Place<'_>) -> Result<Self> {
        let port = ports::free()?;
        let admin_port = if kind == Kind::Edge { Some(ports::free()?) } else { None };
        let command = match kind {
            Kind::Edge => edge::command(place, port, admin_port),
            Kind::Nginx => nginx::command(place, port)?,
            Kind::HaProxy => haproxy::command(place, port)?,
            Kind::Varnish => varnish::command(place, port)?,
            Kind::TrafficServer => trafficserver::command(place, port)?,
            Kind::FloorHyper => floors::command(place, &place.binaries.floor_hyper, port),
            Kind::FloorBare => {
                floors::command(place, &place.binaries.floor_bare, port).args(["--pages", &place.floor_pages.to_string()])
            }
        };
        let name = format!("{}-{port}", kind.name());
        let mut process = Process::start(&name, command, &place.logs, false)?;
        let url = format!("http://127.0.0.1:{port}{PROBE_PATH}");
        process.until(&format!("{} to answer", kind.name()), READY_LIMIT, || {
            Ok(match Call::get(&url).send() {
                Ok(answer) if answer.status == 200 => Probe::Done(()),
                Ok(answer) => Probe::NotYet(answer.summary()),
                Err(error) => Probe::NotYet(error.to_string()),
            })
        })?;
        Ok(Self { kind, port, process, admin_port })
    }
}

/// Starts what all servers stand in front of. It shares the core of the load: in a run of hits it has nothing to do.
pub fn start_upstream(place: &Place<'_>, cores: &str) -> Result<Process> {
    let address = format!("127.0.0.1:{}", place.upstream);
    let command = Cmd::new("taskset").args(["-c", cores]).arg(&place.binaries.upstream).args(["--listen", &address]);
    let mut process = Process::start("upstream", command, &place.logs, false)?;
    process.until("the upstream to answer", READY_LIMIT, || {
        Ok(match pages_served(place.upstream) {
            Ok(_) => Probe::Done(()),
            Err(error) => Probe::NotYet(error.to_string()),
        })
    })?;
    Ok(process)
}

/// How many pages the upstream has been asked for.
pub fn pages_served(upstream: u16) -> Result<u64> {
    let answer = Call::get(format!("http://127.0.0.1:{upstream}/bench/count")).send()?.expect(200)?;
    answer.text().trim().parse().map_err(|_| Error::failed(answer.summary()))
}

/// What a server says of its own version, for the record.
pub fn version(kind: Kind, tools: &Tools) -> Result<String> {
    let (package, flag) = match kind {
        Kind::Nginx => ("nginx", "-v"),
        Kind::HaProxy => ("haproxy", "-v"),
        Kind::Varnish => ("varnish", "-V"),
        Kind::TrafficServer => ("trafficserver", "-V"),
        Kind::Edge | Kind::FloorHyper | Kind::FloorBare => return Ok("of this tree".to_owned()),
    };
    if kind == Kind::Varnish && find_program("cc").is_none() {
        let how = "Varnish compiles its VCL when it starts: install Debian's gcc and libc6-dev";
        return Err(Error::Missing { what: "cc, a C compiler".into(), how: how.into() });
    }
    let Program { path, env } = tools.peer(package)?;
    let said = run(Cmd::new(path).envs(env).arg(flag), VERSION_LIMIT)?;
    let text = format!("{}\n{}", said.stdout, said.stderr);
    let words = text.split(|char: char| char.is_whitespace() || "/-()".contains(char));
    let number = |word: &&str| word.starts_with(|char: char| char.is_ascii_digit()) && word.matches('.').count() >= 2;
    words.into_iter().find(number).map(str::to_owned).ok_or_else(|| Error::failed(format!("{package} {flag} said {text}")))
}
