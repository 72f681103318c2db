//! The whole system: services, an origin and four edges, each a process of the shipped binary with nothing but
//! its environment.

mod account;
mod certificate;
pub mod edge;
mod front;
mod ground;
pub mod origin;

use std::thread;

pub use account::Account;
pub use certificate::Certificate;
pub use edge::Edge;
pub use front::Front;
pub use ground::Ground;
pub use origin::Origin;

use crate::cargo::Binaries;
use crate::error::{Error, Result};
use crate::ports;
use crate::proc::{Process, stop_together};
use crate::random;
use crate::services::{self, Services, Wanted};
use crate::term;
use crate::tools::Tools;
use crate::wait;
use crate::wan::Node;
use crate::workspace::Instance;

/// São Paulo, Virginia, Frankfurt, Tokyo.
pub const REGIONS: [&str; 4] = ["sa", "na", "eu", "asia"];

/// Which parts a system is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// PostgreSQL only: manuscripts in a table, photographs in a folder, no Redis, no CDN.
    Embedded,
    /// MongoDB, a Redis per region, S3 and CloudFront's control plane.
    Full,
}

impl Parts {
    fn services(self) -> Wanted {
        match self {
            Self::Embedded => Wanted::default(),
            Self::Full => crate::commands::services::everything(&REGIONS),
        }
    }
}

/// What a system is made of and where.
pub struct Plan<'a> {
    pub parts: Parts,
    pub ground: Ground,
    /// Further settings of every edge.
    pub edge_env: &'a [(String, String)],
    /// The regions whose edges fetch every published page before a reader asks.
    pub prefetch: &'a [&'a str],
    pub echo: bool,
}

impl Plan<'_> {
    pub fn on_loopback(parts: Parts, echo: bool) -> Self {
        Self { parts, ground: Ground::Loopback, edge_env: &[], prefetch: &[], echo }
    }
}

pub struct System {
    pub edges: Vec<Edge>,
    pub origin: Origin,
    pub services: Services,
    pub account: Account,
    /// What edges reach the origin by, on a WAN.
    front: Option<Front>,
    token: String,
    ports: Vec<u16>,
}

impl System {
    pub fn start(instance: &Instance, tools: &Tools, binaries: &Binaries, plan: &Plan<'_>) -> Result<Self> {
        let ground = plan.ground;
        term::heading("Services");
        let services = services(instance, tools, plan)?;
        term::heading("System");
        ground.at(&Node::Origin, || services.postgres.create_database_if_missing(origin::DATABASE))?;
        let token = random::token()?;
        // The first edge's address is needed before it runs: photographs are addressed through an edge.
        let ports = REGIONS.iter().map(|_| ports::free()).collect::<Result<Vec<_>>>()?;
        let addresses = REGIONS.map(|region| ground.address(&Node::Edge(region)));
        let media_base = format!("http://{}:{}", addresses[0], ports.first().copied().unwrap_or_default());
        // The front asks from the origin's own loopback.
        let trusted: Vec<_> = addresses.iter().cloned().chain(["127.0.0.1".to_owned()]).collect();
        let setting = origin::Setting {
            services: &services,
            instance,
            token: &token,
            media_base: &media_base,
            echo: plan.echo,
            sample: true,
            address: &ground.address(&Node::Origin),
            trusted: &trusted,
            port: None,
            env: &[],
        };
        let (origin, account) = ground.at(&Node::Origin, || Origin::start(&binaries.origin, &setting))?;
        let front = (ground == Ground::Wan).then(|| {
            let (address, behind) = (ground.address(&Node::Origin), origin.url.trim_start_matches("http://"));
            ground.at(&Node::Origin, || Front::start(instance, tools, "origin", &address, behind))
        });
        let front = front.transpose()?;
        let mut system = Self { edges: Vec::new(), origin, services, account, front, token, ports };
        system.edges = each(REGIONS, |region| system.start_edge(instance, binaries, plan, region))?;
        Ok(system)
    }

    /// Starts the edge of a region, on its old port if it ran before. (By TLS it gets a new one: nothing that stops edges runs on
    /// a WAN.)
    fn start_edge(&self, instance: &Instance, binaries: &Binaries, plan: &Plan<'_>, region: &'static str) -> Result<Edge> {
        let node = Node::Edge(region);
        let port = REGIONS.iter().position(|known| *known == region).and_then(|place| self.ports.get(place)).copied();
        let ca_file = self.front.iter().map(|front| ("EDGE_ORIGIN_CA_FILE".to_owned(), front.ca_file.display().to_string()));
        // Readers far away speak TLS, as on the day; on loopback it would prove nothing.
        let tls = match plan.ground {
            Ground::Wan => Some(Certificate::make(&instance.folder("tls")?, region, &plan.ground.address(&node))?),
            Ground::Loopback => None,
        };
        let env: Vec<_> = plan.edge_env.iter().cloned().chain(ca_file).collect();
        let setting = edge::Setting {
            region,
            address: &plan.ground.address(&node),
            port: port.ok_or_else(|| Error::failed(format!("no port for {region}")))?,
            token: &self.token,
            origin: self.front.as_ref().map_or(&self.origin.url, |front| &front.url),
            redis: self.services.redis.iter().find(|redis| redis.name == region).map(|redis| redis.url()),
            logs: instance.logs(),
            echo: plan.echo,
            socket: None,
            tls: tls.as_ref(),
            prefetches: plan.prefetch.contains(&region),
            env: &env,
        };
        plan.ground.at(&node, || Edge::start(&binaries.edge, &setting))
    }

    pub fn edge(&self, region: &str) -> Result<&Edge> {
        self.edges.iter().find(|edge| edge.region == region).ok_or_else(|| Error::failed(format!("no edge in {region}")))
    }

    pub fn still_running(&mut self) -> Result<()> {
        self.services.still_running()?;
        self.own_processes().into_iter().try_for_each(|process| process.still_running())
    }

    fn own_processes(&mut self) -> Vec<&mut Process> {
        let edges = self.edges.iter_mut().map(|edge| &mut edge.process);
        edges.chain(self.front.as_mut().map(|front| &mut front.process)).chain([&mut self.origin.process]).collect()
    }
}

/// On a WAN everything stands beside who uses it, and is reached on that end's loopback.
fn services(instance: &Instance, tools: &Tools, plan: &Plan<'_>) -> Result<Services> {
    let mut wanted = plan.parts.services();
    let beside_edges = if plan.ground == Ground::Wan { std::mem::take(&mut wanted.redis) } else { Vec::new() };
    let mut services = plan.ground.at(&Node::Origin, || Services::start(instance, tools, &wanted, plan.echo))?;
    for region in REGIONS.into_iter().filter(|region| beside_edges.iter().any(|name| name == region)) {
        let redis = plan.ground.at(&Node::Edge(region), || services::redis(instance, tools, region, plan.echo))?;
        services.redis.push(redis);
    }
    Ok(services)
}

/// Does it for all regions at once; all have ended before an error is returned.
fn each<T: Send>(regions: [&'static str; 4], action: impl Fn(&'static str) -> Result<T> + Sync) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let action = &action;
        let starting: Vec<_> = regions.into_iter().map(|region| scope.spawn(move || action(region))).collect();
        let panicked = |_| Err(Error::failed("a starting thread panicked"));
        let started: Vec<_> = starting.into_iter().map(|handle| handle.join().unwrap_or_else(panicked)).collect();
        started.into_iter().collect()
    })
}

impl Drop for System {
    /// Those that use services first; the services' own drop follows.
    fn drop(&mut self) {
        let started = wait::now();
        stop_together(&mut self.own_processes());
        term::done("stopped", started.elapsed(), "edges and origin");
    }
}
