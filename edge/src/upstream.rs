//! The way to the origin: one trait, so that a simulator can be the network.

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use http::{
    Request, Response, Uri, Version,
    uri::{Authority, PathAndQuery, Scheme},
};
use http_body_util::{BodyExt as _, Empty, combinators::UnsyncBoxBody};
use hyper::rt::Executor;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioTimer,
};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body on its way, either direction.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;
pub type Exchange = Pin<Box<dyn Future<Output = Result<Response<Body>, UpstreamError>> + Send>>;

/// Idle connections kept open to the origin.
const IDLE_CONNECTIONS_MAX: usize = 64;
/// Shorter than what origins and load balancers allow (60 s and more), so that this side
/// closes first and no request meets a closing connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A body that ended early, or outgrew a limit.
#[derive(Debug, thiserror::Error)]
#[error("a body broke off: {0}")]
pub struct BodyError(#[source] pub BoxError);

/// A request that got no response. Its text is for the log, not for readers.
#[derive(Debug, thiserror::Error)]
#[error("no response from the origin: {0}")]
pub struct UpstreamError(#[source] pub BoxError);

/// Sends requests to the one upstream. The request's URI is a path and a query; the
/// implementation knows the rest.
pub trait Upstream: Send + Sync + 'static {
    fn send(&self, request: Request<Body>) -> Exchange;
}

pub fn no_body() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// HTTP over kept-alive connections.
#[derive(Clone, Debug)]
pub struct HttpUpstream {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    scheme: Scheme,
    authority: Authority,
    tasks: Handle,
}

/// The runtime that connections live on, whoever asked for them: one of a reader's thread
/// would end with it and take connections along that others use.
#[derive(Clone, Debug)]
struct On(Handle);

impl<F> Executor<F> for On
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}

/// An `ORIGIN_URL` that cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected http://host[:port] or https://host[:port], without a path")]
pub struct InvalidOrigin;

impl HttpUpstream {
    /// Connections are opened and kept on `tasks`.
    ///
    /// # Errors
    /// When `origin` is not an absolute URL without a path.
    pub fn new(origin: &Uri, tasks: Handle) -> Result<HttpUpstream, InvalidOrigin> {
        let (scheme, authority) = HttpUpstream::check(origin)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let tls = rustls_config();
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(On(tasks.clone()))
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(connector);
        Ok(HttpUpstream { client, scheme, authority, tasks })
    }

    /// The scheme and authority of a URL that can be an origin.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(origin: &Uri) -> Result<(Scheme, Authority), InvalidOrigin> {
        let scheme = origin.scheme().cloned().filter(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
        match (scheme, origin.authority().cloned(), origin.path(), origin.query()) {
            (Some(scheme), Some(authority), "/", None) => Ok((scheme, authority)),
            _ => Err(InvalidOrigin),
        }
    }
}

fn rustls_config() -> rustls::ClientConfig {
    rustls::ClientConfig::builder().with_webpki_roots().with_no_client_auth()
}

impl Upstream for HttpUpstream {
    fn send(&self, mut request: Request<Body>) -> Exchange {
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(path).build();
        let client = self.client.clone();
        // Sockets belong to the runtime that opens them.
        let exchange = self.tasks.spawn(async move {
            *request.uri_mut() = uri.map_err(|error| UpstreamError(error.into()))?;
            let mut response = client.request(request).await.map_err(|error| UpstreamError(error.into()))?;
            // The version belongs to that connection; the reader's has its own.
            *response.version_mut() = Version::HTTP_11;
            Ok(response.map(|body| body.map_err(|error| BodyError(error.into())).boxed_unsync()))
        });
        let exchange = AbortOnDropHandle::new(exchange);
        Box::pin(async move { exchange.await.map_err(|error| UpstreamError(error.into()))? })
    }
}
