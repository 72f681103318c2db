//! From settings to a running edge.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use arc_swap::ArcSwap;
use common::{
    Clock, Seq, SystemClock,
    entropy::{Entropy, SystemEntropy},
    listener,
};
use hyper_util::service::TowerToHyperService;
use tokio::{
    runtime::Handle,
    sync::{Notify, Semaphore},
};
use tokio_util::sync::CancellationToken;

use crate::{
    access_log::AccessLog,
    admin,
    breaker::Breaker,
    client::Limiter,
    codings,
    config::Config,
    epoch::{Epoch, Mode},
    fill::Filler,
    follow::{self, Follower},
    listen::{self, Certificates, Drained, Entrance, InheritError, Inherited, Listeners, Placement, TlsError, on_this_runtime},
    metrics::Metrics,
    regional::{InvalidRedis, RedisRegional, Regional},
    serve::{self, Edge, RefreshAhead},
    tags::ByHand,
    upstream::{HttpUpstream, InvalidOrigin},
};

/// How often the cells that nobody holds are dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// Why an edge cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("ORIGIN_URL: {0}")]
    Origin(#[from] InvalidOrigin),
    #[error("REDIS_URL: {0}")]
    Redis(#[from] InvalidRedis),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Inherited(#[from] InheritError),
    #[error("an https socket was inherited, and EDGE_TLS_LISTEN is not set")]
    NoTls,
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    #[error("cannot serve: {0}")]
    Serve(#[from] io::Error),
}

impl RunError {
    /// Whether the settings are at fault, or a file that they name: another start would end as this one.
    pub const fn is_configuration(&self) -> bool {
        match self {
            RunError::Origin(_) | RunError::Redis(_) | RunError::NoTls | RunError::Tls(_) => true,
            RunError::Listen { .. } | RunError::Inherited(_) | RunError::Serve(_) => false,
        }
    }
}

/// An edge as its settings describe it, on the real network.
/// `tasks` is where fills and connections to the origin live: on a runtime that outlives the
/// threads that serve readers.
///
/// # Errors
/// When a URL in the settings is of no use.
pub fn build(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>, tasks: Handle) -> Result<Arc<Edge>, RunError> {
    let cache = &config.cache;
    let regional = match config.redis.as_ref().filter(|_| config.feed.is_some()) {
        Some(url) => Some(Arc::new(RedisRegional::new(url.expose(), cache.redis_wait, Arc::clone(&clock))?) as Arc<dyn Regional>),
        None => None,
    };
    let (mode, ring) = config.feed.as_ref().map_or((Mode::Plain, 1), |feed| (Mode::Waiting, feed.ring_events_max));
    let by_hand = ByHand::of_process(entropy.u64());
    Ok(Arc::new(Edge {
        epoch: ArcSwap::new(Epoch::first(by_hand, mode, Seq::ZERO, ring, cache.memory_bytes_max)),
        filler: Filler {
            upstream: Arc::new(HttpUpstream::new(&config.origin, config.origin_ca.as_ref(), tasks.clone())?),
            tasks: tasks.clone(),
            regional,
            clock,
            entropy,
            metrics: Arc::new(Metrics::new()),
            breaker: Breaker::default(),
            fill_timeout: cache.fill_timeout,
            fill_stall: cache.fill_stall,
            negative_max_s: cache.negative_max_s,
            unconfirmed_wait: cache.unconfirmed_wait,
            round_trip_ns: AtomicU64::new(0),
            object_bytes_max: cache.object_bytes_max,
            regional_stores: Filler::regional_stores(),
        },
        workshop: codings::Workshop::on(tasks),
        settings: serve::Settings {
            name: format!("rcr-{}", config.region).into(),
            hosts: config.hosts.clone(),
            feed: config.feed.is_some(),
            min_seq_wait: cache.min_seq_wait,
            min_seq_waiters: Arc::new(Semaphore::new(cache.min_seq_waiters_max)),
            fills: cache.fills,
            trusted_proxies: config.trusted_proxies.clone(),
            clients: Limiter::new(cache.clients),
            passes: Arc::new(Semaphore::new(cache.passes_max)),
            request_body_bytes_max: cache.request_body_bytes_max,
            pass_timeout: cache.pass_timeout,
        },
        refresh_ahead: RefreshAhead::of_pages(config.feed.as_ref().map_or(0, |feed| feed.refresh_ahead_pages)),
        log: AccessLog::new(config.log),
    }))
}

/// Where an edge listens.
#[derive(Debug)]
pub struct Sockets {
    pub readers: Listeners,
    pub admin: TcpListener,
}

impl Sockets {
    /// Those that were inherited, and the others opened.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub fn open(config: &Config, inherited: Inherited) -> Result<Sockets, RunError> {
        let open = |socket: Option<TcpListener>, address| {
            socket.map_or_else(|| listen::bind(address).map_err(|source| RunError::Listen { address, source }), Ok)
        };
        if inherited.https.is_some() && config.tls.is_none() {
            return Err(RunError::NoTls);
        }
        let shared = inherited.http.is_some() && (config.tls.is_none() || inherited.https.is_some());
        let https = config.tls.as_ref().map(|tls| open(inherited.https, tls.listen)).transpose()?;
        let readers = Listeners { http: open(inherited.http, config.listen)?, https, shared };
        Ok(Sockets { readers, admin: open(inherited.admin, config.admin_listen)? })
    }
}

/// Serves until `shutdown`, then drains. `reload` asks for the certificate to be read again.
///
/// # Errors
/// When it cannot start.
pub async fn run(config: Config, inherited: Inherited, reload: Arc<Notify>, shutdown: CancellationToken) -> Result<(), RunError> {
    let sockets = Sockets::open(&config, inherited)?;
    let edge = build(&config, Arc::new(SystemClock), Arc::new(SystemEntropy), Handle::current())?;
    // Inherited sockets need not be where the settings say.
    let at = |socket: &TcpListener| socket.local_addr().ok();
    tracing::info!(listen = ?at(&sockets.readers.http), tls = ?sockets.readers.https.as_ref().and_then(at), admin = ?at(&sockets.admin),
        region = %config.region, feed = config.feed.is_some(), workers = config.workers, "serving");
    let placement = Placement::Threads(config.workers);
    serve(edge, config, sockets, placement, reload, shutdown).await
}

/// Serves `edge` on sockets that are open already.
///
/// # Errors
/// When it cannot start: no certificate, no thread.
pub async fn serve(
    edge: Arc<Edge>,
    config: Config,
    sockets: Sockets,
    placement: Placement,
    reload: Arc<Notify>,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    // Background work ends when the readers have been answered, not before.
    let background = CancellationToken::new();
    let tls = match config.tls {
        None => None,
        Some(tls) => {
            let certificates = Arc::new(Certificates::load(tls.files, edge.filler.metrics.connections.clone())?);
            tokio::spawn(Arc::clone(&certificates).follow(reload, background.clone()));
            Some(listen::acceptor(certificates)?)
        }
    };
    tokio::spawn(sweep(Arc::clone(&edge), background.clone()));
    if let Some(feed) = config.feed {
        let settings = follow::Settings {
            region: config.region.clone(),
            token: feed.token,
            ring_events_max: feed.ring_events_max,
            memory_bytes_max: config.cache.memory_bytes_max,
            prefetch: feed.prefetch,
        };
        tokio::spawn(Follower::new(Arc::clone(&edge), settings).run(background.clone()));
    }
    let admin = admin::router(Arc::clone(&edge), config.purge_token.clone());
    tokio::spawn(listener::serve(
        on_this_runtime(sockets.admin)?,
        move |_| TowerToHyperService::new(admin.clone()),
        listener::Limits::default(),
        background.clone(),
    ));

    let proxies = config.trusted_proxies;
    let entrance = Arc::new(Entrance::new(edge, config.limits, tls, Arc::new(move |address| proxies.contains(address))));
    let drained = listen::serve(entrance, sockets.readers, placement, shutdown).await;
    background.cancel();
    match drained? {
        Drained::Completely => tracing::info!("drained"),
        Drained::CutOff(connections) => tracing::warn!(connections, "cut off what had not ended in time"),
    }
    Ok(())
}

async fn sweep(edge: Arc<Edge>, shutdown: CancellationToken) {
    while tokio::time::timeout(SWEEP_EVERY, shutdown.cancelled()).await.is_err() {
        let epoch = edge.epoch.load_full();
        // Evicted entries hold their cells until moka has let go of them.
        epoch.memory.maintain();
        epoch.tags.sweep();
    }
}
