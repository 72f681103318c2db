//! A shared HTTP cache with tags, for one upstream.
//!
//! It knows nothing of what it caches: everything it must know about a response is in the
//! response's headers. `serve` is the way of a read; `tags` and `epoch` are why an answer is
//! right; `follow` is where the news comes from.

pub mod access_log;
pub mod admin;
pub mod breaker;
pub mod cache_status;
pub mod client;
pub mod codings;
pub mod config;
pub mod entry;
pub mod epoch;
pub mod exposed;
pub mod fill;
pub mod follow;
pub mod front;
pub mod judge;
pub mod key;
pub mod listen;
pub mod memory;
pub mod message;
pub mod metrics;
pub mod policy;
pub mod purge;
pub mod regional;
pub mod run;
pub mod serve;
pub mod tags;
pub mod upstream;
