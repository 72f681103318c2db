//! From a listening socket to connections.

use std::{error::Error as _, io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;

use super::{
    ConnectionLimits, Exempt, Reader, Stage, Stop,
    activity::{Activity, Noted},
    addresses::{AddressPlace, Addresses},
    http1::serve_http1,
    http2::serve_http2,
    metrics::{GivenUp, Open},
    patience::{Farewell, patiently},
};
use crate::serve::Edge;

/// How long accepting rests after a failure: the loop must not spin while the process is out
/// of descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// Connections taken from the queue of a socket that is about to be closed.
const LAST_ACCEPTS_MAX: usize = 4096;
/// The shortest write that is more than an acknowledgement of a reader's HTTP/2 frame: a PING
/// in a record of TLS.
const HTTP2_PROGRESS_BYTES: u32 = 64;

/// What all listeners and workers share.
pub struct Entrance {
    pub edge: Arc<Edge>,
    pub limits: Arc<ConnectionLimits>,
    pub stop: Stop,
    pub connections: TaskTracker,
    tls: Option<TlsAcceptor>,
    places: Arc<Semaphore>,
    addresses: Arc<Addresses>,
}

/// One listening socket on one runtime.
pub struct Door {
    pub listener: TcpListener,
    pub tls: bool,
    /// Somebody else accepts what is left in the queue.
    pub shared: bool,
}

/// A connection's places, given back when it ends.
type Places = (AddressPlace, OwnedSemaphorePermit, Open);

impl Entrance {
    pub fn new(edge: Arc<Edge>, limits: ConnectionLimits, tls: Option<TlsAcceptor>, exempt: Exempt) -> Entrance {
        Entrance {
            edge,
            stop: Stop::default(),
            connections: TaskTracker::new(),
            tls,
            places: Arc::new(Semaphore::new(limits.connections_max)),
            addresses: Arc::new(Addresses::new(limits.connections_per_address_max, exempt)),
            limits: Arc::new(limits),
        }
    }

    /// Accepts until the draining begins, then what the kernel has accepted by then.
    pub async fn accept(self: Arc<Entrance>, door: Door) {
        let mut draining = self.stop.reached(Stage::Draining);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut draining => break,
                accepted = door.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(&door, stream, peer).await,
                Err(error) => {
                    // Out of descriptors, or a peer gone already. The former needs a moment.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            }
            // Of a burst, other workers get their share while this one serves what it has.
            tokio::task::yield_now().await;
        }
        // Closing the last descriptor of a socket resets what waits in its queue.
        let left = if door.shared { 0 } else { LAST_ACCEPTS_MAX };
        for _ in 0..left {
            let Some(Ok((stream, peer))) = door.listener.accept().now_or_never() else { break };
            self.admit(&door, stream, peer).await;
        }
    }

    async fn admit(self: &Arc<Entrance>, door: &Door, stream: TcpStream, peer: SocketAddr) {
        let Some(address) = self.addresses.admit(peer.ip()) else {
            self.give_up(peer, GivenUp::AddressLimit);
            return;
        };
        // At the limit this one waits here and the others in the kernel's queue.
        let waiting = Arc::clone(&self.places).acquire_owned();
        let Some(Ok(place)) = self.stop.unless(Stage::Closing, waiting).await else { return };
        let open = self.edge.filler.metrics.connections.opened();
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        // The kernel watches what it holds, also when the connection is done here; what is not
        // written yet the connection watches itself.
        let stall = u32::try_from(self.limits.write_stall.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&stream, stall) {
            tracing::debug!(%error, "TCP_USER_TIMEOUT could not be set");
        }
        let tls = self.tls.clone().filter(|_| door.tls);
        let connection = Arc::clone(self).connection(stream, peer, tls, (address, place, open));
        tokio::spawn(self.connections.track_future(connection));
    }

    async fn connection(self: Arc<Entrance>, stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, places: Places) {
        let activity = Arc::new(Activity::default());
        let io = Noted::new(stream, Arc::clone(&activity));
        let served = async {
            match tls {
                None => serve_http1(io, self.reader(peer, &activity)).await,
                // Large: not to be part of every plain connection.
                Some(tls) => Box::pin(self.secure(tls, io, peer, &activity)).await,
            }
        };
        match self.stop.unless(Stage::Cut, served).await {
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) if is_timeout(&error) => self.give_up(peer, GivenUp::Stalled),
            Some(Ok(Err(error))) => tracing::debug!(%error, %peer, "a connection ended early"),
            Some(Err(why)) => self.give_up(peer, why),
            None => self.give_up(peer, GivenUp::CutOff),
        }
        drop(places);
    }

    async fn secure(
        &self,
        tls: TlsAcceptor,
        io: Noted<TcpStream>,
        peer: SocketAddr,
        activity: &Arc<Activity>,
    ) -> Result<Result<(), hyper::Error>, GivenUp> {
        let stream = match tokio::time::timeout(self.limits.tls_handshake, tls.accept(io)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                tracing::debug!(%error, %peer, "no TLS");
                return Err(GivenUp::Handshake);
            }
            Err(_) => return Err(GivenUp::HandshakeTimedOut),
        };
        activity.begin();
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return serve_http1(stream, self.reader(peer, activity)).await;
        }
        activity.count_writes_from(HTTP2_PROGRESS_BYTES);
        let connection = serve_http2(stream, self.reader(peer, activity));
        patiently(connection, activity, &self.limits, Farewell::GoAway).await
    }

    fn reader(&self, peer: SocketAddr, activity: &Arc<Activity>) -> Reader {
        Reader {
            edge: Arc::clone(&self.edge),
            peer,
            limits: Arc::clone(&self.limits),
            stop: self.stop.clone(),
            activity: Arc::clone(activity),
        }
    }

    fn give_up(&self, peer: SocketAddr, why: GivenUp) {
        tracing::debug!(%peer, reason = why.as_str(), "a connection was given up");
        self.edge.filler.metrics.connections.given_up(why);
    }
}

/// Whether it was the kernel that waited for the reader in vain.
fn is_timeout(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
}
