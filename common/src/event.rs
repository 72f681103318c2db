//! One write, as edges hear of it.

use serde::{Deserialize, Serialize};

use crate::{LogId, Seq, Tag, Timestamp};

/// The most tags one event may carry. A write that would carry more purges its collection's
/// tag instead.
pub const EVENT_TAGS_MAX: usize = 1000;

/// One committed write: which tags it makes stale, unusable, or gone for good. The order of
/// the fields is the order on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub seq: Seq,
    /// When the writing transaction took its number, by the database's clock.
    pub at: Timestamp,
    /// What happened, for people and logs: `review.published`.
    pub kind: String,
    /// Never used again by a process that has applied the event, whatever fails.
    pub gone: Vec<Tag>,
    /// Not used, except while the origin cannot be reached, and then marked.
    pub hard: Vec<Tag>,
    /// Stale from now on.
    pub soft: Vec<Tag>,
}

impl Event {
    pub fn tag_count(&self) -> usize {
        self.gone.len() + self.hard.len() + self.soft.len()
    }
}

/// Where the log stands. Sent first on every connection (with `from`, the number after which
/// the rows begin), then every second, and answered by `GET /internal/head` (without `from`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub log: LogId,
    pub seq: Seq,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Seq>,
    pub at: Timestamp,
}
