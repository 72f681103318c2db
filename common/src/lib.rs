//! What the origin and the edge must agree on, and nothing else: numbers, tags, events and
//! their wire format, header names, problems, configuration, telemetry and the HTTP listener.
//!
//! This crate knows neither reviews nor caches. If only one of the two programs needs a
//! thing, it belongs there.

pub mod clock;
pub mod coded;
pub mod config;
pub mod entropy;
pub mod event;
pub mod forwarded;
pub mod headers;
pub mod healthcheck;
pub mod listener;
pub mod log_id;
pub mod problem;
pub mod secret;
pub mod seq;
pub mod shutdown;
pub mod sse;
pub mod tag;
pub mod telemetry;
pub mod timestamp;
pub mod trace_context;
pub mod version;

pub use clock::{Clock, SystemClock};
pub use event::{Event, Head};
pub use log_id::LogId;
pub use problem::Problem;
pub use secret::{Rotated, Secret};
pub use seq::Seq;
pub use tag::Tag;
pub use timestamp::Timestamp;
