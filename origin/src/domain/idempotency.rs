//! Answers that are given again.

use std::collections::BTreeMap;

use common::Seq;

/// An answer to a POST, kept so that a repeated request is answered and not done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: u16,
    /// Headers that are not derived from elsewhere: `Location`, `ETag`, `Content-Type`.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
    /// The number of the write, for `Rcr-Seq`; filled in by the commit.
    pub seq: Option<Seq>,
}
