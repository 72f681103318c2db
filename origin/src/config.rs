//! Every setting, read once at the start, all mistakes reported at once.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use common::{
    Rotated, Secret,
    config::{Env, Mistakes},
    forwarded::TrustedProxies,
    telemetry,
};

use crate::aws::Keys;

/// The shortest token an edge may authenticate with, in bytes.
pub const EDGE_TOKEN_BYTES_MIN: usize = 16;

/// The setting that names the admin port, and its default.
pub const ADMIN_LISTEN: (&str, SocketAddr) =
    ("ORIGIN_ADMIN_LISTEN", SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8081)));

/// What `origin serve` needs; the other commands need less of it.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: ListenConfig,
    pub database: DatabaseConfig,
    pub manuscripts: ManuscriptsConfig,
    pub photos: PhotosConfig,
    /// `TEXT_ARCHIVE_URL`, default none: where `origin archive` puts the backup of the texts, and `origin check --repair`
    /// finds it; `file:///folder` or `s3://bucket?endpoint=…&region=…`.
    pub text_archive: Option<Secret>,
    pub cloudfront: CloudfrontConfig,
    pub edges: EdgesConfig,
    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or both in `AWS_KEYS_FILE`: required by S3 and by CloudFront.
    pub keys: Option<Keys>,
    pub telemetry: telemetry::Settings,
}

/// Where this program listens, and how it ends.
#[derive(Clone, Debug)]
pub struct ListenConfig {
    /// `ORIGIN_LISTEN`, default `127.0.0.1:8080`: readers, editors and edges.
    pub public: SocketAddr,
    /// `ORIGIN_ADMIN_LISTEN`, default `127.0.0.1:8081`: `/healthz`, `/readyz`, `/metrics`.
    pub admin: SocketAddr,
    /// `ORIGIN_DRAIN_MS`, default 10000: from SIGTERM until unfinished requests are cut off.
    pub drain_ms_max: u64,
    /// `ORIGIN_TRUSTED_PROXIES`, default none: the addresses of the edges (and of any proxy
    /// before them), whose `X-Forwarded-For` says who signs in.
    pub trusted_proxies: TrustedProxies,
}

/// PostgreSQL.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`, required: `postgres://user:password@host:port/name`, the primary. `DATABASE_URL_FILE`: the same in a
    /// file, which may be replaced at any time.
    pub url: Rotated,
    /// `ORIGIN_DATABASE_CONNECTIONS`, default 16.
    pub pool_connections_max: u32,
    /// `ORIGIN_DATABASE_EDGE_CONNECTIONS`, default 4: besides, for the feed, heads and
    /// receipts alone.
    pub edge_connections_max: u32,
    /// `ORIGIN_DATABASE_POOL_WAIT_MS`, default 3000: for a free connection.
    pub pool_wait_ms_max: u64,
    /// `ORIGIN_DATABASE_STATEMENT_MS`, default 10000: for one statement.
    pub statement_ms_max: u64,
    /// `ORIGIN_DATABASE_LOCK_WAIT_MS`, default 5000: for a row lock, `feed_head`'s above all.
    pub lock_wait_ms_max: u64,
    /// `ORIGIN_DATABASE_IDLE_IN_TRANSACTION_MS`, default 15000: a transaction whose client
    /// says nothing is ended.
    pub idle_in_transaction_ms_max: u64,
    /// `ORIGIN_DATABASE_ANSWER_MS`, default 12000: for the server's answer to a BEGIN or a
    /// COMMIT, as this side counts. Longer than a statement may last.
    pub answer_ms_max: u64,
    /// `ORIGIN_DATABASE_SILENCE_MS`, default 5000: after it the connection that listens for
    /// commits is asked whether it lives.
    pub silence_ms_max: u64,
}

/// Where the texts are.
#[derive(Clone, Debug)]
pub struct ManuscriptsConfig {
    /// `MANUSCRIPTS_URL`, default `postgres:` (a table in the same database), or
    /// `mongodb://host:port/database`. `MANUSCRIPTS_URL_FILE`: the same in a file, which may be replaced at any time, by
    /// another of the same kind.
    pub url: Rotated,
}

/// Where the photographs are.
#[derive(Clone, Debug)]
pub struct PhotosConfig {
    /// `PHOTOS_URL`, default `file:///var/lib/rcr/photos`: a folder, or
    /// `s3://bucket?endpoint=…&region=…`.
    pub url: Secret,
    /// `MEDIA_BASE_URL`, default none: what photographs' links begin with; without it they
    /// are relative to the API.
    pub media_base_url: Option<String>,
}

/// The CDN in front of the photographs and pages.
#[derive(Clone, Debug)]
pub struct CloudfrontConfig {
    /// `CLOUDFRONT_DISTRIBUTION_ID`, default none: no CDN.
    pub distribution_id: Option<String>,
    /// `CLOUDFRONT_ENDPOINT`, default AWS's own.
    pub endpoint: Option<String>,
    /// `CLOUDFRONT_REGION`, default `us-east-1`.
    pub region: String,
    /// `CLOUDFRONT_MONTHLY_BUDGET`, default 1000: tags invalidated in one month.
    pub monthly_budget: u32,
    /// `CLOUDFRONT_WINDOW_MS`, default 5000: how long writes are gathered into one batch.
    pub window_ms: u64,
}

/// Who may read the feed.
#[derive(Clone, Debug)]
pub struct EdgesConfig {
    /// `EDGE_TOKENS`, default none: bearer tokens, separated by commas, several while they
    /// are rotated. `EDGE_TOKENS_FILE`: the same in a file, which may be replaced at any time.
    pub tokens: Option<Rotated>,
}

impl DatabaseConfig {
    pub fn from_env(env: &mut Env) -> DatabaseConfig {
        env.require_one("DATABASE_URL", "DATABASE_URL_FILE");
        let url = env.secret("DATABASE_URL", "DATABASE_URL_FILE", |text| {
            let scheme = text.starts_with("postgres://") || text.starts_with("postgresql://");
            // The error of the parser is not repeated: it may hold the password.
            let known = scheme && text.parse::<sqlx::postgres::PgConnectOptions>().is_ok();
            if known { Ok(()) } else { Err("expected postgres://user:password@host:port/name".to_owned()) }
        });
        DatabaseConfig {
            url: url.unwrap_or_else(|| Rotated::fixed(Secret::new(""))),
            pool_connections_max: env.within("ORIGIN_DATABASE_CONNECTIONS", 16, 2..=500),
            edge_connections_max: env.within("ORIGIN_DATABASE_EDGE_CONNECTIONS", 4, 1..=100),
            pool_wait_ms_max: env.within("ORIGIN_DATABASE_POOL_WAIT_MS", 3_000, 10..=60_000),
            statement_ms_max: env.within("ORIGIN_DATABASE_STATEMENT_MS", 10_000, 100..=600_000),
            lock_wait_ms_max: env.within("ORIGIN_DATABASE_LOCK_WAIT_MS", 5_000, 10..=60_000),
            idle_in_transaction_ms_max: env.within("ORIGIN_DATABASE_IDLE_IN_TRANSACTION_MS", 15_000, 100..=600_000),
            answer_ms_max: env.within("ORIGIN_DATABASE_ANSWER_MS", 12_000, 100..=600_000),
            silence_ms_max: env.within("ORIGIN_DATABASE_SILENCE_MS", 5_000, 10..=600_000),
        }
    }

    /// With every limit at its default.
    pub fn with_url(url: &str) -> DatabaseConfig {
        DatabaseConfig::from_env(&mut Env::from_pairs([("DATABASE_URL", url)]))
    }
}

impl Config {
    /// # Errors
    /// With every mistake in the environment.
    pub fn from_env(mut env: Env) -> Result<Config, Mistakes> {
        let mut config = Config {
            listen: ListenConfig {
                public: env.or("ORIGIN_LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080))),
                admin: env.or(ADMIN_LISTEN.0, ADMIN_LISTEN.1),
                drain_ms_max: env.within("ORIGIN_DRAIN_MS", 10_000, 0..=300_000),
                trusted_proxies: env.optional("ORIGIN_TRUSTED_PROXIES").unwrap_or_default(),
            },
            database: DatabaseConfig::from_env(&mut env),
            manuscripts: ManuscriptsConfig { url: manuscripts_url(&mut env) },
            photos: PhotosConfig { url: photos_url(&mut env), media_base_url: media_base_url(&mut env) },
            text_archive: env.read("TEXT_ARCHIVE_URL", objects_url),
            cloudfront: CloudfrontConfig {
                distribution_id: env.optional("CLOUDFRONT_DISTRIBUTION_ID"),
                endpoint: env.read("CLOUDFRONT_ENDPOINT", http_url),
                region: env.or("CLOUDFRONT_REGION", "us-east-1".to_owned()),
                monthly_budget: env.within("CLOUDFRONT_MONTHLY_BUDGET", 1_000, 0..=1_000_000),
                window_ms: env.within("CLOUDFRONT_WINDOW_MS", 5_000, 0..=3_600_000),
            },
            edges: EdgesConfig { tokens: env.secret("EDGE_TOKENS", "EDGE_TOKENS_FILE", check_edge_tokens) },
            keys: None,
            telemetry: telemetry::Settings::from_env(&mut env),
        };
        let in_s3 = |url: &Secret| url.expose().starts_with("s3://");
        if config.cloudfront.distribution_id.is_some() || in_s3(&config.photos.url) || config.text_archive.iter().any(in_s3) {
            config.keys = Some(Keys::from_env(&mut env));
        }
        env.finish(&["ORIGIN_", "CLOUDFRONT_"])?;
        Ok(config)
    }
}

fn manuscripts_url(env: &mut Env) -> Rotated {
    let url = env.secret("MANUSCRIPTS_URL", "MANUSCRIPTS_URL_FILE", |text| match text {
        "postgres:" => Ok(()),
        _ if mongodb::options::ConnectionString::parse(text).is_ok() => Ok(()),
        _ => Err("expected postgres: or mongodb://host:port/database".to_owned()),
    });
    url.unwrap_or_else(|| Rotated::fixed(Secret::new("postgres:")))
}

fn photos_url(env: &mut Env) -> Secret {
    env.read("PHOTOS_URL", objects_url).unwrap_or_else(|| Secret::new("file:///var/lib/rcr/photos"))
}

fn objects_url(text: &str) -> Result<Secret, String> {
    let known = text.starts_with("file:///") || text.starts_with("s3://");
    if known { Ok(Secret::new(text)) } else { Err("expected file:///folder or s3://bucket?endpoint=…&region=…".to_owned()) }
}

fn media_base_url(env: &mut Env) -> Option<String> {
    env.read("MEDIA_BASE_URL", http_url).map(|url| url.trim_end_matches('/').to_owned())
}

fn http_url(text: &str) -> Result<String, String> {
    let known = text.starts_with("http://") || text.starts_with("https://");
    if known { Ok(text.to_owned()) } else { Err("expected http://… or https://…".to_owned()) }
}

fn check_edge_tokens(text: &str) -> Result<(), String> {
    let legal = |token: &str| token.len() >= EDGE_TOKEN_BYTES_MIN && token.bytes().all(|byte| byte.is_ascii_graphic());
    if edge_tokens(text).all(legal) {
        Ok(())
    } else {
        Err(format!("expected tokens of at least {EDGE_TOKEN_BYTES_MIN} printable characters, separated by commas"))
    }
}

/// The tokens in a list of them.
pub fn edge_tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_nothing_but_a_database() {
        let config = Config::from_env(Env::from_pairs([("DATABASE_URL", "postgres://localhost/rcr")])).unwrap();
        assert_eq!(config.listen.public.to_string(), "127.0.0.1:8080");
        assert_eq!(config.manuscripts.url.current().expose(), "postgres:");
        assert!(config.edges.tokens.is_none());
    }

    #[test]
    fn reports_all_mistakes_at_once_and_no_secret() {
        let env = Env::from_pairs([
            ("DATABASE_URL", "mysql://root:hunter2@host"),
            ("EDGE_TOKENS", "long-enough-token-1,short"),
            ("PHOTOS_URL", "ftp://x"),
            ("ORIGIN_LISTN", "x"),
        ]);
        let text = Config::from_env(env).unwrap_err().to_string();
        for expected in ["DATABASE_URL:", "EDGE_TOKENS:", "PHOTOS_URL:", "ORIGIN_LISTN:"] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(!text.contains("hunter2") && !text.contains("short,"), "{text}");
    }

    #[test]
    fn several_tokens_allow_rotation() {
        let list = "0123456789abcdef, fedcba9876543210";
        assert!(check_edge_tokens(list).is_ok() && check_edge_tokens("0123456789abcdef, short").is_err());
        assert_eq!(edge_tokens(list).collect::<Vec<_>>(), ["0123456789abcdef", "fedcba9876543210"]);
    }
}
