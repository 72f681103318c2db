//! The JSON that leaves, written down as types. Absent is `null`, never missing: no field is
//! ever skipped.

pub mod camera;
pub mod editor;
pub mod editorial;
pub mod photograph;
pub mod review;

use serde::Serialize;
use utoipa::ToSchema;

/// Where the neighbouring pages of a list are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Links {
    /// The address of the next page.
    pub next: Option<String>,
    /// The address of the previous page.
    pub prev: Option<String>,
}

/// A problem, after RFC 9457, as every error is answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable; below `/problems/`.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: Option<String>,
    /// The request id; null when caches may keep the answer.
    pub instance: Option<String>,
    /// Every mistake in the request, at once.
    pub errors: Option<Vec<ProblemError>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemError {
    /// JSON Pointer into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// Stable, for programs.
    pub code: String,
    pub detail: String,
}

/// Where the log stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeadView {
    pub log: String,
    pub seq: u64,
    pub at: String,
}

/// Addresses, each a path with its query.
#[derive(Debug, Serialize, ToSchema)]
pub struct PagesView {
    pub pages: Vec<String>,
    /// Where the list goes on; null at its end.
    pub next: Option<String>,
}

/// What an edge process reports.
#[derive(Debug, ToSchema)]
pub struct EdgeReportInput {
    /// ULID that the process took at its start.
    pub process: String,
    pub region: String,
    pub log: String,
    /// Its measured round trip.
    pub rtt_ms: f64,
    /// Where it stands.
    pub seq: Option<u64>,
    pub applied: Option<Vec<AppliedInput>>,
}

#[derive(Debug, ToSchema)]
pub struct AppliedInput {
    pub seq: u64,
    /// From applying to reporting.
    pub held_ms: f64,
}
