//! Who did what: for admins.

use common::{Problem, Seq, Timestamp};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{
        auth::Actor,
        pages, problem,
        reply::Reply,
        route::Call,
        views::{self, Links},
    },
    domain::EditorId,
    store::audit::{self, AuditEntry},
};

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditListView {
    pub items: Vec<AuditEntryView>,
    pub links: Links,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntryView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Null for the system itself.
    #[schema(value_type = Option<String>)]
    pub actor: Option<EditorId>,
    pub action: String,
    pub subject: Option<String>,
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
    /// The number of the write, if readers could see it.
    #[schema(value_type = Option<u64>)]
    pub seq: Option<Seq>,
}

/// The audit log, the latest first.
#[utoipa::path(get, path = "/v1/editorial/audit", tag = "editors", security(("session" = [])),
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = AuditListView), (status = 403, body = views::Problem)))]
pub async fn list(mut call: Call, _actor: Actor) -> Result<Reply, Problem> {
    let request = pages::request(&mut call.query);
    call.query.check()?;
    let page = audit::list(&call.state.db, &request).await.map_err(problem::from_store)?;
    let links = pages::links("/v1/editorial/audit", &call.query, page.next.as_ref(), page.prev.as_ref());
    let view = AuditListView { items: page.items.into_iter().map(AuditEntryView::from).collect(), links };
    Ok(pages::linked(Reply::json(StatusCode::OK, &view)?, &view.links))
}

impl From<AuditEntry> for AuditEntryView {
    fn from(entry: AuditEntry) -> AuditEntryView {
        AuditEntryView {
            at: entry.at,
            actor: entry.actor,
            action: entry.action,
            subject: entry.subject,
            detail: entry.detail,
            seq: entry.seq,
        }
    }
}
