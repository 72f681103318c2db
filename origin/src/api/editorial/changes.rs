//! How far a write has come.

use common::{Problem, Seq};
use http::StatusCode;

use crate::{
    api::{
        auth::Actor,
        kinds, problem,
        reply::Reply,
        route::Call,
        views::{
            self,
            editorial::{ReceiptsView, RegionReceiptView},
        },
    },
    store::{changes, receipts},
};

/// Which regions have applied a write, and after how long.
#[utoipa::path(get, path = "/v1/editorial/changes/{seq}/receipts", tag = "changes", security(("session" = [])),
    params(("seq" = u64, Path, description = "A write's Rcr-Seq.")),
    responses((status = 200, body = ReceiptsView), (status = 404, body = views::Problem)))]
pub async fn receipts(call: Call, _actor: Actor) -> Result<Reply, Problem> {
    let seq = call.path.parse("seq", |text| Seq::parse(text.as_bytes()))?;
    let db = &call.state.db;
    let event = changes::find(db, seq).await.map_err(problem::from_store)?;
    let event = event.ok_or_else(|| Problem::new(kinds::NOT_FOUND))?;
    let regions = receipts::of_change(db, seq).await.map_err(problem::from_store)?;
    let regions = regions.into_iter().map(|receipt| RegionReceiptView {
        region: receipt.region,
        applied: receipt.applied,
        applied_ms: receipt.applied_ms,
        processes: receipt.processes,
    });
    Reply::json(StatusCode::OK, &ReceiptsView { seq, kind: event.kind, at: event.at, regions: regions.collect() })
}
