//! Redis, bounded in time and left alone for a while after it failed.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use common::{Clock, LogId, Seq};
use redis::{
    Client, FromRedisValue, Script, ScriptInvocation,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::{Regional, RegionalError, Reply, Stored};
use crate::key::Key;

/// After a failure Redis is not asked for this long: a dead one must not cost every miss its
/// time limit.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const RECONNECT_DELAY_MAX: Duration = Duration::from_secs(2);
/// How long the name of the last log is kept: longer than any outage one wants to survive.
const LAST_LOG_TTL_S: u64 = 7 * 24 * 3600;
const LAST_LOG_KEY: &str = "rcr:log";

/// Value and remaining lifetime, read as one.
static GET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local v = redis.call('HMGET', KEYS[1], 'n', 'v') if not v[1] then return nil end return {v[1], v[2], redis.call('PTTL', KEYS[1])}",
    )
});

/// R15: a store does not replace a higher number. Numbers are padded to one width and
/// compared as text, because Lua's numbers lose precision above 2^53.
static PUT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local n = redis.call('HGET', KEYS[1], 'n') if n and n > ARGV[1] then return 0 end \
         redis.call('HSET', KEYS[1], 'n', ARGV[1], 'v', ARGV[2]) redis.call('PEXPIRE', KEYS[1], ARGV[3]) return 1",
    )
});

/// A `REDIS_URL` that cannot be one.
#[derive(Debug, thiserror::Error)]
#[error("expected redis://[user:password@]host:port[/db] or rediss://…")]
pub struct InvalidRedis;

/// One region's Redis. Connects when it is first needed and again whenever it must.
pub struct RedisRegional {
    connection: ConnectionManager,
    clock: Arc<dyn Clock>,
    wait: Duration,
    resting_until_ns: Arc<AtomicU64>,
}

impl std::fmt::Debug for RedisRegional {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisRegional").field("wait", &self.wait).finish_non_exhaustive()
    }
}

impl RedisRegional {
    /// Answers within `wait`, or not at all. Needs a Tokio runtime; does not connect yet.
    ///
    /// # Errors
    /// When `url` is not a Redis URL.
    pub fn new(url: &str, wait: Duration, clock: Arc<dyn Clock>) -> Result<RedisRegional, InvalidRedis> {
        let client = Client::open(url).map_err(|_| InvalidRedis)?;
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(wait))
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_max_delay(RECONNECT_DELAY_MAX);
        let connection = ConnectionManager::new_lazy_with_config(client, config).map_err(|_| InvalidRedis)?;
        Ok(RedisRegional { connection, clock, wait, resting_until_ns: Arc::default() })
    }

    /// Whether `url` can be one, without connecting.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(url: &str) -> Result<(), InvalidRedis> {
        Client::open(url).map(drop).map_err(|_| InvalidRedis)
    }

    /// Runs one script within the limit, and notes how it went.
    fn run<T: FromRedisValue + Send + 'static>(
        &self,
        invocation: impl FnOnce() -> ScriptInvocation<'static> + Send + 'static,
    ) -> Reply<T> {
        let (mut connection, wait) = (self.connection.clone(), self.wait);
        self.bounded(async move { tokio::time::timeout(wait, invocation().invoke_async::<T>(&mut connection)).await })
    }

    fn command<T: FromRedisValue + Send + 'static>(&self, command: redis::Cmd) -> Reply<T> {
        let (mut connection, wait) = (self.connection.clone(), self.wait);
        self.bounded(async move { tokio::time::timeout(wait, command.query_async::<T>(&mut connection)).await })
    }

    fn bounded<T: Send + 'static>(
        &self,
        call: impl Future<Output = Result<redis::RedisResult<T>, tokio::time::error::Elapsed>> + Send + 'static,
    ) -> Reply<T> {
        let (clock, wait, resting) = (Arc::clone(&self.clock), self.wait, Arc::clone(&self.resting_until_ns));
        Box::pin(async move {
            if clock.now() < Duration::from_nanos(resting.load(Ordering::Relaxed)) {
                return Err(RegionalError::Resting);
            }
            let result = match call.await {
                Ok(answer) => answer.map_err(RegionalError::from),
                Err(_) => Err(RegionalError::TimedOut(wait)),
            };
            // A refusal (out of memory, read-only) says nothing of other calls; silence does.
            let silent = |error: &RegionalError| match error {
                RegionalError::Redis(error) => error.is_io_error() || error.is_timeout() || error.is_connection_dropped(),
                RegionalError::TimedOut(_) | RegionalError::Resting => true,
            };
            if let Err(error) = result.as_ref()
                && silent(error)
            {
                let until = clock.now() + REST_AFTER_FAILURE;
                resting.store(u64::try_from(until.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
                tracing::warn!(%error, rest_ms = REST_AFTER_FAILURE.as_millis(), "the regional Redis fails");
            }
            result
        })
    }
}

fn entry_key(log: LogId, key: &Key) -> String {
    format!("rcr:{log}:{key}")
}

fn padded(seq: Seq) -> String {
    format!("{:019}", seq.get())
}

impl Regional for RedisRegional {
    fn get(&self, log: LogId, key: &Key) -> Reply<Option<Stored>> {
        let key = entry_key(log, key);
        let reply = self.run::<Option<(String, Vec<u8>, i64)>>(move || {
            let mut invocation = GET.prepare_invoke();
            invocation.key(key);
            invocation
        });
        Box::pin(async move {
            let Some((number, payload, left_ms)) = reply.await? else { return Ok(None) };
            let as_of = Seq::parse(number.as_bytes()).ok();
            // A negative lifetime means that it has none or is gone: of no use either way.
            let left = u64::try_from(left_ms).ok().map(Duration::from_millis);
            Ok(as_of.zip(left).map(|(as_of, left)| Stored { as_of, payload: Bytes::from(payload), left }))
        })
    }

    fn put(&self, log: LogId, key: &Key, stored: Stored) -> Reply<()> {
        let key = entry_key(log, key);
        let reply = self.run::<u8>(move || {
            let left_ms = u64::try_from(stored.left.as_millis()).unwrap_or(u64::MAX).max(1);
            let mut invocation = PUT.prepare_invoke();
            invocation.key(key).arg(padded(stored.as_of)).arg(stored.payload.as_ref()).arg(left_ms);
            invocation
        });
        Box::pin(async move { reply.await.map(drop) })
    }

    fn last_log(&self) -> Reply<Option<LogId>> {
        let reply = self.command::<Option<String>>(redis::Cmd::get(LAST_LOG_KEY));
        Box::pin(async move { Ok(reply.await?.and_then(|text| LogId::parse(&text).ok())) })
    }

    fn set_last_log(&self, log: LogId) -> Reply<()> {
        let reply = self.command::<()>(redis::Cmd::set_ex(LAST_LOG_KEY, log.to_string(), LAST_LOG_TTL_S));
        Box::pin(reply)
    }
}
