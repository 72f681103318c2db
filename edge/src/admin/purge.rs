//! `POST /purge`: tags, URLs or everything, hard or soft.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use common::{
    Problem, Tag,
    problem::{FieldError, Kind},
};
use http::{HeaderMap, Uri, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};

use super::Admin;
use crate::{
    key::{self, Key},
    purge::{Done, Order},
    tags::Strength,
};

/// Tags of one request.
pub const TAGS_MAX: usize = 1000;
/// URLs of one request.
pub const URLS_MAX: usize = 1000;
/// A request's body, in bytes: room for both lists at a length that occurs.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// From a request's head to the end of its body.
const BODY_WAIT: Duration = Duration::from_secs(10);
/// Mistakes told of at once.
const ERRORS_MAX: usize = 20;

const CLOSED: Kind = Kind::new(StatusCode::NOT_FOUND, "purging-closed", "This edge cannot be purged by hand");
const UNAUTHORIZED: Kind = Kind::new(StatusCode::UNAUTHORIZED, "unauthorized", "The purge token is missing or wrong");
const BAD_REQUEST: Kind = Kind::new(StatusCode::BAD_REQUEST, "bad-request", "The request cannot be understood");
const TIMEOUT: Kind = Kind::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", "The request's body did not come in time");
const TOO_LARGE: Kind = Kind::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The request's body is too large");
const INVALID: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", "The request has mistakes");

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wish {
    tags: Vec<String>,
    /// With scheme and authority, as a reader asks for them.
    urls: Vec<String>,
    all: bool,
    strength: Strength,
}

/// What a purge did. Every number is of this process.
#[derive(Debug, Serialize)]
struct Report {
    /// Its number, counted from the start of the process.
    number: u64,
    strength: Strength,
    all: bool,
    tags: usize,
    /// Of these, how many some stored entry carries, or has carried of late.
    tags_carried: usize,
    urls: Vec<PurgedUrl>,
    microseconds: u64,
}

#[derive(Debug, Serialize)]
struct PurgedUrl {
    url: String,
    /// What the URL is stored under.
    key: String,
    /// Its entries in memory: one per variant.
    entries: usize,
}

pub async fn purge(State(admin): State<Admin>, headers: HeaderMap, body: Body) -> Response {
    match purged(&admin, &headers, body).await {
        Ok(report) => ([(header::CACHE_CONTROL, "no-store")], Json(report)).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn purged(admin: &Admin, headers: &HeaderMap, body: Body) -> Result<Report, Problem> {
    let Some(token) = &admin.purge_token else {
        return Err(Problem::new(CLOSED).detail("set EDGE_PURGE_TOKEN or EDGE_PURGE_TOKEN_FILE to open it"));
    };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if !given.is_some_and(|given| token.current().matches(given)) {
        return Err(Problem::new(UNAUTHORIZED).header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
    }
    let wish: Wish = serde_json::from_slice(&read(body).await?)
        .map_err(|error| Problem::new(BAD_REQUEST).detail(format!("the body is not a purge in JSON: {error}")))?;
    let (order, urls) = understood(wish, &admin.edge.settings.hosts).map_err(|errors| Problem::new(INVALID).errors(errors))?;

    let clock = &admin.edge.filler.clock;
    let began = clock.now();
    let Done { number, tags_carried, entries } = admin.edge.purge(&order);
    let took = clock.now().saturating_sub(began);
    tracing::info!(
        number = number.get(),
        strength = order.strength.as_str(),
        all = order.everything,
        tags = order.tags.len(),
        urls = order.keys.len(),
        "purged by hand"
    );
    let found = urls.into_iter().zip(order.keys).zip(entries);
    Ok(Report {
        number: number.get(),
        strength: order.strength,
        all: order.everything,
        tags: order.tags.len(),
        tags_carried,
        urls: found.map(|((url, key), entries)| PurgedUrl { url, key: key.to_string(), entries }).collect(),
        microseconds: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
    })
}

async fn read(body: Body) -> Result<bytes::Bytes, Problem> {
    let reading = Limited::new(body, BODY_BYTES_MAX).collect();
    match tokio::time::timeout(BODY_WAIT, reading).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Problem::new(TOO_LARGE)
            .detail(format!("at most {BODY_BYTES_MAX} bytes"))
            .extension("limit_bytes", BODY_BYTES_MAX)),
        Ok(Err(_)) => Err(Problem::new(BAD_REQUEST).detail("the body was cut short")),
        Err(_) => Err(Problem::new(TIMEOUT)),
    }
}

/// Every mistake at once, or none: half a purge would look like a whole one.
fn understood(wish: Wish, hosts: &[Box<str>]) -> Result<(Order, Vec<String>), Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut mistake = |pointer: String, code: &'static str, detail: String| {
        if errors.len() < ERRORS_MAX {
            errors.push(FieldError { pointer, code, detail });
        }
    };
    for (name, count, limit) in [("/tags", wish.tags.len(), TAGS_MAX), ("/urls", wish.urls.len(), URLS_MAX)] {
        if count > limit {
            mistake(name.to_owned(), "too_many", format!("at most {limit} in one request"));
        }
    }
    if wish.tags.is_empty() && wish.urls.is_empty() && !wish.all {
        mistake(String::new(), "empty", "name tags or urls, or say all".to_owned());
    }
    let mut order = Order { everything: wish.all, strength: wish.strength, ..Order::default() };
    for (at, tag) in wish.tags.iter().enumerate().take(TAGS_MAX) {
        match Tag::parse(tag) {
            Ok(tag) => order.tags.push(tag),
            Err(error) => mistake(format!("/tags/{at}"), "invalid", error.to_string()),
        }
    }
    for (at, url) in wish.urls.iter().enumerate().take(URLS_MAX) {
        match url_key(url, hosts) {
            Ok(key) => order.keys.push(key),
            Err(detail) => mistake(format!("/urls/{at}"), "invalid", detail),
        }
    }
    if errors.is_empty() { Ok((order, wish.urls)) } else { Err(errors) }
}

fn url_key(url: &str, hosts: &[Box<str>]) -> Result<Key, String> {
    let uri: Uri = url.parse().map_err(|_| "not a URL".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("expected http://host/path or https://host/path".to_owned());
    }
    key::key(&uri, None, hosts).map_err(|error| error.to_string())
}
