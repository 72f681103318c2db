//! The write service, and the public read API that edges fill from.
//!
//! Dependency runs one way: `api → domain ← store`. See ARCHITECTURE.md.

pub mod api;
pub mod aws;
pub mod cdn;
pub mod config;
pub mod domain;
pub mod feed;
pub mod manuscripts;
pub mod objects;
pub mod photos;
pub mod sample;
pub mod state;
pub mod store;
