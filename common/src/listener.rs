//! Accepting HTTP connections, with a limit on everything a stranger can hold open.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use http::Request;
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::HttpService};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What one listener allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Open connections; further ones wait in the kernel's accept queue.
    pub connections_max: usize,
    /// From the first byte of a request (or an idle connection's start) to the end of its head.
    pub header_read_ms: u64,
    /// Header fields of one request; more are answered 431.
    pub header_count_max: usize,
    /// Bytes of one request's head; more are answered 431.
    pub header_bytes_max: usize,
    /// How long written bytes may lie unread at the peer before the connection is closed.
    pub write_stall_ms: u32,
    /// From the shutdown to the moment unfinished requests are cut off.
    pub drain_ms: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 10_000,
            header_read_ms: 10_000,
            header_count_max: 100,
            header_bytes_max: 32 * 1024,
            write_stall_ms: 30_000,
            drain_ms: 10_000,
        }
    }
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request was answered.
    Completely,
    /// This many connections were cut off when the limit ran out.
    CutOff(usize),
}

/// Serves HTTP/1.1 on `listener` until `shutdown`, then lets requests in progress end.
/// `make` gives the service for one connection, from the address of its peer.
pub async fn serve<S, B>(
    listener: TcpListener,
    make: impl Fn(SocketAddr) -> S,
    limits: Limits,
    shutdown: CancellationToken,
) -> Drained
where
    S: HttpService<Incoming, ResBody = B>
        + hyper::service::Service<Request<Incoming>, Response = http::Response<B>>
        + Send
        + 'static,
    <S as hyper::service::Service<Request<Incoming>>>::Error: Into<BoxError>,
    <S as HttpService<Incoming>>::Error: Into<BoxError>,
    <S as HttpService<Incoming>>::Future: Send,
    <S as hyper::service::Service<Request<Incoming>>>::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_read_ms))
        .max_header_size(limits.header_bytes_max)
        // Reads may run ahead of the head's end, into a body or the next request.
        .max_buf_size(limits.header_bytes_max.saturating_mul(2).max(BUFFER_BYTES_MIN));
    // Saying hyper's own default again would cost an allocation for every request.
    if limits.header_count_max != HYPER_HEADERS_MAX {
        http.max_headers(limits.header_count_max);
    }
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    let cut_off = CancellationToken::new();
    let mut stop = pin!(shutdown.cancelled());

    loop {
        let accepted = async {
            // The place is taken before the connection: at the limit the kernel queues.
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = &mut stop => break,
            next = accepted => next,
        };
        let (stream, peer) = match accepted {
            Ok(connection) => connection,
            Err(error) => {
                // Out of descriptors, or a peer gone already. The former needs a moment.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        // A peer that asks and does not read must not hold its place for ever.
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&stream, limits.write_stall_ms) {
            tracing::debug!(%error, "TCP_USER_TIMEOUT could not be set");
        }
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), make(peer)));
        let cut_off = cut_off.clone();
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, %peer, "a connection ended early");
                    }
                }
                () = cut_off.cancelled() => {}
            }
            drop(place);
        });
    }

    drop(listener);
    let open = graceful.count();
    match tokio::time::timeout(Duration::from_millis(limits.drain_ms), graceful.shutdown()).await {
        Ok(()) => Drained::Completely,
        Err(_) => {
            let left = limits.connections_max.saturating_sub(places.available_permits()).min(open);
            cut_off.cancel();
            Drained::CutOff(left)
        }
    }
}

/// hyper's own limit of header fields, and the least buffer it takes.
const HYPER_HEADERS_MAX: usize = 100;
const BUFFER_BYTES_MIN: usize = 8 * 1024;

/// How long accepting rests after a failure: the loop must not spin while the process is out
/// of descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
