//! The edge as a whole, over real sockets. One test crate, so that it links once.
//!
//! `TEST_REDIS_URL` names a running Redis; `REDIS_SERVER_BIN` (or PATH) the binary for the
//! tests that stop one.
#![cfg(test)]

#[path = "../support/mod.rs"]
mod support;

mod admin;
mod bad_input;
mod collapse;
mod fill_after_purge;
mod handover;
mod listen_limits;
mod min_seq;
mod origin_down;
mod plain_passing;
mod plain_storing;
mod receipts;
mod redis_stops;
mod rule_doubt;
mod rule_epochs;
mod rule_feed;
mod rule_readers;
mod rule_regional;
mod rule_storing;
mod rule_validators;
mod smuggling;
mod staleness;
mod tls;
mod tls_abuse;
