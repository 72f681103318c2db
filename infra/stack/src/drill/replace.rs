//! A region's edge is replaced by one on another machine in the order of `terraform/README.md`: beside it, ready, readers move as
//! their resolvers forget, it goes. A name with a time to live stands for Route 53.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Drill;
use super::failover::{shows, warm};
use super::traffic::{LOCALE, Subject, Traffic};
use crate::error::{Error, Result};
use crate::http::Answer;
use crate::load::metrics;
use crate::ports;
use crate::services::Wanted;
use crate::steps::Steps;
use crate::system::{Edge, Ground, Origin, edge, origin};
use crate::term;
use crate::tour::api::Reader;
use crate::wait::{self, Probe};

const REGION: &str = "eu";
/// For how long a resolver remembers. Terraform's records say 60 s.
const TIME_TO_LIVE: Duration = Duration::from_secs(3);
/// Readers who keep one connection for as long as it lasts, and those who come anew after so many pages.
const STAYING: usize = 2;
const VISITING: usize = 2;
const PAGES_A_VISIT: usize = 10;
const WRITES: usize = 10;
const WALKS: &str = "edge_prefetch_walks_total{reason=\"done\"}";
const LIMIT: Duration = Duration::from_secs(60);

/// The record that readers ask for, and what was seen of them.
struct Name {
    points_at: Mutex<String>,
    readers: Readers,
}

#[derive(Default)]
struct Readers {
    /// Pages asked for at the machine that was there, and at the next.
    reads: [AtomicUsize; 2],
    /// Connections that ended because the edge said so.
    dismissed: AtomicUsize,
}

/// What a reader's machine remembers of the name.
struct Resolver<'a> {
    name: &'a Name,
    remembered: Option<(String, Instant)>,
}

impl Resolver<'_> {
    fn address(&mut self) -> String {
        let fresh = self.remembered.take().filter(|(_, asked)| asked.elapsed() < TIME_TO_LIVE);
        let remembered = fresh.unwrap_or_else(|| (self.name.address(), wait::now()));
        self.remembered.insert(remembered).0.clone()
    }
}

impl Name {
    fn address(&self) -> String {
        self.points_at.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn point_at(&self, address: &str) {
        address.clone_into(&mut self.points_at.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Reads by this name until `traffic` is stopped. A connection is kept until it is dismissed, or a visit is over.
    fn read(&self, traffic: &Traffic, pages: &[String], machines: &[String; 2], visit: Option<usize>) {
        let mut resolver = Resolver { name: self, remembered: None };
        let (mut connected, mut read_here): (Option<String>, usize) = (None, 0);
        traffic.read_at(pages, |last| {
            if last.is_some_and(is_last) {
                self.readers.dismissed.fetch_add(1, Ordering::Relaxed);
                connected = None;
            }
            if connected.is_none() || visit.is_some_and(|pages| read_here >= pages) {
                (connected, read_here) = (Some(resolver.address()), 0);
            }
            read_here += 1;
            let address = connected.clone().unwrap_or_default();
            if let Some(machine) = machines.iter().position(|machine| *machine == address) {
                self.readers.reads[machine].fetch_add(1, Ordering::Relaxed);
            }
            address
        });
    }
}

/// Whether an answer says that its connection ends with it.
fn is_last(answer: &Answer) -> bool {
    answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
}

impl Readers {
    fn reads(&self) -> [usize; 2] {
        [0, 1].map(|machine| self.reads[machine].load(Ordering::Relaxed))
    }

    /// Waits until each of the two machines has answered so many more pages.
    fn go_on(&self, more: [usize; 2]) -> Result<()> {
        let before = self.reads();
        wait::until("readers to go on", LIMIT, || {
            let now = self.reads();
            let enough = [0, 1].into_iter().all(|machine| now[machine] >= before[machine] + more[machine]);
            Ok(if enough { Probe::Done(()) } else { Probe::NotYet(format!("{now:?} after {before:?}")) })
        })
    }
}

/// What the steps work on.
struct Scene<'a> {
    drill: &'a Drill<'a>,
    origin: Origin,
    traffic: Traffic,
    /// What readers read, and what the editor writes.
    pages: Vec<String>,
    slug: String,
    name: Name,
}

pub fn play(drill: &Drill, steps: &mut Steps) -> Result<String> {
    let services = drill.services(&Wanted::default())?;
    term::heading("System");
    services.postgres.create_database_if_missing(origin::DATABASE)?;
    let (origin, account) = drill.origin(&services, &[], None)?;
    let ports = [ports::free()?, ports::free()?];
    let machines = ports.map(|port| format!("http://127.0.0.1:{port}"));
    let first = start(drill, &origin, ports[0])?;
    let mut subject = Subject::begin(&origin.url, &account)?;
    let (pages, slug) = (warm(&origin, std::slice::from_ref(&first))?, subject.review.slug.clone());
    let name = Name { points_at: Mutex::new(first.url.clone()), readers: Readers::default() };
    let scene = Scene { drill, origin, traffic: Traffic::default(), pages, slug, name };
    term::heading("Drill: replace-edge");
    // Kept until nobody reads there any more.
    let _next = thread::scope(|scope| {
        scope.spawn(|| scene.traffic.write(&mut subject));
        for visit in [None; STAYING].into_iter().chain([Some(PAGES_A_VISIT); VISITING]) {
            let (scene, machines) = (&scene, &machines);
            scope.spawn(move || scene.name.read(&scene.traffic, &scene.pages, machines, visit));
        }
        let told = scene.one_for_the_other(first, ports[1], steps);
        scene.traffic.stop();
        told
    })?;
    steps.step("and readers went on reading", || Ok(((), scene.traffic.readers()?)))?;
    Ok("one edge for another, and no reader met an error".to_owned())
}

fn start(drill: &Drill, origin: &Origin, port: u16) -> Result<Edge> {
    // Ten times its own pace: nobody waits for a minute to see all pages fetched.
    let env = [("EDGE_PREFETCH_PER_S".to_owned(), "200".to_owned())];
    let setting = edge::Setting { prefetches: true, env: &env, ..drill.edge_setting(REGION, &origin.url, port) };
    Edge::start(&drill.binaries.edge, &setting)
}

impl Scene<'_> {
    fn one_for_the_other(&self, mut before: Edge, port: u16, steps: &mut Steps) -> Result<Edge> {
        let readers = &self.name.readers;
        steps.step("one edge, where the name points", || {
            readers.go_on([100, 0])?;
            Ok(((), self.works(&before)?))
        })?;
        let next = steps.step("another beside it, with weight 0", || {
            let next = start(self.drill, &self.origin, port)?;
            match readers.reads() {
                [_, 0] => Ok((next, "no reader comes".to_owned())),
                [_, reads] => Err(Error::failed(format!("{reads} pages were asked for there"))),
            }
        })?;
        steps.step("it has fetched what readers may ask for", || Ok(((), holds(&next, &self.pages)?)))?;
        steps.step("the weights change, resolvers forget", || {
            let changed = wait::now();
            self.name.point_at(&next.url);
            wait::until("the time to live to pass", LIMIT, || {
                let passed = changed.elapsed();
                Ok(if passed >= TIME_TO_LIVE { Probe::Done(()) } else { Probe::NotYet(term::millis(passed)) })
            })?;
            // Who comes now comes to the next; who has a connection stays.
            readers.go_on([100, 100])?;
            Ok(((), format!("{}; {STAYING} of {} readers stay", self.works(&next)?, STAYING + VISITING)))
        })?;
        steps.step("the one before stops", || {
            before.process.stop_by_itself()?;
            let dismissed = readers.dismissed.load(Ordering::Relaxed);
            if dismissed < STAYING {
                return Err(Error::failed(format!("{dismissed} of {STAYING} were told that their connection ends")));
            }
            Ok(((), format!("to {dismissed} readers it said `Connection: close`")))
        })?;
        steps.step("everybody reads at the next", || {
            let [left, _] = readers.reads();
            readers.go_on([0, 100 * (STAYING + VISITING)])?;
            match readers.reads() {
                [reads, _] if reads == left => Ok(((), self.works(&next)?)),
                [reads, _] => Err(Error::failed(format!("{} pages were asked for at the one that is gone", reads - left))),
            }
        })?;
        Ok(next)
    }

    /// Writes are accepted, and the last is what a reader gets there who asks for it.
    fn works(&self, edge: &Edge) -> Result<String> {
        let seq = self.traffic.writes_go_on(WRITES, LIMIT)?;
        shows(edge, &self.slug, seq, self.traffic.take_of(seq))?;
        Ok(format!("Rcr-Seq: {seq} is shown"))
    }
}

/// Every page is a hit there though no reader has asked for it.
fn holds(edge: &Edge, pages: &[String]) -> Result<String> {
    wait::until("an edge to have walked the list of pages", LIMIT, || {
        let walked = metrics::sum(&metrics::read(edge, Ground::Loopback)?, WALKS);
        Ok(if walked >= 1.0 { Probe::Done(()) } else { Probe::NotYet(format!("{walked} walks")) })
    })?;
    for slug in pages {
        let answer = Reader { base: &edge.url }.review(slug, LOCALE, None, LIMIT)?.expect(200)?;
        if !answer.header("cache-status").is_some_and(|status| status.contains("; hit")) {
            return Err(Error::failed(format!("not in its memory: {:?}; {}", answer.header("cache-status"), answer.asked)));
        }
    }
    Ok(format!("{} of {} were hits at once", pages.len(), pages.len()))
}
