//! The machine of the primary dies while an editor writes and readers read.
//!
//! PostgreSQL with its synchronous standby, MongoDB as a set of three, an origin, two edges. The person who decides to
//! promote is not in the times.

use std::thread;
use std::time::Duration;

use super::traffic::{LOCALE, MARKER, Subject, Traffic};
use super::{Drill, Served};
use crate::error::{Error, Result};
use crate::http::Call;
use crate::load::metrics;
use crate::services::user::{self, data_folder};
use crate::services::{Mongo, Place, Postgres, Services, Wanted};
use crate::steps::Steps;
use crate::system::{Edge, Ground, Origin, origin};
use crate::term;
use crate::tour::api::Reader;
use crate::wait::{self, Probe};

/// MongoDB's own default is ten.
const ELECTION_TIMEOUT: Duration = Duration::from_secs(5);
const WRITES_LIMIT: Duration = Duration::from_secs(60);
/// Longer than the origin waits for a commit before it says that it does not know.
const REFUSAL_LIMIT: Duration = Duration::from_secs(30);
const EDGES_LIMIT: Duration = Duration::from_secs(30);
/// As long as an edge may be silent before it counts as unconfirmed, and twice that.
const CONFIRMED_FOR: Duration = Duration::from_secs(6);
const PAGES: usize = 20;

/// The two machines in São Paulo, and the third member of MongoDB's set.
struct Machines {
    services: Services,
    standby: Postgres,
    texts: [Mongo; 3],
}

pub fn play(drill: &Drill, steps: &mut Steps) -> Result<String> {
    let (mut machines, mut served) = set_up(drill)?;
    let mut subject = Subject::begin(&served.origin.url, &served.account)?;
    let (pages, slug) = (warm(&served.origin, &served.edges)?, subject.review.slug.clone());
    let traffic = Traffic::default();
    let edges: Vec<_> = served.edges.iter().map(|edge| edge.url.clone()).collect();
    term::heading("Drill: failover");
    thread::scope(|scope| {
        scope.spawn(|| traffic.write(&mut subject));
        for edge in &edges {
            scope.spawn(|| traffic.read(edge, &pages));
        }
        let told = the_standby_goes(drill, steps, &mut machines, &served.edges, &traffic)
            .and_then(|()| the_primary_dies(drill, steps, &mut machines, &mut served, &traffic, &slug));
        traffic.stop();
        told
    })?;
    nothing_is_lost(drill, steps, &mut machines, &traffic)?;
    let publications = traffic.acknowledged();
    Ok(format!("of {publications} acknowledged publications none was lost, and readers were served throughout"))
}

fn set_up(drill: &Drill) -> Result<(Machines, Served)> {
    let services = drill.services(&Wanted::default())?;
    drill.as_in_production(&services.postgres, &["wal_keep_size", "wal_retrieve_retry_interval"])?;
    let mongod = drill.tools.mongod()?;
    let place = |name: &str| Ok(Place { data: drill.instance.folder(name)?, logs: drill.instance.logs(), echo: false });
    let texts = Mongo::three(&mongod, &[place("mongo-1")?, place("mongo-2")?, place("mongo-3")?], ELECTION_TIMEOUT)?;
    let served = drill.serve(&services, &settings(services.postgres.url(origin::DATABASE), &texts))?;
    let data = data_folder(drill.instance, "standby", user::for_postgres())?;
    let standby = Postgres::standby_of(&services.postgres, &Place { data, logs: drill.instance.logs(), echo: false })?;
    Ok((Machines { services, standby, texts }, served))
}

fn settings(database: String, texts: &[Mongo; 3]) -> Vec<(String, String)> {
    vec![("DATABASE_URL".into(), database), ("MANUSCRIPTS_URL".into(), Mongo::url_of(texts, origin::DATABASE))]
}

/// Reviews that are in every edge's memory.
pub(super) fn warm(origin: &Origin, edges: &[Edge]) -> Result<Vec<String>> {
    let listed = Call::get(format!("{}/v1/reviews?locale={LOCALE}&limit={PAGES}", origin.url)).send()?.expect(200)?.json()?;
    let items = listed["items"].as_array().cloned().unwrap_or_default();
    let pages: Vec<_> = items.iter().filter_map(|review| review["slug"].as_str()).map(str::to_owned).collect();
    if pages.is_empty() {
        return Err(Error::failed("no review is published"));
    }
    for edge in edges {
        for slug in &pages {
            Reader { base: &edge.url }.review(slug, LOCALE, None, WRITES_LIMIT)?.expect(200)?;
        }
    }
    Ok(pages)
}

/// The rule for when the standby is away.
fn the_standby_goes(drill: &Drill, steps: &mut Steps, machines: &mut Machines, edges: &[Edge], traffic: &Traffic) -> Result<()> {
    steps.step("the standby holds a copy and follows", || Ok(((), drill.synchronous(&machines.services.postgres)?)))?;
    steps.step("editors write, readers read", || {
        let seq = traffic.writes_go_on(20, WRITES_LIMIT)?;
        Ok(((), format!("Rcr-Seq: {seq}")))
    })?;
    steps.step("the standby goes: no write is acknowledged any more", || {
        machines.standby.stop();
        let before = traffic.refused();
        wait::until("a write to be refused", REFUSAL_LIMIT, || {
            let refused = traffic.refused();
            Ok(if refused > before { Probe::Done(()) } else { Probe::NotYet(format!("{refused} refused")) })
        })?;
        let acknowledged = traffic.acknowledged();
        edges_stay_confirmed(edges)?;
        if traffic.acknowledged() != acknowledged {
            return Err(Error::failed("a write was acknowledged that one machine alone has"));
        }
        Ok(((), "503 to the editor; edges stay confirmed".to_owned()))
    })?;
    steps.step("the operator says so: writes go on", || {
        drill.operator(&machines.services.postgres, "standby-away.sql")?;
        let seq = traffic.writes_go_on(5, WRITES_LIMIT)?;
        Ok(((), format!("standby-away.sql, Rcr-Seq: {seq}")))
    })?;
    steps.step("the standby is back", || {
        machines.standby.start_again()?;
        let state = drill.synchronous(&machines.services.postgres)?;
        traffic.writes_go_on(20, WRITES_LIMIT)?;
        Ok(((), format!("standby-back.sql, {state}")))
    })
}

/// What edges live by must not wait for the standby.
fn edges_stay_confirmed(edges: &[Edge]) -> Result<()> {
    let started = wait::now();
    while started.elapsed() < CONFIRMED_FOR {
        for edge in edges {
            if metrics::sum(&metrics::read(edge, Ground::Loopback)?, "edge_confirmed") < 1.0 {
                return Err(Error::failed(format!("the edge in {} cannot tell whether its copies are current", edge.region)));
            }
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

fn the_primary_dies(
    drill: &Drill,
    steps: &mut Steps,
    machines: &mut Machines,
    served: &mut Served,
    traffic: &Traffic,
    slug: &str,
) -> Result<()> {
    let log = log_of(drill, served)?;
    let died = wait::now();
    steps.step("the first machine dies, with all it runs", || {
        served.origin.process.kill()?;
        machines.services.postgres.kill()?;
        machines.texts[0].kill()?;
        Ok(((), "kill -9: origin, PostgreSQL, MongoDB's primary".to_owned()))
    })?;
    steps.step("its standby is promoted", || {
        drill.operator(&machines.standby, "promote.sql")?;
        // Before anything can write there: a number that was lost would be given again.
        let there = all_there(&machines.standby, &traffic.numbers())?;
        Ok(((), format!("promote.sql; {there}")))
    })?;
    steps.step("the origin starts beside it", || {
        let env = settings(machines.standby.url(origin::DATABASE), &machines.texts);
        let (origin, _): (Origin, _) = drill.origin(&machines.services, &env, Some(served.origin.port))?;
        served.origin = origin;
        Ok(((), served.origin.url.clone()))
    })?;
    let seq = steps.step("MongoDB has elected, an editor's write is accepted", || {
        let seq = traffic.writes_go_on(1, WRITES_LIMIT)?;
        Ok((seq, format!("Rcr-Seq: {seq}, {} after the power cut", term::millis(died.elapsed()))))
    })?;
    steps.step("edges have begun a new epoch, under another log", || {
        let now = log_of(drill, served)?;
        if now == log {
            return Err(Error::failed(format!("the log is still {log}")));
        }
        let number = traffic.take_of(seq);
        for edge in &served.edges {
            shows(edge, slug, seq, number)?;
        }
        Ok(((), format!("{log} → {now}; {} after the power cut", term::millis(died.elapsed()))))
    })?;
    steps.step("and readers went on reading", || Ok(((), traffic.readers()?)))
}

/// A reader of this edge who names the write gets its text, or a later one.
pub(super) fn shows(edge: &Edge, slug: &str, seq: u64, number: usize) -> Result<()> {
    wait::until(&format!("the write to be seen in {}", edge.region), EDGES_LIMIT, || {
        let answer = Reader { base: &edge.url }.review(slug, LOCALE, Some(seq), WRITES_LIMIT)?;
        let text = answer.text();
        let shown = text.split(MARKER).nth(1).and_then(|rest| rest.get(..6)).and_then(|digits| digits.parse::<usize>().ok());
        Ok(match shown {
            Some(shown) if answer.status == 200 && shown >= number => Probe::Done(()),
            _ => Probe::NotYet(answer.summary()),
        })
    })
}

/// Which log the origin writes.
fn log_of(drill: &Drill, served: &Served) -> Result<String> {
    let head =
        Call::get(format!("{}/internal/head", served.origin.url)).header("authorization", format!("Bearer {}", drill.token));
    let head = head.send()?.expect(200)?.json()?;
    head["log"].as_str().map(str::to_owned).ok_or_else(|| Error::failed(format!("no log in {head}")))
}

/// Every number that was acknowledged is in the log of the promoted standby, the texts are all there, and the last is shown.
fn nothing_is_lost(drill: &Drill, steps: &mut Steps, machines: &mut Machines, traffic: &Traffic) -> Result<()> {
    let numbers = traffic.numbers();
    steps.step("every acknowledged write is there", || {
        let there = all_there(&machines.standby, &numbers)?;
        let env = settings(machines.standby.url(origin::DATABASE), &machines.texts);
        let said = drill.origin_command(&machines.services, &env, &["check"])?;
        Ok(((), format!("{there}; {}", said.trim().replace('\n', ", "))))
    })?;
    steps.step("the first machine comes back, as the standby", || {
        machines.services.postgres.follow(&machines.standby)?;
        Ok(((), drill.synchronous(&machines.standby)?))
    })?;
    Ok(())
}

/// The log has all of these numbers.
pub(super) fn all_there(server: &Postgres, numbers: &[u64]) -> Result<String> {
    let listed: Vec<_> = numbers.iter().map(u64::to_string).collect();
    let count = format!("select count(*) from changes where seq = any('{{{}}}')", listed.join(","));
    let found = server.sql(origin::DATABASE, &count)?;
    let told = format!("{} of {} acknowledged", found.trim(), numbers.len());
    if found.trim() == numbers.len().to_string() { Ok(told) } else { Err(Error::failed(format!("{told} are in the log"))) }
}
