//! Where the log stands, judged by the primary.

use common::{Head, Problem};
use http::StatusCode;

use crate::{
    api::{problem, reply::Reply, route::Call, views},
    store::changes,
};

/// The head of the log, read after the request arrived.
#[utoipa::path(get, path = "/internal/head", tag = "internal", security(("edge" = [])),
    responses((status = 200, description = "`{log, seq, at}`", body = views::HeadView), (status = 401, body = views::Problem)))]
pub async fn show(call: Call) -> Result<Reply, Problem> {
    let head = changes::head(&call.state.db).await.map_err(problem::from_store)?;
    call.state.api.metrics.saw_head(head.seq);
    Reply::json(StatusCode::OK, &Head { log: head.log, seq: head.seq, from: None, at: head.at })
}
