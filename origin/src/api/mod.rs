//! HTTP: from a request to a domain type or a problem, and back. Knows no SQL.
#![expect(clippy::result_large_err, reason = "a problem is an answer: there is one a request, and boxing it buys nothing")]

pub mod admin;
pub mod auth;
pub mod body;
pub mod cache;
pub mod coding;
pub mod conditional;
pub mod cors;
pub mod dispatch;
pub mod editorial;
pub mod envelope;
pub mod form;
pub mod idempotency;
pub mod internal;
pub mod kinds;
pub mod limiter;
pub mod limits;
pub mod metrics;
pub mod min_seq;
pub mod openapi;
pub mod opening;
pub mod pages;
pub mod passwords;
pub mod path;
pub mod places;
pub mod policy;
pub mod problem;
pub mod public;
pub mod query;
pub mod rendering;
pub mod reply;
pub mod route;
pub mod server;
pub mod shared;
pub mod table;
pub mod views;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{RawPathParams, State},
    routing::any,
};
use http::Request;

use self::{path::Path, route::Route};
use crate::state::AppState;

/// Everything in the route table, and an answer for everything else.
pub fn router(state: AppState) -> Router {
    let mut by_path: BTreeMap<&'static str, Vec<&'static Route>> = BTreeMap::new();
    for route in table::ROUTES {
        by_path.entry(route.path).or_default().push(route);
    }
    let mut router = Router::new();
    for (path, routes) in by_path {
        let routes: Arc<[&'static Route]> = routes.into();
        let handle = move |State(state): State<AppState>, path: PathParts, request: Request<Body>| {
            envelope::answer(state, Arc::clone(&routes), path.0, request)
        };
        router = router.route(path, any(handle));
    }
    let nothing =
        |State(state): State<AppState>, request: Request<Body>| envelope::answer(state, Arc::new([]), Path::default(), request);
    router.fallback(nothing).with_state(state)
}

/// The variable parts of the path. What is not UTF-8 is left out here and refused by
/// `path::check`, so that it is refused in one place.
struct PathParts(Path);

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for PathParts {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, state: &S) -> Result<PathParts, Self::Rejection> {
        let Ok(params) = RawPathParams::from_request_parts(parts, state).await else {
            return Ok(PathParts(Path::default()));
        };
        Ok(PathParts(Path::new(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())))))
    }
}
