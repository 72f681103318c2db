//! Whole processes: the shipped binaries of STACK_BIN_ORIGIN and STACK_BIN_EDGE with nothing but
//! their environment, before the real PostgreSQL, MongoDB and Redis, killed and stopped as an
//! operator or a power cut would.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test cannot go on without ends it")]

#[expect(dead_code, reason = "shared with the API's tests, which use more of it")]
#[path = "../api/client.rs"]
mod client;
#[path = "../real/mod.rs"]
mod real;

mod blocks;
mod child;
mod desk;
mod edge;
mod folder;
mod redis;
mod service;
mod texts;
mod wait;
mod world;

mod edge_killed;
mod expanded_schema;
mod fresh_text;
mod origin_dead;
mod origin_killed;
mod repairing;
mod rotating;
mod settings;
mod stopping;
