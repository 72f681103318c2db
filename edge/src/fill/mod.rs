//! Getting an answer from beyond this process: collapsing, Redis, the origin, and what to
//! make of what comes back.

pub(crate) mod decoding;
mod fetch;
mod keep;
mod outcome;
mod receive;
mod remembered;
mod request;
mod stall;
mod table;
mod unkeyed;
mod waiting;

pub use self::{
    fetch::Filler,
    outcome::{Answer, Failure, Inadmissible, Need, Outcome, Source},
    remembered::{FAILED_FOR, UNCACHEABLE_FOR},
    request::{FillRequest, add_via, require, shared_headers},
    table::{Duty, FillLimits, FillTable, Joined, Private},
    unkeyed::without_unkeyed,
    waiting::{Heard, Waiting},
};
