//! What the tests share: an origin that does as it is told, an edge in this process, a small
//! HTTP client, and waiting for conditions. Everything speaks over real sockets.

pub mod client;
pub mod edge;
pub mod origin;
pub mod raw;
pub mod redis;
pub mod rng;
pub mod tls;

use std::time::Duration;

use common::Seq;

pub use self::{
    client::Reply,
    edge::{EdgeBuilder, HOST, PURGE_TOKEN, TestEdge},
    origin::{Held, HoldAt, Mood, Offer, Origin, Page, Purge},
    redis::{RedisServer, redis_url},
    rng::Rng,
};

/// How long a condition that must come true may take.
pub const EVENTUALLY_MAX: Duration = Duration::from_secs(15);
/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Waits until `look` finds something; fails with `what` after [`EVENTUALLY_MAX`].
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    match tokio::time::timeout(EVENTUALLY_MAX, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {EVENTUALLY_MAX:?} in vain until {what}"),
    }
}

/// Waits until `holds` does.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looking = async {
        while !holds() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    if tokio::time::timeout(EVENTUALLY_MAX, looking).await.is_err() {
        panic!("waited {EVENTUALLY_MAX:?} in vain until {what}");
    }
}

/// Bounds what should end by itself, so that a hang is a failure with a name.
pub async fn in_time<T>(what: &str, task: impl Future<Output = T>) -> T {
    match tokio::time::timeout(EVENTUALLY_MAX, task).await {
        Ok(done) => done,
        Err(_) => panic!("{what} took longer than {EVENTUALLY_MAX:?}"),
    }
}

pub fn seq(n: u64) -> Seq {
    Seq::new(n).unwrap()
}

pub fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
