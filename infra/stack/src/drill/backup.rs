//! Someone deletes what he should not have, and then both databases are lost. Back to the moment before, from S3 alone.
//!
//! PostgreSQL is archived by pgBackRest with the settings of `infra/postgres/pgbackrest.conf`, over TLS, the texts in MongoDB by `origin archive`, to a real S3 server. The person who finds out is not in the times.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::failover::all_there;
use super::traffic::{LOCALE, Subject, Traffic, marker};
use super::{Drill, Served};
use crate::error::{Context, Error, Result};
use crate::proc::{Cmd, run};
use crate::services::user::{self, data_folder};
use crate::services::{Postgres, S3, Services, Wanted};
use crate::steps::{Steps, Told};
use crate::system::{Front, origin};
use crate::term;
use crate::tools::Program;
use crate::tour::api::Reader;
use crate::wait::{self, Probe};

const BUCKET: &str = "backups";
/// pgBackRest looks for a name in the certificate, and resolves it.
const S3_NAME: &str = "localhost";
const STANZA: &str = "rcr";
const LIMIT: Duration = Duration::from_secs(180);
const WRITES_LIMIT: Duration = Duration::from_secs(60);

/// pgBackRest with its settings, as PostgreSQL's own user runs it.
struct Backups<'a> {
    program: &'a Program,
    settings: PathBuf,
    include: PathBuf,
    owner: Option<&'static str>,
}

pub fn play(drill: &Drill, steps: &mut Steps) -> Result<String> {
    let program = drill.tools.pgbackrest()?;
    let mut services = drill.services(&Wanted { mongo: true, s3: true, ..Wanted::default() })?;
    let s3 = services.s3.as_ref().ok_or_else(|| Error::failed("S3 does not run"))?;
    s3.make_bucket(BUCKET)?;
    let front = Front::start(drill.instance, drill.tools, S3_NAME, "127.0.0.1", &s3.address())?;
    let backups = Backups::new(drill, &program, &services.postgres, s3, &front)?;
    let env = vec![("TEXT_ARCHIVE_URL".to_owned(), s3.url_of(BUCKET))];
    let told = lost_and_restored(drill, steps, &backups, &mut services, &env);
    // It archives until its end: before what it archives to.
    services.postgres.stop();
    told
}

fn lost_and_restored(
    drill: &Drill,
    steps: &mut Steps,
    backups: &Backups<'_>,
    services: &mut Services,
    env: &[(String, String)],
) -> Result<String> {
    let mut served = drill.serve(services, env)?;
    term::heading("Drill: backup and restore");

    steps.step("every segment goes to S3 from now on", || {
        services.postgres.sql("postgres", "alter system set archive_mode = on")?;
        services.postgres.sql("postgres", &format!("alter system set archive_command = '{}'", backups.archive_command()))?;
        services.postgres.stop();
        services.postgres.start_again()?;
        backups.run(&["stanza-create"])?;
        backups.run(&["check"])?;
        Ok(((), "pgbackrest stanza-create, check".to_owned()))
    })?;
    let mut subject = Subject::begin(&served.origin.url, &served.account)?;
    let slug = subject.review.slug.clone();
    let traffic = Traffic::default();
    thread::scope(|scope| {
        scope.spawn(|| traffic.write(&mut subject));
        let told = backed_up(drill, steps, backups, services, env, &traffic);
        traffic.stop();
        told
    })?;
    let before = steps.step("the moment before the mistake", || {
        let moment = services.postgres.sql("postgres", "select clock_timestamp()")?.trim().to_owned();
        Ok((moment.clone(), format!("{moment}; {} publications acknowledged", traffic.acknowledged())))
    })?;
    steps.step("the mistake: a table is dropped", || {
        let rows = services.postgres.sql(origin::DATABASE, "select count(*) from review_locales")?;
        // Rows cannot go unnoticed, the schema's triggers see to that; a table can.
        services.postgres.sql(origin::DATABASE, "drop table review_locales cascade")?;
        backups.run(&["check"])?;
        Ok(((), format!("drop table review_locales cascade: {} rows", rows.trim())))
    })?;
    let lost = wait::now();
    steps.step("and then both databases are lost", || {
        served.origin.process.kill()?;
        services.postgres.lose_everything()?;
        lose_texts(services, drill)?;
        Ok(((), "kill -9, rm -r".to_owned()))
    })?;
    steps.step("PostgreSQL comes back as it was at that moment", || {
        backups.restore(&services.postgres, &before)?;
        services.postgres.start_again()?;
        wait_until_writable(&services.postgres)?;
        Ok(((), "pgbackrest restore --type=time".to_owned()))
    })?;
    steps.step("the texts come back from their archive", || {
        let said = drill.origin_command(services, env, &["check", "--repair"])?;
        Ok(((), said.trim().replace('\n', ", ")))
    })?;
    steps.step("the origin starts on them", || {
        let (origin, _) = drill.origin(services, env, Some(served.origin.port))?;
        served.origin = origin;
        Ok(((), format!("{} after the loss", term::millis(lost.elapsed()))))
    })?;
    steps.step("every acknowledged publication is there", || everything_is_there(services, &served, &traffic, &slug))?;
    Ok(format!("{} acknowledged publications came back from S3, none is missing", traffic.acknowledged()))
}

/// Backups while an editor writes: a base, what was written since, and the texts twice.
fn backed_up(
    drill: &Drill,
    steps: &mut Steps,
    backups: &Backups<'_>,
    services: &Services,
    env: &[(String, String)],
    traffic: &Traffic,
) -> Result<()> {
    traffic.writes_go_on(10, WRITES_LIMIT)?;
    steps.step("a base backup, while an editor writes", || {
        backups.run(&["--type=full", "backup"])?;
        Ok(((), format!("{} in S3", backups.size()?)))
    })?;
    steps.step("the texts are archived", || Ok(((), drill.origin_command(services, env, &["archive"])?.trim().to_owned())))?;
    traffic.writes_go_on(30, WRITES_LIMIT)?;
    traffic.stop();
    steps.step("and what was written since", || Ok(((), drill.origin_command(services, env, &["archive"])?.trim().to_owned())))
}

impl<'a> Backups<'a> {
    /// Production's settings, and in a folder beside them what is a machine's own there: where S3 and the cluster are, the keys.
    fn new(drill: &Drill, program: &'a Program, postgres: &Postgres, s3: &S3, front: &Front) -> Result<Self> {
        let owner = user::for_postgres();
        let dir = data_folder(drill.instance, "pgbackrest", owner)?;
        let keep = |name: &str, text: String| {
            let file = dir.join(name);
            fs::write(&file, text).context(|| format!("writing {}", file.display()))?;
            owner.map_or(Ok(()), |owner| user::give(&file, owner))?;
            Ok::<_, Error>(file)
        };
        let read = |path: &Path| fs::read_to_string(path).context(|| format!("reading {}", path.display()));
        let settings = keep("pgbackrest.conf", read(&drill.workspace.root.join("infra/postgres/pgbackrest.conf"))?)?;
        let ca = keep("ca.pem", read(&front.ca_file)?)?;
        let include = dir.join("conf.d");
        fs::create_dir_all(&include).context(|| format!("creating {}", include.display()))?;
        let of = |name: &str| {
            s3.credentials().into_iter().find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_default()
        };
        keep(
            "conf.d/machine.conf",
            format!(
                "[global]\nrepo1-s3-bucket={BUCKET}\nrepo1-s3-region=sa-east-1\nrepo1-s3-endpoint={S3_NAME}\nrepo1-storage-port={}\n\
                 repo1-s3-uri-style=path\nrepo1-storage-ca-file={}\nrepo1-s3-key={}\nrepo1-s3-key-secret={}\nlock-path={}\n\
                 [{STANZA}]\npg1-path={}\npg1-port={}\npg1-user=postgres\n",
                front.port,
                ca.display(),
                of("AWS_ACCESS_KEY_ID"),
                of("AWS_SECRET_ACCESS_KEY"),
                dir.join("lock").display(),
                postgres.cluster().display(),
                postgres.port(),
            ),
        )?;
        Ok(Self { program, settings, include, owner })
    }

    fn options(&self) -> [String; 3] {
        let (settings, include) = (self.settings.display(), self.include.display());
        [format!("--config={settings}"), format!("--config-include-path={include}"), format!("--stanza={STANZA}")]
    }

    fn command(&self) -> Cmd {
        // By TCP: the server has no Unix socket here.
        let command =
            Cmd::new(&self.program.path).envs(self.program.env.iter().cloned()).env("PGHOST", "127.0.0.1").user(self.owner);
        let command = command.dir(self.settings.parent().unwrap_or(Path::new("/")));
        command.args(self.options())
    }

    fn run(&self, words: &[&str]) -> Result<String> {
        run(self.command().args(words), LIMIT)?.success()
    }

    /// What the server runs for every segment.
    fn archive_command(&self) -> String {
        let env: Vec<_> = self.program.env.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let program = self.program.path.display();
        format!("{}{program} {} archive-push %p", env.concat(), self.options().join(" "))
    }

    fn restore(&self, lost: &Postgres, moment: &str) -> Result<()> {
        fs::create_dir_all(lost.cluster()).context(|| format!("creating {}", lost.cluster().display()))?;
        if let Some(owner) = lost.owner() {
            user::give(lost.cluster(), owner)?;
        }
        let target = format!("--target={moment}");
        self.run(&["--type=time", &target, "--target-action=promote", "restore"]).map(drop)
    }

    /// Of all base backups, as stored.
    fn size(&self) -> Result<String> {
        let said: serde_json::Value = serde_json::from_str(&self.run(&["--output=json", "info"])?).unwrap_or_default();
        let bytes = said[0]["backup"].as_array().into_iter().flatten();
        let bytes: u64 = bytes.filter_map(|backup| backup["info"]["repository"]["delta"].as_u64()).sum();
        if bytes == 0 {
            return Err(Error::failed(format!("no backup in {said}")));
        }
        Ok(format!("{:.1} MB", bytes as f64 / 1e6))
    }
}

fn lose_texts(services: &mut Services, drill: &Drill) -> Result<()> {
    let mongo = services.mongo.as_mut().ok_or_else(|| Error::failed("MongoDB does not run"))?;
    mongo.kill()?;
    fs::remove_dir_all(drill.instance.dir.join("mongo")).context(|| "removing MongoDB's data".to_owned())?;
    // A new one, empty.
    services.mongo = None;
    services.start_mongo(drill.instance, drill.tools)
}

/// Recovery reaches its target after the first connections are accepted.
fn wait_until_writable(postgres: &Postgres) -> Result<()> {
    wait::until("the recovery to end", LIMIT, || {
        let said = postgres.sql("postgres", "select pg_is_in_recovery()")?;
        Ok(if said.trim() == "f" { Probe::Done(()) } else { Probe::NotYet("still in recovery".to_owned()) })
    })
}

fn everything_is_there(services: &Services, served: &Served, traffic: &Traffic, slug: &str) -> Told<()> {
    let numbers = traffic.numbers();
    let there = all_there(&services.postgres, &numbers)?;
    let last = marker(numbers.len());
    // An edge may still have it in its memory: the origin has not.
    for base in [&served.origin.url].into_iter().chain(served.edges.iter().map(|edge| &edge.url)) {
        // An edge that does not hold it answers when it follows the new log.
        wait::until(&format!("{base} to show {last}"), WRITES_LIMIT, || {
            let answer = Reader { base }.review(slug, LOCALE, None, WRITES_LIMIT)?;
            let shown = answer.status == 200 && answer.text().contains(&last);
            Ok(if shown { Probe::Done(()) } else { Probe::NotYet(answer.summary()) })
        })?;
    }
    Ok(((), format!("{there}; origin and edges show the last")))
}
