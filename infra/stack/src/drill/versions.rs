//! Two versions of both programs, put into production and taken back while an editor writes and readers read: an edge of either
//! works with an origin of either, the earlier programs run on the later schema, and no reader meets an error.

use std::net::TcpListener;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::failover::{all_there, shows, warm};
use super::traffic::{Subject, Traffic};
use super::{Drill, REGIONS};
use crate::cargo::{self, Binaries};
use crate::commands::services::everything;
use crate::error::{Context, Error, Result};
use crate::ports;
use crate::proc::{Cmd, run};
use crate::services::{Postgres, Services};
use crate::steps::Steps;
use crate::system::{Edge, Origin, edge, origin};
use crate::term;
use crate::wait;
use crate::workspace::Workspace;

const GIT_LIMIT: Duration = Duration::from_secs(60);
const WRITES_LIMIT: Duration = Duration::from_secs(60);
/// At each stage, before both edges are asked for the last.
const WRITES: usize = 10;

/// What a migration may do while other versions run: a column with a default, a column without, a table, an index; noted as sqlx would.
const EXPANSION: &str = "
    alter table reviews add column later_flag boolean not null default false, add column later_note text;
    create table later (id bigint primary key);
    create index on reviews (later_note);
    insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (99999999, 'later', true, '', 0)";

/// Both programs of an earlier commit, from a clone and into a folder of their own: debug builds, as today's are here.
pub fn build(workspace: &Workspace, commit: &str) -> Result<Binaries> {
    let git = |dir: &Path, words: &[&str]| {
        Ok::<_, Error>(run(Cmd::new("git").args(words).dir(dir), GIT_LIMIT)?.success()?.trim().to_owned())
    };
    let commit = git(&workspace.root, &["rev-parse", "--verify", "--end-of-options", &format!("{commit}^{{commit}}")])
        .map_err(|_| Error::Usage(format!("{commit} is no commit here")))?;
    if git(&workspace.root, &["rev-parse", "HEAD"])? == commit {
        return Err(Error::Usage(format!("{commit} is what is built here: name an earlier one")));
    }
    let place = workspace.stack_dir().join("versions");
    let source = place.join("source");
    if !source.join(".git").exists() {
        std::fs::create_dir_all(&place).context(|| format!("creating {}", place.display()))?;
        let root = workspace.root.display().to_string();
        git(&place, &["clone", "--quiet", "--shared", "--no-checkout", &root, "source"])?;
    }
    git(&source, &["checkout", "--quiet", "--force", "--detach", &commit])?;
    let of_then = Workspace { root: source };
    cargo::build_into(&of_then, &place.join("target"))
}

/// Who reads through an edge does not notice that another process serves: the runner holds the sockets, as systemd would.
struct Sockets(Vec<TcpListener>);

impl Sockets {
    fn open() -> Result<Self> {
        let open = |_| TcpListener::bind(("127.0.0.1", ports::free()?)).context(|| "listening for an edge".to_owned());
        Ok(Self(REGIONS.iter().map(open).collect::<Result<_>>()?))
    }
}

struct Stage<'a> {
    services: &'a Services,
    sockets: Sockets,
    traffic: &'a Traffic,
    slug: String,
    origin: Origin,
    edges: Vec<Edge>,
}

pub fn play(drill: &Drill, later: &Binaries, steps: &mut Steps) -> Result<String> {
    let services = drill.services(&everything(&REGIONS))?;
    let sockets = Sockets::open()?;
    term::heading("System");
    services.postgres.create_database_if_missing(origin::DATABASE)?;
    let (origin, account) = drill.origin(&services, &[], None)?;
    let starting = REGIONS.iter().zip(&sockets.0);
    let edges = starting.map(|(region, socket)| start(drill, region, socket, &services, &origin));
    let edges = edges.collect::<Result<Vec<_>>>()?;
    let mut subject = Subject::begin(&origin.url, &account)?;
    let pages = warm(&origin, &edges)?;
    let traffic = Traffic::default();
    let urls: Vec<_> = edges.iter().map(|edge| edge.url.clone()).collect();
    let slug = subject.review.slug.clone();
    let mut stage = Stage { services: &services, sockets, traffic: &traffic, slug, origin, edges };
    term::heading("Drill: versions");
    thread::scope(|scope| {
        scope.spawn(|| traffic.write(&mut subject));
        for url in &urls {
            scope.spawn(|| traffic.read(url, &pages));
        }
        let told = there_and_back(&mut stage, drill, &drill.with(later), steps);
        traffic.stop();
        told
    })?;
    steps.step("every acknowledged write is there", || Ok(((), all_there(&services.postgres, &traffic.numbers())?)))?;
    steps.step("and readers went on reading", || Ok(((), traffic.readers()?)))?;
    Ok(format!("{} publications acknowledged by two versions, none is lost, no read failed", traffic.acknowledged()))
}

/// In the order of the runbooks, and with the one state between that only an accident leads to: an earlier origin, later edges.
fn there_and_back(stage: &mut Stage<'_>, earlier: &Drill, later: &Drill, steps: &mut Steps) -> Result<()> {
    steps.step("origin and edges of the earlier version", || stage.works())?;
    steps.step("the later schema, under the earlier programs", || {
        let before = migrations(&stage.services.postgres)?;
        later.origin_command(stage.services, &[], &["migrate"])?;
        // And one that neither knows yet, as the version after would bring it: from here on both run on more than they expect.
        stage.services.postgres.sql(origin::DATABASE, EXPANSION)?;
        let more = migrations(&stage.services.postgres)? - before;
        let ((), told) = stage.works()?;
        Ok(((), format!("migrations added: {more}; {told}")))
    })?;
    steps.step("a later origin, earlier edges", || stage.another_origin(later))?;
    steps.step("one edge of each", || stage.another_edge(0, later))?;
    steps.step("origin and edges of the later version", || stage.another_edge(1, later))?;
    steps.step("an earlier origin, later edges", || stage.another_origin(earlier))?;
    steps.step("and back: one edge of each", || stage.another_edge(0, earlier))?;
    steps.step("all of the earlier version, on the later schema", || stage.another_edge(1, earlier))
}

impl Stage<'_> {
    /// Writes are accepted, and the last is what readers get who ask for it, at either edge.
    fn works(&self) -> Result<((), String)> {
        let seq = self.traffic.writes_go_on(WRITES, WRITES_LIMIT)?;
        let number = self.traffic.take_of(seq);
        for edge in &self.edges {
            shows(edge, &self.slug, seq, number)?;
        }
        Ok(((), format!("Rcr-Seq: {seq}, shown by {}", REGIONS.join(" and "))))
    }

    /// Editors are refused meanwhile, readers are not.
    fn another_origin(&mut self, of: &Drill) -> Result<((), String)> {
        let away = wait::now();
        self.origin.process.stop_by_itself()?;
        self.origin = of.origin(self.services, &[], Some(self.origin.port))?.0;
        let away = term::millis(away.elapsed());
        let ((), told) = self.works()?;
        Ok(((), format!("{told}; editors waited {away}")))
    }

    /// Another process on the same socket, then the one before goes.
    fn another_edge(&mut self, place: usize, of: &Drill) -> Result<((), String)> {
        let (serving, socket) = (&mut self.edges[place], &self.sockets.0[place]);
        let next = start(of, &serving.region, socket, self.services, &self.origin)?;
        std::mem::replace(serving, next).process.stop_by_itself()?;
        self.works()
    }
}

fn start(of: &Drill, region: &str, socket: &TcpListener, on: &Services, origin: &Origin) -> Result<Edge> {
    let address = socket.local_addr().context(|| "asking for a socket's port".to_owned())?;
    // What the version before has left in the region's Redis is there for the next.
    let redis = on.redis.iter().find(|redis| redis.name == region).map(|redis| redis.url());
    let setting = of.edge_setting(region, &origin.url, address.port());
    Edge::start(&of.binaries.edge, &edge::Setting { socket: Some(socket), redis, ..setting })
}

fn migrations(server: &Postgres) -> Result<i64> {
    let count = server.sql(origin::DATABASE, "select count(*) from _sqlx_migrations")?;
    count.trim().parse().map_err(|_| Error::failed(format!("{count} is no number of migrations")))
}
