//! Waiting for conditions, never for time.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

/// How long a condition that must come true may take, on two busy cores. Shorter than what a
/// request is held up for, so that none ends by itself.
pub const EVENTUALLY_MAX: Duration = Duration::from_secs(45);
/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Waits until `look` finds something; fails with `what` after [`EVENTUALLY_MAX`].
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    in_time(&format!("waiting until {what}"), looking).await
}

/// Bounds what should end by itself, so that a hang is a failure with a name.
pub async fn in_time<T>(what: &str, task: impl Future<Output = T>) -> T {
    within(EVENTUALLY_MAX, what, task).await
}

pub async fn within<T>(limit: Duration, what: &str, task: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, task).await {
        Ok(done) => done,
        Err(_) => panic!("{what} took longer than {limit:?}"),
    }
}
