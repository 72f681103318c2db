//! All readers, from the first to the last.

use std::{sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Stage, accept::Entrance};

/// Where readers connect.
#[derive(Debug)]
pub struct Listeners {
    pub http: TcpListener,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request was answered.
    Completely,
    /// This many connections were cut off when the limit ran out.
    CutOff(usize),
}

/// Serves on the runtime that calls it until `shutdown`, then drains.
pub async fn serve(entrance: Arc<Entrance>, listeners: Listeners, shutdown: CancellationToken) -> Drained {
    let accepting = tokio::spawn(Arc::clone(&entrance).accept(listeners.http));
    shutdown.cancelled().await;
    entrance.stop.enter(Stage::Draining);
    drop(accepting.await);
    drain(&entrance).await
}

async fn drain(entrance: &Entrance) -> Drained {
    entrance.connections.close();
    let half = entrance.limits.drain / 2;
    if ended(entrance, half).await {
        return Drained::Completely;
    }
    entrance.stop.enter(Stage::Closing);
    if ended(entrance, half).await {
        return Drained::Completely;
    }
    let left = entrance.connections.len();
    entrance.stop.enter(Stage::Cut);
    if left == 0 { Drained::Completely } else { Drained::CutOff(left) }
}

async fn ended(entrance: &Entrance, within: Duration) -> bool {
    tokio::time::timeout(within, entrance.connections.wait()).await.is_ok()
}
