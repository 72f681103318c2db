//! Getting an answer from beyond this process: collapsing, Redis, the origin, and what to
//! make of what comes back.

mod fetch;
mod outcome;
mod receive;
mod request;
mod table;

pub use self::{
    fetch::Filler,
    outcome::{Answer, Failure, Inadmissible, Need, Outcome, Source},
    request::{FillRequest, require, shared_headers},
    table::{Duty, Fill, FillTable, Joined},
};
