//! Bounded places for work that takes a processor: so many at once, so many that wait, and
//! whoever comes on top is told to come again.

use std::sync::Arc;

use common::Problem;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem;

/// Cheap to clone; clones share the bounds.
#[derive(Clone, Debug)]
pub struct Places {
    /// Those waiting and those working.
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Places {
    pub fn new(working_max: usize, waiting_max: usize) -> Places {
        Places { admitted: Arc::new(Semaphore::new(waiting_max + working_max)), working: Arc::new(Semaphore::new(working_max)) }
    }

    /// Runs `work` on a thread that may block.
    ///
    /// # Errors
    /// 503 when too many wait, 500 when it panics.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let places = self.take().await.ok_or_else(problem::unavailable)?;
        let work = tokio::task::spawn_blocking(move || {
            // Held by the thread: a client that hangs up frees nothing before the work ends.
            let _places = places;
            work()
        });
        work.await.map_err(|error| problem::internal(&error))
    }

    async fn take(&self) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().ok()?;
        let working = Arc::clone(&self.working).acquire_owned().await.ok()?;
        Some((admitted, working))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::kinds;

    #[tokio::test]
    async fn whoever_finds_no_place_is_told_to_come_again() {
        let places = Places::new(1, 1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let places = places.clone();
            async move { places.run(move || held.recv().is_ok()).await }
        });
        while places.working.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = tokio::spawn({
            let places = places.clone();
            async move { places.run(|| 2).await }
        });
        while places.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(places.run(|| 3).await.unwrap_err().kind, kinds::UNAVAILABLE);
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(second.await.unwrap().unwrap(), 2);
        assert_eq!(places.run(|| 4).await.unwrap(), 4);
    }
}
