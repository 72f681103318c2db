//! The way to the origin: one trait, so that a simulator can be the network.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{
    Request, Response, Uri, Version,
    uri::{Authority, PathAndQuery, Scheme},
};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Empty, combinators::UnsyncBoxBody};
use hyper::rt::Executor;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioTimer,
};
use tokio::runtime::Handle;
use tokio_util::task::AbortOnDropHandle;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A body on its way, either direction.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;
pub type Exchange = Pin<Box<dyn Future<Output = Result<Response<Body>, UpstreamError>> + Send>>;

/// Idle HTTP/1.1 connections kept open to the origin.
const IDLE_CONNECTIONS_MAX: usize = 64;
/// Shorter than what origins and load balancers allow (60 s and more), so that this side
/// closes first and no request meets a closing connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// When an HTTP/2 connection that is silent is asked whether it lives.
#[derive(Clone, Copy)]
struct Pings {
    after: Duration,
    /// Without an answer for so long it is given up, and all that is on it.
    answer_max: Duration,
}

/// A dead connection must not take every fill with it for longer than the limit of one fill
/// and its successor.
const FILL_PINGS: Pings = Pings { after: Duration::from_secs(2), answer_max: Duration::from_secs(2) };
/// An upload may fill the path for seconds, and must not be sent twice: more patience.
const PASS_PINGS: Pings = Pings { after: Duration::from_secs(10), answer_max: Duration::from_secs(20) };
/// What may be on its way in one stream: a whole answer, nearly always, in one round trip.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
/// And in one connection. Answers that a slow reader takes directly keep their share of it, so
/// there is room for as many of them as one client may have, besides the rest.
const CONNECTION_WINDOW_BYTES: u32 = 512 * 1024 * 1024;

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
    /// For what this process reads as fast as it comes: fills, and the questions of the feed.
    fn send(&self, request: Request<Body>) -> Exchange;

    /// For the feed's stream, which waits for nobody else's lost packets.
    fn follow(&self, request: Request<Body>) -> Exchange {
        self.send(request)
    }

    /// For one reader, who may read slowly.
    fn pass(&self, request: Request<Body>) -> Exchange {
        self.send(request)
    }
}

pub fn no_body() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Body>;

/// HTTP/2 connections that fills take in turn. A lost packet holds up all that is on its connection for a
/// round trip or two: with one connection for all, one miss in a hundred was late over 256 ms and 0.1 % of loss,
/// and so was one event in twenty.
const FILL_CONNECTIONS: usize = 6;

/// HTTP over kept-alive connections: HTTP/2 where TLS negotiates it, else HTTP/1.1.
///
/// Fills share a few connections with the questions of the feed, which come once a second and in turn: so a
/// miss finds them open and warm. The feed's stream has one to itself. Passed-on requests have connections
/// of their own: a reader who does not read holds part of a connection's window and one of its
/// streams, and a crowd of such readers must not hold up a fill.
#[derive(Clone, Debug)]
pub struct HttpUpstream {
    feed: HttpClient,
    fills: Arc<[HttpClient]>,
    /// Whose turn it is.
    next: Arc<AtomicUsize>,
    passes: HttpClient,
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

/// The authorities that may vouch for the origin, instead of the public ones.
#[derive(Clone, Debug)]
pub struct OriginCa(Arc<RootCertStore>);

/// A file that holds no authority's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a readable PEM file with at least one certificate of an authority")]
pub struct InvalidCa;

impl OriginCa {
    /// Reads a PEM file.
    ///
    /// # Errors
    /// When it cannot be read, or holds anything but certificates of authorities.
    pub fn read(path: &str) -> Result<OriginCa, InvalidCa> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|_| InvalidCa)? {
            roots.add(certificate.map_err(|_| InvalidCa)?).map_err(|_| InvalidCa)?;
        }
        if roots.is_empty() { Err(InvalidCa) } else { Ok(OriginCa(Arc::new(roots))) }
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
    pub fn new(origin: &Uri, ca: Option<&OriginCa>, tasks: Handle) -> Result<HttpUpstream, InvalidOrigin> {
        let (scheme, authority) = HttpUpstream::check(origin)?;
        Ok(HttpUpstream {
            feed: client(ca, FILL_PINGS, &tasks),
            // Without HTTP/2 one client opens as many as it needs.
            fills: (0..if scheme == Scheme::HTTPS { FILL_CONNECTIONS } else { 1 })
                .map(|_| client(ca, FILL_PINGS, &tasks))
                .collect(),
            next: Arc::default(),
            passes: client(ca, PASS_PINGS, &tasks),
            scheme,
            authority,
            tasks,
        })
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

fn client(ca: Option<&OriginCa>, pings: Pings, tasks: &Handle) -> HttpClient {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let tls = rustls::ClientConfig::builder();
    let tls = match ca {
        Some(ca) => tls.with_root_certificates(Arc::clone(&ca.0)).with_no_client_auth(),
        None => tls.with_webpki_roots().with_no_client_auth(),
    };
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_all_versions().wrap_connector(tcp);
    Client::builder(On(tasks.clone()))
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
        .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(pings.after)
        .http2_keep_alive_timeout(pings.answer_max)
        .http2_keep_alive_while_idle(true)
        .build(connector)
}

/// The same request once more, if sending it twice does no harm: it is safe and has no body.
fn replay(request: &Request<Body>) -> Option<Request<Body>> {
    if !request.method().is_safe() || !request.body().is_end_stream() {
        return None;
    }
    let mut again = Request::new(no_body());
    again.method_mut().clone_from(request.method());
    again.uri_mut().clone_from(request.uri());
    again.headers_mut().clone_from(request.headers());
    Some(again)
}

impl HttpUpstream {
    fn exchange(&self, client: &HttpClient, mut request: Request<Body>) -> Exchange {
        let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone()).path_and_query(path).build();
        let client = client.clone();
        // Sockets belong to the runtime that opens them.
        let exchange = self.tasks.spawn(async move {
            *request.uri_mut() = uri.map_err(|error| UpstreamError(error.into()))?;
            let again = replay(&request);
            let response = match (client.request(request).await, again) {
                // A connection that closes while a request is on its way to it answers nothing:
                // once more on another. One that cannot be opened would be no better for it.
                (Err(error), Some(again)) if !error.is_connect() => client.request(again).await,
                (response, _) => response,
            };
            let mut response = response.map_err(|error| UpstreamError(error.into()))?;
            // The version belongs to that connection; the reader's has its own.
            *response.version_mut() = Version::HTTP_11;
            Ok(response.map(|body| body.map_err(|error| BodyError(error.into())).boxed_unsync()))
        });
        let exchange = AbortOnDropHandle::new(exchange);
        Box::pin(async move { exchange.await.map_err(|error| UpstreamError(error.into()))? })
    }
}

impl Upstream for HttpUpstream {
    fn send(&self, request: Request<Body>) -> Exchange {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.fills.len();
        self.exchange(&self.fills[turn], request)
    }

    fn follow(&self, request: Request<Body>) -> Exchange {
        self.exchange(&self.feed, request)
    }

    fn pass(&self, request: Request<Body>) -> Exchange {
        self.exchange(&self.passes, request)
    }
}
