//! What edges report.

use common::Problem;
use http::StatusCode;

use crate::{
    api::{kinds, problem, reply::Reply, route::Call, views},
    domain::EdgeReport,
    store::receipts,
};

/// A report of one edge process: its heartbeat, and what it has applied.
#[utoipa::path(post, path = "/internal/receipts", tag = "internal", security(("edge" = [])), request_body = views::EdgeReportInput,
    responses((status = 204), (status = 400, body = views::Problem), (status = 401, body = views::Problem),
        (status = 422, body = views::Problem)))]
pub async fn record(call: Call) -> Result<Reply, Problem> {
    let value: serde_json::Value = serde_json::from_slice(&call.body)
        .map_err(|error| Problem::new(kinds::NOT_JSON).detail(format!("Line {}, column {}.", error.line(), error.column())))?;
    // Written by a program of ours: the first mistake is enough.
    let report: EdgeReport =
        serde_json::from_value(value).map_err(|error| Problem::new(kinds::VALIDATION).detail(error.to_string()))?;
    if let Some(mistake) = report.mistake() {
        return Err(Problem::new(kinds::VALIDATION).detail(mistake));
    }
    receipts::record(&call.state.db, &report, call.new_id()).await.map_err(problem::from_store)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
