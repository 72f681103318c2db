//! The snapshot of a public read, begun by its handler once it knows what to look for: a
//! request that cannot succeed costs the database nothing.

use std::sync::{Arc, OnceLock};

use common::{LogId, Problem, Seq, Timestamp};

use super::{min_seq::MinSeq, problem};
use crate::{state::AppState, store::Snapshot};

/// What an answer was read from.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Number and log of the very snapshot that the handler read from (rule R1).
    pub as_of: Seq,
    pub log: LogId,
    /// When the last write that it shows was made. Nothing shown is younger, and nothing
    /// vanished later; the age of the rows alone would miss what left a list.
    pub at: Timestamp,
}

/// The right to begin one snapshot.
pub struct Opening {
    state: AppState,
    min_seq: Option<MinSeq>,
    seen: Arc<OnceLock<Seen>>,
}

impl Opening {
    pub fn new(state: AppState, min_seq: Option<MinSeq>) -> Opening {
        Opening { state, min_seq, seen: Arc::default() }
    }

    /// For when the handler does not use its own. What either sees is noted in one place.
    pub fn sibling(&self) -> Opening {
        Opening { state: self.state.clone(), min_seq: self.min_seq, seen: self.seen() }
    }

    /// Where what was seen will be noted.
    pub fn seen(&self) -> Arc<OnceLock<Seen>> {
        Arc::clone(&self.seen)
    }

    /// # Errors
    /// 503 when the database cannot be reached, 400 when the reader insists on a write that
    /// never was.
    pub async fn begin(self) -> Result<Snapshot, Problem> {
        let snapshot = Snapshot::begin(&self.state.db).await.map_err(problem::from_store)?;
        let (as_of, log) = (snapshot.as_of(), snapshot.log());
        self.state.api.metrics.saw_head(as_of);
        if let Some(wish) = self.min_seq {
            wish.check(as_of, log)?;
        }
        // Before the first write there is no time: later than the truth is safe.
        let at = Some(snapshot.at()).filter(|at| at.unix_ms() > 0).unwrap_or_else(|| self.state.clock.wall());
        // The sibling is used only when nobody has set it.
        let _ = self.seen.set(Seen { as_of, log, at });
        Ok(snapshot)
    }
}
