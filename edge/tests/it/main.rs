//! The edge as a whole, over real sockets. One test crate, so that it links once.
//!
//! `TEST_REDIS_URL` names a running Redis; `REDIS_SERVER_BIN` (or PATH) the binary for the
//! tests that stop one.
#![cfg(test)]

#[path = "../support/mod.rs"]
mod support;

mod abuse_answers;
mod abuse_clients;
mod admin;
mod bad_input;
mod codings;
mod collapse;
mod fill_after_purge;
mod fuzz_corpus;
mod handover;
mod late_heads;
mod listen_limits;
mod min_seq;
mod miss_coded;
mod miss_in_vain;
mod miss_stalls;
mod miss_upstream;
mod no_vary_search;
mod origin_down;
mod plain_passing;
mod plain_storing;
mod prefetch;
mod purge_by_hand_race;
mod purge_by_hand_rules;
mod purge_by_hand_scale;
mod receipts;
mod redis_stops;
mod refresh_ahead;
mod rule_doubt;
mod rule_epochs;
mod rule_feed;
mod rule_readers;
mod rule_regional;
mod rule_storing;
mod rule_validators;
mod seeing_documented;
mod seeing_log;
mod seeing_metrics;
mod seeing_metrics_listed;
mod smuggling;
mod staleness;
mod tag_headers_groups;
mod tag_headers_kinds;
mod tls;
mod tls_abuse;
