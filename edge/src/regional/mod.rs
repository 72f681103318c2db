//! The second level: one region's Redis, shared by its edge processes.
//!
//! It holds entries and nothing of the protocol, so nothing there can be lost, evicted or
//! rolled back harmfully. What comes from it is treated exactly like a response from the
//! origin (R15).

mod codec;
mod redis;

use std::{future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use common::{LogId, Seq};

pub use self::{
    codec::{decode, encode},
    redis::{InvalidRedis, RedisRegional},
};
use crate::key::Key;

pub type Reply<T> = Pin<Box<dyn Future<Output = Result<T, RegionalError>> + Send>>;

/// The regional level did not answer in time, or not with sense. Never a reader's error: the
/// text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum RegionalError {
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    #[error("resting after a failure")]
    Resting,
    #[error(transparent)]
    Redis(#[from] ::redis::RedisError),
}

/// An entry as it is kept outside the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub as_of: Seq,
    pub payload: Bytes,
    /// What is left of its total lifetime: no clocks are compared, Redis counts it down.
    pub left: Duration,
}

/// A store shared by the processes of one region. Every call is bounded in time.
pub trait Regional: Send + Sync + 'static {
    fn get(&self, log: LogId, key: &Key) -> Reply<Option<Stored>>;

    /// Does not replace an entry with a higher number.
    fn put(&self, log: LogId, key: &Key, stored: Stored) -> Reply<()>;

    /// The name of the last log that a process of this region followed (R17).
    fn last_log(&self) -> Reply<Option<LogId>>;

    fn set_last_log(&self, log: LogId) -> Reply<()>;
}
