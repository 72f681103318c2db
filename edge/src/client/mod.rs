//! Who asks, and how much of the origin one client may take.

mod limiter;

pub use self::limiter::{Limiter, Limits, Place, Refused};
