//! The whole system: services, an origin and four edges, each a process of the shipped binary with nothing but
//! its environment.

mod account;
pub mod edge;
pub mod origin;

use std::thread;

pub use account::Account;
pub use edge::Edge;
pub use origin::Origin;

use crate::cargo::Binaries;
use crate::error::{Error, Result};
use crate::ports;
use crate::proc::{Process, stop_together};
use crate::random;
use crate::services::{Services, Wanted};
use crate::term;
use crate::tools::Tools;
use crate::wait;
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

pub struct System {
    pub edges: Vec<Edge>,
    pub origin: Origin,
    pub services: Services,
    pub account: Account,
}

impl System {
    pub fn start(instance: &Instance, tools: &Tools, binaries: &Binaries, parts: Parts, echo: bool) -> Result<Self> {
        term::heading("Services");
        let services = Services::start(instance, tools, &parts.services(), echo)?;
        term::heading("System");
        let token = random::token()?;
        // The first edge's address is needed before it runs: photographs are addressed through an edge.
        let ports = REGIONS.iter().map(|_| ports::free()).collect::<Result<Vec<_>>>()?;
        let media_base = format!("http://127.0.0.1:{}", ports.first().copied().unwrap_or_default());
        let setting =
            origin::Setting { services: &services, instance, token: &token, media_base: &media_base, echo, sample: true };
        let (origin, account) = Origin::start(&binaries.origin, &setting)?;

        let edges = thread::scope(|scope| {
            let starting: Vec<_> = REGIONS
                .iter()
                .zip(ports)
                .map(|(region, port)| {
                    let redis = services.redis.iter().find(|redis| redis.name == *region).map(|redis| redis.url());
                    let (token, origin, logs) = (&token, &origin, instance.logs());
                    scope.spawn(move || {
                        let place = edge::Setting { region, port, token, origin: &origin.url, redis, logs, echo, socket: None };
                        Edge::start(&binaries.edge, &place)
                    })
                })
                .collect();
            let panicked = |_| Err(Error::failed("a starting thread panicked"));
            let started: Vec<_> = starting.into_iter().map(|handle| handle.join().unwrap_or_else(panicked)).collect();
            started.into_iter().collect::<Result<Vec<_>>>()
        })?;
        Ok(Self { edges, origin, services, account })
    }

    pub fn edge(&self, region: &str) -> Result<&Edge> {
        self.edges.iter().find(|edge| edge.region == region).ok_or_else(|| Error::failed(format!("no edge in {region}")))
    }

    pub fn still_running(&mut self) -> Result<()> {
        self.services.still_running()?;
        self.own_processes().into_iter().try_for_each(|process| process.still_running())
    }

    fn own_processes(&mut self) -> Vec<&mut Process> {
        self.edges.iter_mut().map(|edge| &mut edge.process).chain([&mut self.origin.process]).collect()
    }
}

impl Drop for System {
    /// Those that use services first; the services' own drop follows.
    fn drop(&mut self) {
        let started = wait::now();
        stop_together(&mut self.own_processes());
        term::done("stopped", started.elapsed(), "edges and origin");
    }
}
