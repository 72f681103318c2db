//! The API on a socket.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{Router, body::Body};
use common::{
    forwarded::TrustedProxies,
    listener::{self, Drained, Limits},
};
use http::Request;
use hyper::body::Incoming;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Who asks: the other end of the connection, or whom a trusted proxy names. An extension of
/// every request.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub IpAddr);

/// Serves `router` until `shutdown`. `proxies` are believed about their clients.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    proxies: TrustedProxies,
    shutdown: CancellationToken,
) -> Drained {
    let proxies = Arc::new(proxies);
    let make = |peer: SocketAddr| {
        let proxies = Arc::clone(&proxies);
        let service = router.clone().map_request(move |request: Request<Incoming>| {
            let client = Client(proxies.client(peer, request.headers()));
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(client);
            request
        });
        TowerToHyperService::new(service)
    };
    listener::serve(listener, make, limits, shutdown).await
}
