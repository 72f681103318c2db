//! All readers, from the first to the last.

use std::{io, num::NonZeroUsize, sync::Arc, thread, time::Duration};

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::{
    Stage,
    accept::{Door, Entrance},
    sockets::{Listeners, on_this_runtime},
};

/// Where connections are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// On the runtime that calls: for tests.
    Here,
    /// On this many threads, each with a runtime of its own: a connection never changes its
    /// thread, and nothing is shared between them on the way of a hit but the store.
    Threads(NonZeroUsize),
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every request was answered.
    Completely,
    /// This many connections were cut off when the limit ran out.
    CutOff(usize),
}

/// Serves until `shutdown`, then drains.
///
/// # Errors
/// When it cannot start: out of descriptors or threads.
pub async fn serve(
    entrance: Arc<Entrance>,
    listeners: Listeners,
    placement: Placement,
    shutdown: CancellationToken,
) -> io::Result<Drained> {
    // The workers' runtimes outlive the last connection of all of them.
    let over = CancellationToken::new();
    let mut workers = Vec::new();
    match placement {
        Placement::Here => {
            for door in doors(listeners)? {
                tokio::spawn(accepting(&entrance, door));
            }
        }
        Placement::Threads(count) => {
            for number in 0..count.get() {
                let runtime = Builder::new_current_thread().enable_all().build()?;
                let doors = {
                    let _on = runtime.enter();
                    doors(listeners.again()?)?
                };
                for door in doors {
                    runtime.spawn(accepting(&entrance, door));
                }
                workers.push(worker(number, runtime, over.clone())?);
            }
            drop(listeners);
        }
    }

    shutdown.cancelled().await;
    entrance.stop.enter(Stage::Draining);
    let drained = drain(&entrance).await;
    over.cancel();
    for worker in workers {
        if worker.join().is_err() {
            tracing::error!("a thread that served readers has panicked");
        }
    }
    Ok(drained)
}

/// Counted among the connections: one that waits for its place holds up the accepting.
fn accepting(entrance: &Arc<Entrance>, door: Door) -> impl Future<Output = ()> + Send + use<> {
    entrance.connections.track_future(Arc::clone(entrance).accept(door))
}

fn doors(listeners: Listeners) -> io::Result<Vec<Door>> {
    let shared = listeners.shared;
    let plain = Door { listener: on_this_runtime(listeners.http)?, tls: false, shared };
    let mut doors = vec![plain];
    if let Some(https) = listeners.https {
        doors.push(Door { listener: on_this_runtime(https)?, tls: true, shared });
    }
    Ok(doors)
}

fn worker(number: usize, runtime: Runtime, over: CancellationToken) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name(format!("readers-{number}")).spawn(move || runtime.block_on(over.cancelled()))
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
