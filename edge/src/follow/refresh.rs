//! Refreshing ahead what an event has purged.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{ASKED_MAX, Follower};

/// Beside the feed: an event is applied, and the next read, whatever becomes of this.
pub async fn run(follower: Arc<Follower>) {
    let edge = &follower.edge;
    let places = Arc::new(Semaphore::new(ASKED_MAX));
    loop {
        // One look for all the events that came during the last.
        follower.purged.notified().await;
        let epoch = edge.epoch.load_full();
        for page in edge.read_and_purged(&epoch) {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            // With the origin away what readers read is kept as it is; of an epoch that has ended nothing is.
            if !epoch.is_confirmed(edge.filler.clock.now()) || !Arc::ptr_eq(&edge.epoch.load(), &epoch) {
                break;
            }
            let edge = Arc::clone(edge);
            tokio::spawn(async move {
                let fetched = edge.refresh(page).await;
                edge.filler.metrics.refreshed_ahead(fetched);
                drop(place);
            });
        }
    }
}
