//! When a number was taken, for `Last-Modified`.

use common::{LogId, Seq, Timestamp};
use tokio::sync::Mutex;

use crate::{state::AppState, store::changes};

/// The last number asked for and its time. A number's time never changes, so it may be kept;
/// reads between two writes share one lookup.
#[derive(Debug, Default)]
pub struct Moments(Mutex<Option<(LogId, Seq, Timestamp)>>);

impl Moments {
    /// The time of the last write that a snapshot shows. Nothing shown is younger, and nothing
    /// vanished later; the age of the rows alone would miss what left a list.
    pub async fn of(&self, state: &AppState, log: LogId, seq: Seq) -> Timestamp {
        let mut last = self.0.lock().await;
        if let Some((_, _, at)) = last.filter(|(known_log, known, _)| *known_log == log && *known == seq) {
            return at;
        }
        match changes::find(&state.db, seq).await {
            Ok(Some(event)) => {
                *last = Some((log, seq, event.at));
                event.at
            }
            // Before the first write, or no longer in the log: later than the truth is safe.
            Ok(None) => state.clock.wall(),
            Err(error) => {
                tracing::warn!(%error, "the time of a write could not be read");
                state.clock.wall()
            }
        }
    }
}
