//! From a matched path to its handler: method, query, credentials, body, snapshot, in this
//! order, so that a request that cannot succeed costs as little as possible.

use axum::body::Body;
use common::Problem;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use tracing::Instrument as _;

use super::{
    auth, body,
    body::Accepts,
    cors, idempotency, kinds,
    min_seq::MinSeq,
    path::Path,
    policy::Policy,
    problem,
    query::Query,
    reply::{Caching, Payload, Reply},
    route::{Access, Answer, Call, Content, Read, Route},
    server::Peer,
};
use crate::{state::AppState, store::Snapshot};

/// The route among those of one path that answers `method`.
pub fn choose(routes: &[&'static Route], method: &Method) -> Option<&'static Route> {
    // HEAD is GET without the body, which is cut off where the answer leaves.
    let wanted = if *method == Method::HEAD { &Method::GET } else { method };
    routes.iter().copied().find(|route| route.method == *wanted)
}

pub async fn dispatch(
    state: AppState,
    routes: &[&'static Route],
    path: Path,
    parts: Parts,
    body: Body,
) -> Result<Reply, Problem> {
    if routes.is_empty() {
        return Err(Problem::new(kinds::NOT_FOUND));
    }
    if parts.method == Method::OPTIONS {
        let public = routes.iter().any(|route| matches!(route.access, Access::Public { .. }));
        return Ok(cors::options(allow(routes), public));
    }
    let Some(route) = choose(routes, &parts.method) else {
        return Err(Problem::new(kinds::METHOD_NOT_ALLOWED).header(header::ALLOW, allow(routes)));
    };
    let query = Query::parse(parts.uri.query(), route.query)?;
    match route.access {
        Access::Public { policy, run } => public(state, route, policy, run, path, query, &parts).await,
        Access::SignIn { run } => {
            let body = body::read(Accepts::Json(super::limits::SMALL_BODY_BYTES_MAX), &parts.headers, body).await?;
            run(call(state, path, query, parts, body)).await
        }
        Access::Edge { accepts, run } => {
            auth::require_edge(&state, &parts.headers)?;
            let body = body::read(accepts, &parts.headers, body).await?;
            run(call(state, path, query, parts, body)).await
        }
        Access::Editorial { needs, accepts, run } => {
            let actor = auth::require_editor(&state, &parts.headers).await?;
            actor.require(needs)?;
            let key = idempotency::key(&parts)?;
            let body = body::read(accepts, &parts.headers, body).await?;
            let fingerprint = idempotency::fingerprint(&parts, &body);
            let call = call(state, path, query, parts, body);
            // On a task of its own: an editor who hangs up does not stop a write half way
            // between the manuscript and its answer.
            let work = async move {
                match key {
                    Some(key) => idempotency::once(key, fingerprint, call, actor, run).await,
                    None => run(call, actor).await,
                }
            };
            tokio::spawn(work.in_current_span()).await.unwrap_or_else(|error| {
                tracing::error!(%error, "a handler panicked");
                Err(Problem::new(kinds::INTERNAL))
            })
        }
    }
}

async fn public(
    state: AppState,
    route: &'static Route,
    policy: Policy,
    run: fn(Read) -> futures_util::future::BoxFuture<'static, Result<Answer, Problem>>,
    path: Path,
    query: Query,
    parts: &Parts,
) -> Result<Reply, Problem> {
    let min_seq = MinSeq::from_headers(&parts.headers)?;
    let snapshot = Snapshot::begin(&state.db).await.map_err(problem::from_store)?;
    // Number and log of the very snapshot that the handler reads from (rule R1).
    let (as_of, log) = (snapshot.as_of(), snapshot.log());
    state.api.metrics.saw_head(as_of);
    if let Some(wish) = min_seq {
        wish.check(as_of, log)?;
    }
    let answer = run(Read { state: state.clone(), snapshot, path, query, uri_path: parts.uri.path().to_owned() }).await?;
    let mut reply = match answer.content {
        Content::Found { content_type, bytes } => {
            Reply { payload: Payload::Bytes(bytes), ..Reply::empty(StatusCode::OK) }.header(header::CONTENT_TYPE, content_type)
        }
        Content::Moved { status, location } => Reply::empty(status).header(header::LOCATION, location),
        Content::Absent(problem) => Reply::from(*problem),
    };
    let policy = if reply.status == StatusCode::NOT_FOUND { Policy::Absent } else { policy };
    reply.headers.extend(answer.headers);
    reply.caching = Some(Caching {
        policy,
        as_of,
        log,
        tags: answer.tags,
        language: answer.language,
        last_modified: state.api.moments.of(&state, log, as_of).await,
        params: route.query,
    });
    Ok(reply)
}

fn call(state: AppState, path: Path, query: Query, parts: Parts, body: bytes::Bytes) -> Call {
    let peer = parts.extensions.get::<Peer>().copied();
    Call { state, path, query, headers: parts.headers, body, peer, ticket: None }
}

/// `Allow` of a path.
pub fn allow(routes: &[&'static Route]) -> HeaderValue {
    let mut methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    methods.push("OPTIONS");
    methods.sort_unstable();
    HeaderValue::from_str(&methods.join(", ")).unwrap_or_else(|_| HeaderValue::from_static(""))
}
