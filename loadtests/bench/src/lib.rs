//! The parts that `cargo stack bench` starts: an upstream that every server under test stands in
//! front of, a load generator that checks each answer, and two floors to compare with.
//! `loadtests/docs/bench.md` says what is measured and how to read it. And a simulation, which measures no
//! server: `loadtests/docs/capacity.md` says what came out of it.

pub mod args;
pub mod clock;
pub mod error;
pub mod histogram;
pub mod hit_ratio;
pub mod load;
pub mod page;
pub mod proc;
pub mod upstream;
