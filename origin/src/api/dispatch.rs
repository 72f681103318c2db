//! From a matched path to its handler: method, query, credentials, body, snapshot, in this
//! order, so that a request that cannot succeed costs as little as possible.

use std::time::Duration;

use axum::body::Body;
use common::Problem;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use tracing::Instrument as _;

use super::{
    auth, body,
    body::Accepts,
    cors, editorial, idempotency, kinds,
    min_seq::MinSeq,
    opening::{Opening, Seen},
    path::Path,
    policy::Policy,
    problem,
    query::Query,
    reply::{Caching, Payload, Reply},
    route::{Access, Answer, Call, Content, Read, Route},
    server::Client,
};
use crate::{photos::pipeline::Place, state::AppState};

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
            run(call(state, path, query, parts, body, None)).await
        }
        Access::Edge { accepts, run } => {
            auth::require_edge(&state, &parts.headers)?;
            let body = body::read(accepts, &parts.headers, body).await?;
            run(call(state, path, query, parts, body, None)).await
        }
        Access::Editorial { needs, accepts, run } => {
            let actor = auth::require_editor(&state, &parts.headers).await?;
            actor.require(needs)?;
            let key = idempotency::key(&parts)?;
            // Before a byte of the body: the places bound how many uploads are held in memory.
            let place = match accepts {
                Accepts::Upload(_) => Some(state.pipeline.admit().map_err(editorial::photographs::refused)?),
                Accepts::Nothing | Accepts::Json(_) | Accepts::SecretJson(_) => None,
            };
            let body = body::read(accepts, &parts.headers, body).await?;
            let mut fingerprint = idempotency::fingerprint(&parts, &body);
            if let (Some(key), Accepts::SecretJson(_)) = (&key, accepts) {
                fingerprint = idempotency::stretched(&state.api.passwords, fingerprint, &actor, key).await?;
            }
            let wait_max = state.api.request_wait_max;
            let call = call(state, path, query, parts, body, place);
            // On a task of its own: an editor who hangs up does not stop a write half way
            // between the manuscript and its answer. The task has an end too: after it
            // another request may take over the key.
            let work = async move {
                match key {
                    Some(key) => idempotency::once(key, fingerprint, call, actor, run).await,
                    None => run(call, actor).await,
                }
            };
            let work = async move { tokio::time::timeout(wait_max, work).await.unwrap_or_else(|_| Err(too_slow())) };
            tokio::spawn(work.in_current_span()).await.unwrap_or_else(|error| {
                tracing::error!(%error, "a handler panicked");
                Err(Problem::new(kinds::INTERNAL))
            })
        }
    }
}

/// How long the head of an answer may take. The feed's too: what follows its head is the
/// body, and has no end.
pub fn wait_max(state: &AppState, route: Option<&Route>) -> Duration {
    match route.map(|route| &route.access) {
        Some(Access::Public { .. }) => state.api.read_wait_max,
        _ => state.api.request_wait_max,
    }
}

/// 503, as for anything that cannot be had now.
pub fn too_slow() -> Problem {
    let detail = "It took too long. A change may have been made all the same: repeat it with the same Idempotency-Key.";
    problem::unavailable().detail(detail)
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
    let opening = Opening::new(state.clone(), min_seq);
    let (sibling, seen) = (opening.sibling(), opening.seen());
    let answer = run(Read { state: state.clone(), opening, path, query, uri_path: parts.uri.path().to_owned() }).await?;
    if seen.get().is_none() {
        // A handler that looked at nothing: its answer is as good as of now.
        sibling.begin().await?.end().await;
    }
    let Some(&Seen { as_of, log, at }) = seen.get() else { return Err(problem::internal(&"an answer of no snapshot")) };
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
        last_modified: at,
        params: route.query,
    });
    Ok(reply)
}

fn call(state: AppState, path: Path, query: Query, parts: Parts, body: bytes::Bytes, place: Option<Place>) -> Call {
    let client = parts.extensions.get::<Client>().copied();
    Call { state, path, query, headers: parts.headers, body, client, ticket: None, place }
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
