//! From a listening socket to connections.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::task::TaskTracker;

use super::{
    ConnectionLimits, Exempt, Reader, Stage, Stop,
    activity::{Activity, Noted},
    addresses::{AddressPlace, Addresses},
    metrics::{GivenUp, Open},
    patience::{Farewell, patiently},
    serve_http1,
};
use crate::serve::Edge;

/// How long accepting rests after a failure: the loop must not spin while the process is out
/// of descriptors.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// What all listeners and workers share.
pub struct Entrance {
    pub edge: Arc<Edge>,
    pub limits: Arc<ConnectionLimits>,
    pub stop: Stop,
    pub connections: TaskTracker,
    places: Arc<Semaphore>,
    addresses: Arc<Addresses>,
}

/// A connection's places, given back when it ends.
type Places = (AddressPlace, OwnedSemaphorePermit, Open);

impl Entrance {
    pub fn new(edge: Arc<Edge>, limits: ConnectionLimits, exempt: Exempt) -> Entrance {
        Entrance {
            edge,
            stop: Stop::default(),
            connections: TaskTracker::new(),
            places: Arc::new(Semaphore::new(limits.connections_max)),
            addresses: Arc::new(Addresses::new(limits.connections_per_address_max, exempt)),
            limits: Arc::new(limits),
        }
    }

    /// Accepts until the draining begins, then what the kernel has accepted by then.
    pub async fn accept(self: Arc<Entrance>, listener: TcpListener) {
        let mut draining = self.stop.reached(Stage::Draining);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut draining => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer).await,
                Err(error) => {
                    // Out of descriptors, or a peer gone already. The former needs a moment.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            }
        }
        // Closing the last descriptor of the socket resets what waits in its queue.
        while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
            self.admit(stream, peer).await;
        }
    }

    async fn admit(self: &Arc<Entrance>, stream: TcpStream, peer: SocketAddr) {
        let Some(address) = self.addresses.admit(peer.ip()) else {
            self.give_up(peer, GivenUp::AddressLimit);
            return;
        };
        // At the limit this one waits here and the others in the kernel's queue.
        let waiting = Arc::clone(&self.places).acquire_owned();
        let Some(Ok(place)) = self.stop.clone().unless(Stage::Closing, waiting).await else { return };
        let open = self.edge.filler.metrics.connections.opened();
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        // A peer that asks and does not read must not hold its place for ever.
        let stall = u32::try_from(self.limits.write_stall.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(&stream, stall) {
            tracing::debug!(%error, "TCP_USER_TIMEOUT could not be set");
        }
        let connection = Arc::clone(self).connection(stream, peer, (address, place, open));
        tokio::spawn(self.connections.track_future(connection));
    }

    async fn connection(self: Arc<Entrance>, stream: TcpStream, peer: SocketAddr, places: Places) {
        let activity = Arc::new(Activity::default());
        let reader = Reader {
            edge: Arc::clone(&self.edge),
            peer,
            limits: Arc::clone(&self.limits),
            stop: self.stop.clone(),
            activity: Arc::clone(&activity),
        };
        let io = Noted::new(stream, Arc::clone(&activity), 1);
        let connection = patiently(serve_http1(io, reader), &activity, &self.limits, Farewell::Close);
        match self.stop.unless(Stage::Cut, connection).await {
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err(error))) => tracing::debug!(%error, %peer, "a connection ended early"),
            Some(Err(why)) => self.give_up(peer, why),
            None => self.give_up(peer, GivenUp::CutOff),
        }
        drop(places);
    }

    fn give_up(&self, peer: SocketAddr, why: GivenUp) {
        tracing::debug!(%peer, reason = why.as_str(), "a connection was given up");
        self.edge.filler.metrics.connections.given_up(why);
    }
}
