//! The distances, on one machine: a network namespace for the origin, for each edge and for each region's readers,
//! and between any two of them a line that delays and loses packet by packet. Nothing in them reaches the
//! machine's own network.

mod ip;
pub mod plan;
mod probe;
mod sweep;
mod wire;

use std::fs::{self, File, Permissions, TryLockError};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

pub use plan::{Node, Profile};
use rustix::process::Pid;
pub use sweep::processes;

use self::plan::Link;
use self::wire::Wire;
use crate::error::{Context, Error, Result};
use crate::netns;
use crate::proc::command::find_program;
use crate::services::user;
use crate::term;
use crate::tools::Tools;
use crate::wait;

/// What every namespace is called by.
const PREFIX: &str = "rcr-";
/// Where the lines themselves live.
const WIRES: &str = "rcr-wires";
/// Short, as the addresses of Unix sockets must be.
const FOLDER: &str = "/run/rcr-wan";
const PROFILE_FILE: &str = "/run/rcr-wan/profile";
/// Of a WAN that nobody's end takes away.
const KEPT_FILE: &str = "/run/rcr-wan/kept";
/// One WAN a machine: held by whoever builds or uses one.
const LOCK_FILE: &str = "/run/rcr-wan.lock";
const TUN: &str = "/dev/net/tun";
const LOST_PERCENT: f64 = 100.0;
const NEEDS_ROOT: &str = "network namespaces need root";

/// Below `/proc/sys/net`, of every namespace.
const SETTINGS: [(&str, &str); 4] = [
    ("ipv6/conf/all/disable_ipv6", "1"),
    ("ipv6/conf/default/disable_ipv6", "1"),
    // What one run has learnt of a path must not help the next one.
    ("ipv4/tcp_no_metrics_save", "1"),
    // A connection that was quiet for a second still knows its path: else an answer of more than ten packets would
    // take another round trip. The machines in production have to be set up so, too.
    ("ipv4/tcp_slow_start_after_idle", "0"),
];
/// Of servers: the kernel's default, whatever this machine has. BBR lets no more than four packets be under way for a
/// fifth of a second in every ten, to measure the path.
pub const CONGESTION_CONTROL: &str = "cubic";
/// Packets that a server sends before the first acknowledgement: a page of 45 KB in one round trip instead of three.
const SERVERS_INITIAL_WINDOW: u32 = 32;
/// What a server waits, beyond the path's own time, before it sends the last packet of a flight again. With Linux's 200 ms a
/// cold read far away is late if it happens once. A reader's machine that holds acknowledgements back for longer gets it twice.
const SERVERS_RTO_MIN_MS: u32 = 80;

/// The namespace of one end.
pub fn namespace(node: &Node) -> String {
    format!("{PREFIX}{}", node.name())
}

/// What this machine lacks for a WAN, if anything.
pub fn lacking() -> Option<String> {
    if !user::is_root() {
        return Some(NEEDS_ROOT.to_owned());
    }
    if find_program("openssl").is_none() {
        return Some("openssl is missing (Debian's openssl): edges speak TLS to the origin".to_owned());
    }
    if !Path::new(TUN).exists() {
        return Some(format!("{TUN} is missing: the kernel has no TAP devices, or this container may not use them"));
    }
    let tools = ip::find("ip").and_then(|_| ip::find("tc"));
    // Root in a container may still not be allowed to.
    tools.and_then(|_| ip::can_make_namespaces()).err().map(|error| error.to_string())
}

/// Nobody else builds, uses or takes away a WAN while this is held.
fn lock() -> Result<File> {
    let file = File::create(LOCK_FILE).context(|| format!("creating {LOCK_FILE}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::failed("another `cargo stack` is using the WAN of this machine; wait for its end"))
        }
        Err(TryLockError::Error(source)) => Err(Error::Io { context: format!("locking {LOCK_FILE}"), source }),
    }
}

/// A WAN that goes when this does.
pub struct Wan {
    lines: Lines,
    _lock: File,
}

/// The lines of a WAN that stands, whoever takes it away.
pub struct Lines {
    profile: Profile,
    links: Vec<Link>,
}

impl Wan {
    /// Builds it and lets it measure itself.
    pub fn up(profile: Profile, tools: &Tools) -> Result<Self> {
        if let Some(lacking) = lacking() {
            return Err(Error::Missing { what: "a WAN".into(), how: lacking });
        }
        let wirefilter = tools.wirefilter()?;
        let lock = lock()?;
        if Path::new(KEPT_FILE).exists() {
            return Err(Error::failed("a WAN was left standing by `cargo stack wan up`: `cargo stack wan down` takes it away"));
        }
        // What a killed runner left behind is nobody's.
        sweep::down()?;
        let started = wait::now();
        // From here on, whatever fails, what was made is taken away again.
        let wan = Self { lines: Lines { profile, links: plan::links(profile)? }, _lock: lock };
        let lines = &wan.lines;
        let dir = Path::new(FOLDER);
        fs::create_dir(dir).context(|| format!("creating {FOLDER}"))?;
        fs::set_permissions(dir, Permissions::from_mode(0o700)).context(|| format!("closing {FOLDER}"))?;
        fs::write(PROFILE_FILE, profile.name()).context(|| format!("writing {PROFILE_FILE}"))?;
        lines.namespaces()?;
        netns::inside(WIRES, || {
            let mut started = lines.links.iter().enumerate();
            started.try_for_each(|(place, link)| Wire::of(link, dir).start(link, place, profile.loss_percent(), &wirefilter, dir))
        })?;
        lines.devices()?;
        let detail = format!("{}: {} namespaces, {} lines", profile.name(), Node::all().count() + 1, lines.links.len());
        term::done("wan", started.elapsed(), &detail);
        probe::check(&lines.links)?;
        Ok(wan)
    }

    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Leaves it standing.
    fn keep(self) -> Result<()> {
        fs::write(KEPT_FILE, "").context(|| format!("writing {KEPT_FILE}"))?;
        std::mem::forget(self);
        Ok(())
    }
}

impl Lines {
    /// Of the WAN that stands already.
    fn standing() -> Result<Self> {
        let gone = || Error::failed("there is no WAN: `cargo stack wan up`");
        let name = fs::read_to_string(PROFILE_FILE).map_err(|_| gone())?;
        let profile = Profile::parse(name.trim())?;
        Ok(Self { profile, links: plan::links(profile)? })
    }

    /// Cuts every line that `name` names: a line, an end with all its lines, or `all`.
    pub fn cut(&self, name: &str) -> Result<usize> {
        self.lose(name, LOST_PERCENT)
    }

    pub fn heal(&self, name: &str) -> Result<usize> {
        self.lose(name, self.profile.loss_percent())
    }

    fn lose(&self, name: &str, percent: f64) -> Result<usize> {
        let named =
            |link: &&Link| name == "all" || [link.name(), link.left.name(), link.right.name()].iter().any(|known| known == name);
        let links: Vec<_> = self.links.iter().filter(named).collect();
        if links.is_empty() {
            return Err(Error::Usage(format!(
                "no line and no end of one is called `{name}`: `cargo stack wan status` lists them"
            )));
        }
        links.iter().try_for_each(|link| Wire::of(link, Path::new(FOLDER)).lose(percent))?;
        Ok(links.len())
    }

    fn namespaces(&self) -> Result<()> {
        let names: Vec<_> = Node::all().map(|node| namespace(&node)).chain([WIRES.to_owned()]).collect();
        ip::batch(None, &names.iter().map(|name| format!("netns add {name}")).collect::<Vec<_>>())?;
        for name in &names {
            netns::inside(name, || {
                for (setting, value) in SETTINGS {
                    let path = format!("/proc/sys/net/{setting}");
                    if Path::new(&path).exists() {
                        fs::write(&path, value).context(|| format!("writing {path} in {name}"))?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Hands both ends of every line to their namespaces, with addresses, routes and limits.
    fn devices(&self) -> Result<()> {
        let mut moves = Vec::new();
        for (place, link) in self.links.iter().enumerate() {
            let [left, right] = Wire::devices(place);
            for (device, here, there) in [(left, &link.left, &link.right), (right, &link.right, &link.left)] {
                let (home, name, mac) = (namespace(here), there.name(), here.mac());
                moves.push(format!("link set {device} netns {home} name {name} address {mac}"));
            }
        }
        ip::batch(Some(WIRES), &moves)?;
        for node in Node::all() {
            let own = node.address();
            let mut commands = vec!["link set lo up".to_owned(), format!("addr add {own}/32 dev lo")];
            let mut limits = Vec::new();
            for link in &self.links {
                let other = match (link.left == node, link.right == node) {
                    (true, _) => &link.right,
                    (_, true) => &link.left,
                    _ => continue,
                };
                let (device, address, mac) = (other.name(), other.address(), other.mac());
                commands.push(format!("link set {device} up"));
                let of_servers = match node {
                    Node::Readers(_) => String::new(),
                    Node::Origin | Node::Edge(_) => {
                        format!(" initcwnd {SERVERS_INITIAL_WINDOW} rto_min {SERVERS_RTO_MIN_MS}ms congctl {CONGESTION_CONTROL}")
                    }
                };
                commands.push(format!("route add {address}/32 dev {device} src {own}{of_servers}"));
                // Known for ever: asking for it would cost the first connection a round trip.
                commands.push(format!("neigh replace {address} lladdr {mac} dev {device} nud permanent"));
                limits.push(format!("qdisc add dev {device} root tbf rate {} burst 64k limit 1m", link.rate));
            }
            ip::batch(Some(&namespace(&node)), &commands)?;
            ip::tc(&namespace(&node), &limits)?;
        }
        Ok(())
    }
}

impl Drop for Wan {
    fn drop(&mut self) {
        let started = wait::now();
        match sweep::down() {
            Ok(()) => term::done("stopped", started.elapsed(), "the WAN"),
            Err(error) => term::warn(&format!("{error}; `cargo stack wan down` takes away what is left")),
        }
    }
}

/// Whether a process has not ended.
pub fn is_alive(pid: Pid) -> bool {
    sweep::is_alive(&format!("/proc/{pid}"))
}

/// What there is of a WAN, standing or left behind.
pub fn traces() -> Vec<String> {
    let namespaces = netns::names(PREFIX).into_iter().map(|name| format!("namespace {name}"));
    let processes = processes().into_iter().map(|pid| format!("process {pid}"));
    let folder = Path::new(FOLDER).exists().then(|| format!("folder {FOLDER}"));
    namespaces.chain(processes).chain(folder).collect()
}

/// `cargo stack wan …`
pub fn command(tools: &Tools, words: &[&str]) -> Result<()> {
    if !user::is_root() {
        return Err(Error::Missing { what: "a WAN".into(), how: NEEDS_ROOT.into() });
    }
    match words {
        ["up"] => up(tools, Profile::Near),
        ["up", profile] => up(tools, Profile::parse(profile)?),
        ["down"] => lock().and_then(|_held| sweep::down()),
        ["status"] => status(),
        ["cut", name] => changed(name, "cut", Lines::cut),
        ["heal", name] => changed(name, "healed", Lines::heal),
        _ => Err(Error::Usage("cargo stack wan up [near|far|bad-day] | down | status | cut NAME | heal NAME".into())),
    }
}

fn up(tools: &Tools, profile: Profile) -> Result<()> {
    term::heading("WAN");
    Wan::up(profile, tools)?.keep()?;
    term::line("\n  `cargo stack wan status` shows its lines, `cargo stack wan down` takes it away.");
    Ok(())
}

fn status() -> Result<()> {
    let wan = Lines::standing()?;
    term::line(&format!("{}; round trips planned, and what each line says of itself", wan.profile.name()));
    let mut dead = 0;
    for link in &wan.links {
        let state = Wire::of(link, Path::new(FOLDER)).state().unwrap_or_else(|error| {
            dead += 1;
            format!("dead: {error}")
        });
        term::line(&format!("  {:<22} {:>4} ms   {state}", link.name(), link.rtt_ms));
    }
    if dead > 0 { Err(Error::failed(format!("{dead} lines are dead"))) } else { Ok(()) }
}

fn changed(name: &str, what: &str, change: impl FnOnce(&Lines, &str) -> Result<usize>) -> Result<()> {
    let count = change(&Lines::standing()?, name)?;
    term::line(&format!("{what}: {count} {}", if count == 1 { "line" } else { "lines" }));
    Ok(())
}
