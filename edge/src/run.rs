//! From settings to a running edge.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use arc_swap::ArcSwap;
use common::{
    Clock, Seq, SystemClock,
    entropy::{Entropy, SystemEntropy},
    listener::{self, Drained},
};
use hyper::service::service_fn;
use hyper_util::service::TowerToHyperService;
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    access_log::AccessLog,
    admin,
    breaker::Breaker,
    config::Config,
    epoch::{Epoch, Mode},
    fill::Filler,
    follow::{self, Follower},
    metrics::Metrics,
    regional::{InvalidRedis, RedisRegional, Regional},
    serve::{self, Edge},
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
    Listen { address: std::net::SocketAddr, source: std::io::Error },
}

/// An edge as its settings describe it, on the real network.
///
/// # Errors
/// When a URL in the settings is of no use.
pub fn build(config: &Config, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Result<Arc<Edge>, RunError> {
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
            upstream: Arc::new(HttpUpstream::new(&config.origin)?),
            regional,
            clock,
            entropy,
            metrics: Arc::new(Metrics::new()),
            breaker: Breaker::default(),
            fill_timeout: cache.fill_timeout,
            unconfirmed_wait: cache.unconfirmed_wait,
            round_trip_ns: AtomicU64::new(0),
            object_bytes_max: cache.object_bytes_max,
            regional_stores: Filler::regional_stores(),
        },
        settings: serve::Settings {
            name: format!("rcr-{}", config.region).into(),
            hosts: config.hosts.clone(),
            feed: config.feed.is_some(),
            min_seq_wait: cache.min_seq_wait,
            min_seq_waiters: Arc::new(Semaphore::new(cache.min_seq_waiters_max)),
            fills_max: cache.fills_max,
            passes: Arc::new(Semaphore::new(cache.passes_max)),
            request_body_bytes_max: cache.request_body_bytes_max,
            pass_timeout: cache.pass_timeout,
        },
        log: AccessLog::new(config.log),
    }))
}

/// Serves until `shutdown`, then drains.
///
/// # Errors
/// When it cannot start.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    let listen = async |address| TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source });
    let (readers, admins) = (listen(config.listen).await?, listen(config.admin_listen).await?);
    let edge = build(&config, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    tracing::info!(listen = %config.listen, admin = %config.admin_listen, region = %config.region, feed = config.feed.is_some(), "serving");

    serve(edge, config, readers, admins, shutdown).await;
    Ok(())
}

/// Serves `edge` on listeners that are open already.
pub async fn serve(edge: Arc<Edge>, config: Config, readers: TcpListener, admins: TcpListener, shutdown: CancellationToken) {
    // Background work ends when the readers have been answered, not before.
    let background = CancellationToken::new();
    tokio::spawn(sweep(Arc::clone(&edge), background.clone()));
    if let Some(feed) = config.feed {
        let settings = follow::Settings {
            region: config.region.clone(),
            token: feed.token,
            ring_events_max: feed.ring_events_max,
            memory_bytes_max: config.cache.memory_bytes_max,
        };
        tokio::spawn(Follower::new(Arc::clone(&edge), settings).run(background.clone()));
    }
    let admin = admin::router(Arc::clone(&edge), config.purge_token.clone());
    tokio::spawn(listener::serve(
        admins,
        move |_| TowerToHyperService::new(admin.clone()),
        listener::Limits::default(),
        background.clone(),
    ));

    let make = move |peer| {
        let edge = Arc::clone(&edge);
        service_fn(move |request| Arc::clone(&edge).serve(request, peer))
    };
    match listener::serve(readers, make, config.limits, shutdown).await {
        Drained::Completely => tracing::info!("drained"),
        Drained::CutOff(connections) => tracing::warn!(connections, "cut off what had not ended in time"),
    }
    background.cancel();
}

async fn sweep(edge: Arc<Edge>, shutdown: CancellationToken) {
    while tokio::time::timeout(SWEEP_EVERY, shutdown.cancelled()).await.is_err() {
        let epoch = edge.epoch.load_full();
        // Evicted entries hold their cells until moka has let go of them.
        epoch.memory.maintain();
        epoch.tags.sweep();
    }
}
