//! The edge's settings, all from the environment. `edge/docs/settings.md` lists them for
//! operators; keep the two in step.

use std::{
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    num::NonZeroUsize,
    path::PathBuf,
    thread,
    time::Duration,
};

use common::{
    Rotated, Secret,
    config::{Env, Mistakes},
    forwarded::TrustedProxies,
    telemetry,
};
use http::{Uri, uri::Scheme};

use crate::{
    client,
    fill::FillLimits,
    follow::{self, Prefetch},
    upstream::OriginCa,
};

use crate::listen::{ConnectionLimits, TlsFiles};

use crate::access_log;

const PURGE_TOKEN_BYTES_MIN: usize = 16;

/// The setting that names the admin port, and its default.
pub const ADMIN_LISTEN: (&str, SocketAddr) = ("EDGE_ADMIN_LISTEN", SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8091)));

const MIB: u64 = 1024 * 1024;
const WORKERS_MAX: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// Everything an edge is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// `EDGE_LISTEN`, default `127.0.0.1:8090`: where readers connect.
    pub listen: SocketAddr,
    /// `EDGE_ADMIN_LISTEN`, default `127.0.0.1:8091`: health, metrics and status. Not for
    /// the public.
    pub admin_listen: SocketAddr,
    /// `EDGE_REGION`, default `local`: the region's name, in `Cache-Status` and receipts.
    pub region: Box<str>,
    /// `EDGE_HOSTS`, default any: authorities served, separated by commas; others get 421.
    pub hosts: Box<[Box<str>]>,
    /// `ORIGIN_URL`, required: `http://` or `https://`, host and port.
    pub origin: Uri,
    /// `EDGE_ORIGIN_CA_FILE`, default the public authorities: PEM file of the only authorities
    /// that an `https://` origin's certificate may come from.
    pub origin_ca: Option<OriginCa>,
    /// `EDGE_TRUSTED_PROXIES`, default none: addresses and networks, separated by commas, whose
    /// `X-Forwarded-For` says who the client is. Without it CloudFront is one client.
    pub trusted_proxies: TrustedProxies,
    /// `REDIS_URL`, default none: the region's Redis.
    pub redis: Option<Secret>,
    /// `EDGE_PURGE_TOKEN`, default none: opens `POST /purge` on the admin port. `EDGE_PURGE_TOKEN_FILE`: the same in a
    /// file, which may be replaced at any time.
    pub purge_token: Option<Rotated>,
    /// `EDGE_LOG`, default `failed,slow=1s`: which requests are logged.
    pub log: access_log::Settings,
    pub feed: Option<Feed>,
    pub cache: Cache,
    pub limits: ConnectionLimits,
    /// Present if `EDGE_TLS_LISTEN` is set.
    pub tls: Option<Tls>,
    /// `EDGE_WORKERS`, default one per core: threads that serve readers.
    pub workers: NonZeroUsize,
    pub telemetry: telemetry::Settings,
}

/// How readers are served over TLS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// `EDGE_TLS_LISTEN`, default none: where readers connect by TLS.
    pub listen: SocketAddr,
    /// `EDGE_TLS_CERT_FILE`, `EDGE_TLS_KEY_FILE`, required with it, and `EDGE_TLS_RELOAD_MS`,
    /// default 10000.
    pub files: TlsFiles,
}

/// Present unless `EDGE_FEED=off`.
#[derive(Clone, Debug)]
pub struct Feed {
    /// `EDGE_TOKEN`, or a file that `EDGE_TOKEN_FILE` names and that may be replaced at any time; required with the feed on:
    /// opens the origin's internal endpoints.
    pub token: Rotated,
    /// `EDGE_RING_EVENTS`, default 32768: events kept to judge old answers by.
    pub ring_events_max: usize,
    /// `EDGE_PREFETCH_HOST`, default none: the authority under which all of the origin's pages are fetched before any
    /// reader asks for them. `EDGE_PREFETCH_PER_S`, default 20: how many a second. `EDGE_PREFETCH_EVERY_MS`, default
    /// 60000: from one look at all of them to the next.
    pub prefetch: Option<Prefetch>,
    /// `EDGE_REFRESH_AHEAD_PAGES`, default 256: pages that readers have found purged, and that are asked for again as
    /// soon as they are once more.
    pub refresh_ahead_pages: u64,
}

/// How answers are got and kept.
#[derive(Clone, Debug)]
pub struct Cache {
    /// `EDGE_MEMORY_BYTES`, default 256 MiB: entries in memory, headers and overhead included.
    pub memory_bytes_max: u64,
    /// `EDGE_OBJECT_BYTES_MAX`, default 8 MiB: larger answers are passed on, not stored.
    pub object_bytes_max: usize,
    /// `EDGE_REQUEST_BODY_BYTES_MAX`, default 32 MiB: larger requests get 413.
    pub request_body_bytes_max: usize,
    /// `EDGE_FILL_TIMEOUT_MS`, default 2000: for a whole answer from the origin.
    pub fill_timeout: Duration,
    /// `EDGE_PASS_TIMEOUT_MS`, default 60000: for the head of the answer to a passed-on request.
    pub pass_timeout: Duration,
    /// `EDGE_FILL_STALL_MS`, default 1000: how long nothing may arrive of an answer before its
    /// waiters are released.
    pub fill_stall: Duration,
    /// `EDGE_FILLS_MAX`, default 1024: answers being fetched at once. `EDGE_WAITERS_PER_KEY_MAX`,
    /// default 10000: readers who wait for one of them.
    pub fills: FillLimits,
    /// `EDGE_CLIENT_MISSES_MAX`, default 256, `EDGE_CLIENT_MISSES_PER_S`, default 500,
    /// `EDGE_CLIENT_MISSES_BURST`, default 5000: what one client may cost the origin.
    /// `EDGE_CLIENTS_MAX`, default 65536: clients told apart.
    pub clients: client::Limits,
    /// `EDGE_NEGATIVE_MAX_S`, default 60: the longest freshness of a stored 4xx.
    pub negative_max_s: u32,
    /// `EDGE_PASSES_MAX`, default 1024: requests being passed on at once; more get 503.
    pub passes_max: usize,
    /// `EDGE_REDIS_WAIT_MS`, default 50: for one exchange with Redis.
    pub redis_wait: Duration,
    /// `EDGE_UNCONFIRMED_WAIT_MS`, default 250: how long an edge that cannot tell whether its
    /// copy is current waits for the origin before it shows it, marked.
    pub unconfirmed_wait: Duration,
    /// `EDGE_MIN_SEQ_WAIT_MS`, default 300: how long a reader's own number is waited for.
    pub min_seq_wait: Duration,
    /// `EDGE_MIN_SEQ_WAITERS_MAX`, default 1024: readers who may wait for it at once.
    pub min_seq_waiters_max: usize,
}

impl Config {
    /// # Errors
    /// With every mistake in the environment at once.
    pub fn from_env(env: Env) -> Result<Config, Mistakes> {
        let mut owned = env;
        let env = &mut owned;
        let listen = env.or("EDGE_LISTEN", SocketAddr::from(([127, 0, 0, 1], 8090)));
        let admin_listen = env.or(ADMIN_LISTEN.0, ADMIN_LISTEN.1);
        if listen == admin_listen && listen.port() != 0 {
            env.mistake("EDGE_ADMIN_LISTEN", "must differ from EDGE_LISTEN");
        }
        let region = env.read("EDGE_REGION", read_region).unwrap_or_else(|| "local".into());
        let hosts = env.read("EDGE_HOSTS", read_hosts).unwrap_or_default();
        env.require("ORIGIN_URL");
        let origin = env.read("ORIGIN_URL", read_origin);
        let origin_ca = env.read("EDGE_ORIGIN_CA_FILE", |path| OriginCa::read(path).map_err(|error| error.to_string()));
        if origin_ca.is_some() && origin.as_ref().is_some_and(|origin| origin.scheme() != Some(&Scheme::HTTPS)) {
            env.mistake("EDGE_ORIGIN_CA_FILE", "is of use only with an https:// ORIGIN_URL");
        }
        let trusted_proxies = env.optional("EDGE_TRUSTED_PROXIES").unwrap_or_default();
        let redis = env.read("REDIS_URL", read_redis);
        let purge_token = env.secret("EDGE_PURGE_TOKEN", "EDGE_PURGE_TOKEN_FILE", check_purge_token);
        let log = env.or("EDGE_LOG", access_log::Settings::default());
        let feed = read_feed(env);
        if feed.is_none() && redis.is_some() {
            env.mistake("REDIS_URL", "is of use only with EDGE_FEED=on: without numbers its entries cannot be judged");
        }
        let cache = read_cache(env);
        if let Some(prefetch) = feed.as_ref().and_then(|feed| feed.prefetch.as_ref()) {
            check_prefetch(env, prefetch, &hosts, &cache.clients);
        }
        let limits = read_limits(env);
        let tls = read_tls(env);
        let workers = env.within("EDGE_WORKERS", cores(), NonZeroUsize::MIN..=WORKERS_MAX);
        let telemetry = telemetry::Settings::from_env(env);
        owned.finish(&["EDGE_"])?;
        // Every mistake has been reported by now, so what is required is there.
        let origin = origin.ok_or_else(|| Mistakes(vec!["ORIGIN_URL: is required".to_owned()]))?;
        Ok(Config {
            listen,
            admin_listen,
            region,
            hosts,
            origin,
            origin_ca,
            trusted_proxies,
            redis,
            purge_token,
            log,
            feed,
            cache,
            limits,
            tls,
            workers,
            telemetry,
        })
    }
}

fn check_token(text: &str) -> Result<(), String> {
    let legal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if legal { Ok(()) } else { Err("expected visible ASCII characters".to_owned()) }
}

/// Whoever guesses it can empty the cache.
fn check_purge_token(text: &str) -> Result<(), String> {
    if text.len() < PURGE_TOKEN_BYTES_MIN {
        return Err(format!("expected at least {PURGE_TOKEN_BYTES_MIN} characters"));
    }
    check_token(text)
}

fn read_feed(env: &mut Env) -> Option<Feed> {
    let on = env.switch("EDGE_FEED", true);
    let ring_events_max = env.within("EDGE_RING_EVENTS", 32_768, 1..=10_000_000);
    if on {
        env.require_one("EDGE_TOKEN", "EDGE_TOKEN_FILE");
    }
    let token = env.secret("EDGE_TOKEN", "EDGE_TOKEN_FILE", check_token);
    let host = env.read("EDGE_PREFETCH_HOST", read_authority);
    let per_s = env.within("EDGE_PREFETCH_PER_S", 20, 1..=10_000);
    let every = Duration::from_millis(env.within("EDGE_PREFETCH_EVERY_MS", 60_000, 250..=86_400_000));
    let refresh_ahead_pages = env.within("EDGE_REFRESH_AHEAD_PAGES", 256, 0..=16_384);
    if host.is_some() && !on {
        env.mistake("EDGE_PREFETCH_HOST", "needs the feed, which says when a page has changed");
    }
    let prefetch = host.map(|host| Prefetch { host, per_s, every });
    let feed = token.map(|token| Feed { token, ring_events_max, prefetch, refresh_ahead_pages });
    feed.filter(|_| on)
}

/// It asks like any client, within the same limits.
fn check_prefetch(env: &mut Env, prefetch: &Prefetch, hosts: &[Box<str>], clients: &client::Limits) {
    if !hosts.is_empty() && !hosts.contains(&prefetch.host) {
        env.mistake("EDGE_PREFETCH_HOST", "is none of EDGE_HOSTS");
    }
    if prefetch.per_s > clients.misses_per_s {
        env.mistake("EDGE_PREFETCH_PER_S", "is more than EDGE_CLIENT_MISSES_PER_S allows");
    }
    if clients.misses_max < follow::ASKED_MAX {
        env.mistake("EDGE_PREFETCH_HOST", "asks for more at once than EDGE_CLIENT_MISSES_MAX allows");
    }
}

fn read_cache(env: &mut Env) -> Cache {
    let mut ms = |name, default, range| Duration::from_millis(env.within(name, default, range));
    let fill_timeout = ms("EDGE_FILL_TIMEOUT_MS", 2000, 10..=600_000);
    let fill_stall = ms("EDGE_FILL_STALL_MS", 1000, 10..=60_000);
    let pass_timeout = ms("EDGE_PASS_TIMEOUT_MS", 60_000, 10..=600_000);
    let redis_wait = ms("EDGE_REDIS_WAIT_MS", 50, 1..=10_000);
    let unconfirmed_wait = ms("EDGE_UNCONFIRMED_WAIT_MS", 250, 0..=60_000);
    let min_seq_wait = ms("EDGE_MIN_SEQ_WAIT_MS", 300, 0..=60_000);
    let bytes = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Cache {
        memory_bytes_max: env.within("EDGE_MEMORY_BYTES", 256 * MIB, MIB..=1024 * 1024 * MIB),
        object_bytes_max: bytes(env.within("EDGE_OBJECT_BYTES_MAX", 8 * MIB, 1024..=1024 * MIB)),
        request_body_bytes_max: bytes(env.within("EDGE_REQUEST_BODY_BYTES_MAX", 32 * MIB, 0..=1024 * MIB)),
        fill_timeout,
        pass_timeout,
        fill_stall,
        fills: FillLimits {
            fills_max: env.within("EDGE_FILLS_MAX", 1024, 1..=1_000_000),
            waiters_per_key_max: env.within("EDGE_WAITERS_PER_KEY_MAX", 10_000, 1..=1_000_000),
        },
        clients: client::Limits {
            misses_max: env.within("EDGE_CLIENT_MISSES_MAX", 256, 1..=1_000_000),
            misses_per_s: env.within("EDGE_CLIENT_MISSES_PER_S", 500, 1..=1_000_000),
            burst: env.within("EDGE_CLIENT_MISSES_BURST", 5000, 1..=1_000_000),
            clients_max: env.within("EDGE_CLIENTS_MAX", 65_536, 1..=10_000_000),
        },
        negative_max_s: env.within("EDGE_NEGATIVE_MAX_S", 60, 0..=86_400),
        passes_max: env.within("EDGE_PASSES_MAX", 1024, 1..=1_000_000),
        redis_wait,
        unconfirmed_wait,
        min_seq_wait,
        min_seq_waiters_max: env.within("EDGE_MIN_SEQ_WAITERS_MAX", 1024, 0..=1_000_000),
    }
}

fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn read_tls(env: &mut Env) -> Option<Tls> {
    let listen = env.optional("EDGE_TLS_LISTEN");
    let (certificate, key): (Option<PathBuf>, Option<PathBuf>) =
        (env.optional("EDGE_TLS_CERT_FILE"), env.optional("EDGE_TLS_KEY_FILE"));
    let reload_every = Duration::from_millis(env.within("EDGE_TLS_RELOAD_MS", 10_000, 50..=86_400_000));
    if listen.is_none() && (certificate.is_some() || key.is_some()) {
        env.mistake("EDGE_TLS_LISTEN", "is required with a certificate");
    }
    let listen = listen?;
    env.require("EDGE_TLS_CERT_FILE");
    env.require("EDGE_TLS_KEY_FILE");
    Some(Tls { listen, files: TlsFiles { certificate: certificate?, key: key?, reload_every } })
}

fn read_limits(env: &mut Env) -> ConnectionLimits {
    let default = ConnectionLimits::default();
    let mut ms = |name, default: Duration, range| {
        let default = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(env.within(name, default, range))
    };
    ConnectionLimits {
        header_read: ms("EDGE_HEADER_READ_MS", default.header_read, 100..=600_000),
        keep_alive: ms("EDGE_KEEP_ALIVE_MS", default.keep_alive, 100..=3_600_000),
        body_read: ms("EDGE_BODY_READ_MS", default.body_read, 100..=600_000),
        write_stall: ms("EDGE_WRITE_STALL_MS", default.write_stall, 100..=600_000),
        tls_handshake: ms("EDGE_TLS_HANDSHAKE_MS", default.tls_handshake, 100..=600_000),
        h2_ping_every: ms("EDGE_H2_PING_MS", default.h2_ping_every, 100..=3_600_000),
        h2_ping_timeout: ms("EDGE_H2_PING_TIMEOUT_MS", default.h2_ping_timeout, 100..=600_000),
        drain: ms("EDGE_DRAIN_MS", default.drain, 0..=600_000),
        h2_streams_max: env.within("EDGE_H2_STREAMS_MAX", default.h2_streams_max, 1..=10_000),
        h2_pending_resets_max: env.within("EDGE_H2_PENDING_RESETS_MAX", default.h2_pending_resets_max, 1..=10_000),
        h2_resets_max: env.within("EDGE_H2_RESETS_MAX", default.h2_resets_max, 1..=1_000_000),
        h2_errors_max: env.within("EDGE_H2_ERRORS_MAX", default.h2_errors_max, 1..=10_000),
        connections_max: env.within("EDGE_CONNECTIONS_MAX", default.connections_max, 1..=1_000_000),
        connections_per_address_max: env.within(
            "EDGE_CONNECTIONS_PER_ADDRESS_MAX",
            default.connections_per_address_max,
            1..=1_000_000,
        ),
        header_count_max: env.within("EDGE_HEADER_COUNT_MAX", default.header_count_max, 10..=1000),
        header_bytes_max: env.within("EDGE_HEADER_BYTES_MAX", default.header_bytes_max, 8 * 1024..=1024 * 1024),
    }
}

fn read_region(text: &str) -> Result<Box<str>, String> {
    let legal = text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if legal { Ok(text.into()) } else { Err("expected at most 32 lower-case letters, digits and dashes".to_owned()) }
}

fn read_hosts(text: &str) -> Result<Box<[Box<str>]>, String> {
    text.split(',').map(read_authority).collect()
}

fn read_authority(host: &str) -> Result<Box<str>, String> {
    let authority = host.trim().parse::<http::uri::Authority>().map_err(|_| format!("{host:?} is not a host[:port]"))?;
    Ok(authority.as_str().to_ascii_lowercase().into_boxed_str())
}

fn read_redis(text: &str) -> Result<Secret, String> {
    crate::regional::RedisRegional::check(text).map(|()| Secret::new(text)).map_err(|error| error.to_string())
}

fn read_origin(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|_| "expected a URL".to_owned())?;
    crate::upstream::HttpUpstream::check(&uri).map_err(|error| error.to_string())?;
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: [(&str, &str); 2] = [("ORIGIN_URL", "http://127.0.0.1:8080"), ("EDGE_TOKEN", "0123456789abcdef")];

    #[test]
    fn two_settings_are_enough() {
        let config = Config::from_env(Env::from_pairs(REQUIRED)).unwrap();
        assert_eq!(&*config.region, "local");
        assert!(config.feed.is_some() && config.redis.is_none());
    }

    #[test]
    fn misses_are_limited_unless_told_otherwise() {
        let config = Config::from_env(Env::from_pairs(REQUIRED)).unwrap();
        let cache = &config.cache;
        assert_eq!((cache.fill_stall.as_millis(), cache.fills.waiters_per_key_max), (1000, 10_000));
        assert_eq!((cache.clients.misses_max, cache.clients.misses_per_s, cache.clients.burst), (256, 500, 5000));
        assert_eq!(config.trusted_proxies, TrustedProxies::default());
        let wrong = [REQUIRED[0], REQUIRED[1], ("EDGE_TRUSTED_PROXIES", "10.0.0.0/8, cdn"), ("EDGE_ORIGIN_CA_FILE", "/nowhere")];
        let text = Config::from_env(Env::from_pairs(wrong)).unwrap_err().to_string();
        for expected in ["EDGE_TRUSTED_PROXIES: expected an address", "EDGE_ORIGIN_CA_FILE: expected"] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }

    #[test]
    fn without_the_feed_no_token_is_needed() {
        let config = Config::from_env(Env::from_pairs([REQUIRED[0], ("EDGE_FEED", "off")])).unwrap();
        assert!(config.feed.is_none());
    }

    #[test]
    fn tls_takes_an_address_a_certificate_and_a_key_together() {
        let with = |more: &[(&str, &str)]| {
            let config = Config::from_env(Env::from_pairs(REQUIRED.iter().chain(more).copied()));
            config.map(|config| config.tls.is_some()).map_err(|mistakes| mistakes.to_string())
        };
        let (listen, certificate, key) =
            (("EDGE_TLS_LISTEN", "127.0.0.1:8443"), ("EDGE_TLS_CERT_FILE", "c.pem"), ("EDGE_TLS_KEY_FILE", "k.pem"));
        assert_eq!(with(&[]), Ok(false));
        assert_eq!(with(&[listen, certificate, key]), Ok(true));
        assert!(with(&[certificate, key]).unwrap_err().contains("EDGE_TLS_LISTEN"));
        assert!(with(&[listen, certificate]).unwrap_err().contains("EDGE_TLS_KEY_FILE: is required"));
        assert!(with(&[listen, key]).unwrap_err().contains("EDGE_TLS_CERT_FILE: is required"));
    }

    #[test]
    fn pages_are_fetched_ahead_within_the_limits_of_any_client() {
        let with = |more: &[(&str, &str)]| {
            let ahead = ("EDGE_PREFETCH_HOST", "API.test");
            let config = Config::from_env(Env::from_pairs(REQUIRED.iter().chain([&ahead]).chain(more).copied()));
            config.map(|config| config.feed.unwrap().prefetch.unwrap().host).map_err(|mistakes| mistakes.to_string())
        };
        assert_eq!(with(&[]), Ok("api.test".into()));
        assert_eq!(with(&[("EDGE_HOSTS", "x.test,api.test")]), Ok("api.test".into()));
        for (name, value, complaint) in [
            ("EDGE_HOSTS", "x.test", "EDGE_PREFETCH_HOST: is none of EDGE_HOSTS"),
            ("EDGE_PREFETCH_PER_S", "501", "EDGE_PREFETCH_PER_S: is more than"),
            ("EDGE_CLIENT_MISSES_MAX", "15", "EDGE_PREFETCH_HOST: asks for more at once"),
            ("EDGE_FEED", "off", "EDGE_PREFETCH_HOST: needs the feed"),
            ("EDGE_PREFETCH_EVERY_MS", "249", "EDGE_PREFETCH_EVERY_MS"),
        ] {
            assert!(with(&[(name, value)]).unwrap_err().contains(complaint), "{name}");
        }
    }

    #[test]
    fn reports_all_mistakes_at_once() {
        let wrong = [("ORIGIN_URL", "ftp://x"), ("EDGE_REGION", "São Paulo"), ("EDGE_MEMORY_BYTES", "12"), ("EDGE_MEMROY", "1")];
        let text = Config::from_env(Env::from_pairs(wrong)).unwrap_err().to_string();
        for name in ["ORIGIN_URL", "EDGE_REGION", "EDGE_MEMORY_BYTES", "EDGE_MEMROY", "EDGE_TOKEN"] {
            assert!(text.contains(name), "{name} in {text}");
        }
    }
}
