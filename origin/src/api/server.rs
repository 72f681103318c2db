//! The API on a socket.

use std::net::SocketAddr;

use axum::{Router, body::Body};
use common::listener::{self, Drained, Limits};
use http::Request;
use hyper::body::Incoming;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Who is at the other end of the connection: an extension of every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// Serves `router` until `shutdown`.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, shutdown: CancellationToken) -> Drained {
    let make = |peer| {
        let service = router.clone().map_request(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer));
            request
        });
        TowerToHyperService::new(service)
    };
    listener::serve(listener, make, limits, shutdown).await
}
