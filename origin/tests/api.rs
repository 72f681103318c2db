//! The HTTP API on a real socket, with a real PostgreSQL (TEST_DATABASE_URL).
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test cannot go on without ends it")]

#[path = "api/bad_input.rs"]
mod bad_input;
#[path = "api/cache_policy.rs"]
mod cache_policy;
#[path = "api/caching.rs"]
mod caching;
#[path = "api/client.rs"]
mod client;
#[path = "api/edges.rs"]
mod edges;
#[path = "api/editing.rs"]
mod editing;
#[path = "api/failing.rs"]
mod failing;
#[path = "api/harness.rs"]
mod harness;
#[path = "api/idempotency.rs"]
mod idempotency;
#[path = "api/openapi.rs"]
mod openapi;
#[path = "api/roles.rs"]
mod roles;
#[path = "api/sessions.rs"]
mod sessions;
#[path = "api/story.rs"]
mod story;
