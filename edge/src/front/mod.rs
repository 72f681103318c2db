//! HTTP/1.1 hits, answered before hyper sees them.
//!
//! hyper stays the HTTP implementation. In front of it, [`Gate`] reads each request's head with
//! hyper's own parser (`httparse`) and answers it if it is a plain GET or HEAD and a fresh copy
//! is at hand; every other request is handed to hyper byte for byte, and hyper's answer ends
//! before the gate looks at the next request. Whatever is unusual (a body, an upgrade, a head
//! that cannot be parsed) opens the gate for good: hyper then reads the socket itself.

mod gate;
mod hits;
mod reply;
mod scan;
mod target;
mod turn;

pub use self::{
    gate::{Gate, begins},
    hits::Hits,
    scan::HeadLimits,
    turn::{Asking, Turn},
};
