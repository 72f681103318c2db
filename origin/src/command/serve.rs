//! `origin serve`.

use std::{sync::Arc, time::Duration};

use common::{
    Clock, SystemClock,
    entropy::{Entropy, SystemEntropy},
    forwarded::TrustedProxies,
    listener::Limits,
    shutdown, telemetry,
};
use origin::{
    api::{self, server, shared::Shared, views::photograph::MediaBase},
    cdn,
    config::Config,
    feed::Feed,
    manuscripts::Renderer,
    photos::Pipeline,
    state::AppState,
    store::{identity, maintenance},
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    Failure,
    services::{self, Services},
};

/// How long background work may take to stop, after the last request.
const BACKGROUND_STOP_WAIT_MAX: Duration = Duration::from_secs(5);
/// Connections to the admin port.
const ADMIN_CONNECTIONS_MAX: usize = 64;

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let telemetry = telemetry::init("origin", &config.telemetry)?;
    tracing::info!(version = super::version(), "starting");
    let result = serve(config).await;
    telemetry.finish();
    result
}

async fn serve(config: Config) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let services = Services::open(&config).await?;
    services::refuse(&services.db).await?;
    let (log, renewed) = identity::settle(&services.db, entropy.ulid(clock.wall())).await?;
    if renewed {
        tracing::warn!(%log, "another cluster or timeline than before: the log is renewed");
    }

    // Three stages of stopping: feeds first, then requests, then what works behind them.
    let feeds_stop = CancellationToken::new();
    let requests_stop = CancellationToken::new();
    let background_stop = CancellationToken::new();
    let mut background = JoinSet::new();

    let feed = Feed::new(services.db.clone(), Arc::clone(&clock), Arc::clone(&entropy), feeds_stop.clone());
    background.spawn(feed.clone().listen());
    background.spawn(maintenance::run(services.db.clone(), background_stop.clone()));
    background.spawn(services.db.clone().follow_url(background_stop.clone()));
    let mut shared = Shared::new(Arc::clone(&clock), &*entropy)?;
    if let Some(worker) = cdn_worker(&config, &services, &clock, &entropy, &mut shared) {
        background.spawn(worker.run(background_stop.clone()));
    }

    let media_base_url = config.photos.media_base_url.as_deref();
    let state = AppState {
        db: services.db.clone(),
        feed,
        manuscripts: services.manuscripts,
        renderer: Arc::new(Renderer::new(media_base_url)),
        photos: services.photos,
        pipeline: Pipeline::default(),
        media: MediaBase::new(media_base_url),
        edge_tokens: config.edges.tokens,
        clock,
        entropy,
        api: Arc::new(shared),
    };

    let public = TcpListener::bind(config.listen.public).await.map_err(|error| Failure::Io("ORIGIN_LISTEN", error))?;
    let admin = TcpListener::bind(config.listen.admin).await.map_err(|error| Failure::Io("ORIGIN_ADMIN_LISTEN", error))?;
    tracing::info!(%log, public = %config.listen.public, admin = %config.listen.admin, "serving");
    let limits = Limits { drain_ms: config.listen.drain_ms_max, ..Limits::default() };
    let admin_limits = Limits { connections_max: ADMIN_CONNECTIONS_MAX, ..limits };
    let proxies = config.listen.trusted_proxies.clone();
    let requests = server::serve(public, api::router(state.clone()), limits, proxies, requests_stop.clone());
    // Health and metrics are answered while the requests drain.
    let nobody = TrustedProxies::default();
    let admin = tokio::spawn(server::serve(admin, api::admin::router(state), admin_limits, nobody, background_stop.clone()));

    let stopping = async {
        let asked = shutdown::requested().await;
        tracing::info!("stopping: feeds first, then requests");
        feeds_stop.cancel();
        requests_stop.cancel();
        asked
    };
    let (asked, drained) = tokio::join!(stopping, requests);
    asked.map_err(|error| Failure::Io("signals", error))?;
    tracing::info!(?drained, "the requests have ended");
    background_stop.cancel();
    let ended = async {
        while background.join_next().await.is_some() {}
        drop(admin.await);
    };
    if tokio::time::timeout(BACKGROUND_STOP_WAIT_MAX, ended).await.is_err() {
        tracing::warn!("background work was cut off");
    }
    services.db.close().await;
    Ok(())
}

fn cdn_worker(
    config: &Config,
    services: &Services,
    clock: &Arc<dyn Clock>,
    entropy: &Arc<dyn Entropy>,
    shared: &mut Shared,
) -> Option<cdn::Worker> {
    let distribution = config.cloudfront.distribution_id.as_deref()?;
    let keys = config.keys.as_ref()?;
    let cloudfront = cdn::CloudFront::new(distribution, config.cloudfront.endpoint.as_deref(), &config.cloudfront.region, keys);
    let metrics = cdn::CdnMetrics::default();
    metrics.register(shared.metrics.registry_mut());
    let settings = cdn::Settings {
        window: Duration::from_millis(config.cloudfront.window_ms),
        monthly_budget: config.cloudfront.monthly_budget,
    };
    Some(cdn::Worker::new(services.db.clone(), Arc::new(cloudfront), Arc::clone(clock), Arc::clone(entropy), settings, metrics))
}
