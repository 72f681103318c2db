//! The real services, each a child process on a private port, each asked in its own protocol whether it is well.

mod bson;
mod cloudfront;
mod mongo;
mod postgres;
mod redis;
mod s3;
mod sigv4;
pub mod user;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

pub use cloudfront::CloudFront;
pub use mongo::{Mongo, answers_in_the_clear};
pub use postgres::Postgres;
pub use redis::Redis;
pub use s3::S3;

use crate::error::{Error, Result};
use crate::proc::{Process, stop_together};
use crate::term;
use crate::tools::Tools;
use crate::wait;
use crate::workspace::Instance;

/// How long any one service may take from its start to its first good answer. Slow machines, cold disks.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// Which services to start besides PostgreSQL, which everything needs.
#[derive(Clone, Default)]
pub struct Wanted {
    pub mongo: bool,
    pub s3: bool,
    pub cloudfront: bool,
    /// One Redis a name.
    pub redis: Vec<String>,
}

pub struct Services {
    pub postgres: Postgres,
    pub mongo: Option<Mongo>,
    pub s3: Option<S3>,
    pub cloudfront: Option<CloudFront>,
    pub redis: Vec<Redis>,
}

/// Where a service keeps things, and whether its log is shown.
#[derive(Clone)]
pub struct Place {
    pub data: PathBuf,
    pub logs: PathBuf,
    pub echo: bool,
}

impl Services {
    /// Fetches what is missing, then starts everything at once.
    pub fn start(instance: &Instance, tools: &Tools, wanted: &Wanted, echo: bool) -> Result<Self> {
        let place = |data: PathBuf| Place { data, logs: instance.logs(), echo };
        let postgres_tool = tools.postgres()?;
        let owner = user::for_postgres();
        let postgres_place = place(user::data_folder(instance, "postgres", owner)?);
        let mongo = wanted.mongo.then(|| Ok((tools.mongod()?, place(instance.folder("mongo")?)))).transpose()?;
        let s3 = wanted.s3.then(|| Ok((tools.weed()?, place(instance.folder("s3")?)))).transpose()?;
        let cloudfront = wanted.cloudfront.then(|| Ok((tools.moto()?, place(instance.dir.clone())))).transpose()?;
        let redis_tool = if wanted.redis.is_empty() { None } else { Some(tools.redis()?) };
        let redis_place = place(instance.dir.clone());

        thread::scope(|scope| {
            let postgres = scope.spawn(|| timed("postgres", || Postgres::start(&postgres_tool, owner, &postgres_place)));
            let mongo = mongo.map(|(tool, place)| scope.spawn(move || timed("mongodb", || Mongo::start(&tool, &place))));
            let s3 = s3.map(|(tool, place)| scope.spawn(move || timed("s3", || S3::start(&tool, &place))));
            let cloudfront =
                cloudfront.map(|(tool, place)| scope.spawn(move || timed("cloudfront", || CloudFront::start(&tool, &place))));
            let redis: Vec<_> = redis_tool
                .iter()
                .flat_map(|tool| wanted.redis.iter().map(move |name| (tool, name)))
                .map(|(tool, name)| {
                    let place = &redis_place;
                    scope.spawn(move || timed(&format!("redis-{name}"), || Redis::start(tool, name, place)))
                })
                .collect();

            // All are joined before any error is returned, so that no thread is left starting something.
            let (postgres, mongo, s3) = (join(postgres), mongo.map(join), s3.map(join));
            let (cloudfront, redis) = (cloudfront.map(join), redis.into_iter().map(join).collect::<Vec<_>>());
            Ok(Self {
                postgres: postgres?,
                mongo: mongo.transpose()?,
                s3: s3.transpose()?,
                cloudfront: cloudfront.transpose()?,
                redis: redis.into_iter().collect::<Result<_>>()?,
            })
        })
    }

    /// One more MongoDB, in place of one that was lost.
    pub fn start_mongo(&mut self, instance: &Instance, tools: &Tools) -> Result<()> {
        let place = Place { data: instance.folder("mongo")?, logs: instance.logs(), echo: false };
        self.mongo = Some(timed("mongodb", || Mongo::start(&tools.mongod()?, &place))?);
        Ok(())
    }

    /// The settings that the workspace's tests and a developer's shell read.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut pairs = vec![("TEST_DATABASE_URL".to_owned(), self.postgres.url("postgres"))];
        if let Some(mongo) = &self.mongo {
            pairs.push(("TEST_MONGODB_URL".into(), mongo.url("test")));
        }
        if let Some(redis) = self.redis.first() {
            pairs.push(("TEST_REDIS_URL".into(), redis.url()));
            pairs.extend(redis.server_environment());
        }
        if let Some(s3) = &self.s3 {
            pairs.push(("TEST_S3_ENDPOINT".into(), s3.endpoint()));
            pairs.push(("TEST_S3_BUCKET".into(), s3::BUCKET.into()));
            pairs.extend(s3.credentials());
        }
        if let Some(cloudfront) = &self.cloudfront {
            pairs.push(("TEST_CLOUDFRONT_ENDPOINT".into(), cloudfront.endpoint()));
        }
        pairs
    }

    /// An error as soon as one of them has ended by itself.
    pub fn still_running(&mut self) -> Result<()> {
        self.processes().into_iter().try_for_each(|process| process.still_running())
    }

    fn processes(&mut self) -> Vec<&mut Process> {
        let mut all = vec![&mut self.postgres.process];
        all.extend(self.mongo.as_mut().map(|mongo| &mut mongo.process));
        all.extend(self.s3.as_mut().map(|s3| &mut s3.process));
        all.extend(self.cloudfront.as_mut().map(|cloudfront| &mut cloudfront.process));
        all.extend(self.redis.iter_mut().map(|redis| &mut redis.process));
        all
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        stop_together(&mut self.processes());
        if self.s3.is_some() {
            s3::sweep_sockets();
        }
    }
}

/// One Redis more, where the calling thread is.
pub fn redis(instance: &Instance, tools: &Tools, name: &str, echo: bool) -> Result<Redis> {
    let place = Place { data: instance.dir.clone(), logs: instance.logs(), echo };
    let tool = tools.redis()?;
    timed(&format!("redis-{name}"), || Redis::start(&tool, name, &place))
}

fn join<T>(handle: thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    handle.join().unwrap_or_else(|_| Err(Error::failed("a starting thread panicked")))
}

fn timed<T: Describe>(name: &str, start: impl FnOnce() -> Result<T>) -> Result<T> {
    let started = wait::now();
    let service = start()?;
    term::done(name, started.elapsed(), &service.describe());
    Ok(service)
}

/// One line about a running service.
trait Describe {
    fn describe(&self) -> String;
}
