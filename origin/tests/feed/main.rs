//! The feed, to the byte.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../store/support.rs"]
#[expect(dead_code, reason = "shared with the store's tests, which use more of it")]
mod support;

mod follow;
mod listening;
