//! RFC 9457: errors that programs can read.

use axum::response::IntoResponse;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::headers::PROBLEM_JSON;

/// One kind of problem: a stable name that clients may match on, and what it says to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The last part of `type`, a path below `/problems/`.
    pub slug: &'static str,
    pub title: &'static str,
    pub status: StatusCode,
}

impl Kind {
    pub const fn new(status: StatusCode, slug: &'static str, title: &'static str) -> Kind {
        Kind { slug, title, status }
    }
}

/// One mistake in a request's body or query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON Pointer into the body (`/title`), or `?name` for a query parameter.
    pub pointer: String,
    /// Stable, for programs: `too_long`.
    pub code: &'static str,
    /// For people.
    pub detail: String,
}

/// An error as the client sees it. Nothing internal belongs in here: what the operator needs
/// goes to the log under the same request id.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: Kind,
    pub detail: Option<String>,
    /// The request id; set where the response leaves.
    pub instance: Option<String>,
    pub errors: Vec<FieldError>,
    /// Further members (`limit_bytes`).
    pub extensions: Map<String, Value>,
    /// Headers to send along: `Retry-After`, `Allow`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn new(kind: Kind) -> Problem {
        Problem { kind, detail: None, instance: None, errors: Vec::new(), extensions: Map::new(), headers: Vec::new() }
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Problem {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn instance(mut self, request_id: impl Into<String>) -> Problem {
        self.instance = Some(request_id.into());
        self
    }

    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Problem {
        self.errors = errors;
        self
    }

    #[must_use]
    pub fn extension(mut self, name: &str, value: impl Into<Value>) -> Problem {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.headers.push((name, value));
        self
    }

    #[must_use]
    pub fn retry_after_s(self, seconds: u64) -> Problem {
        self.header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The whole answer: `application/problem+json`, never stored by anybody.
    pub fn into_http(self) -> Response<Bytes> {
        let mut members = Map::new();
        members.insert("type".to_owned(), format!("/problems/{}", self.kind.slug).into());
        members.insert("title".to_owned(), self.kind.title.into());
        members.insert("status".to_owned(), self.kind.status.as_u16().into());
        members.insert("detail".to_owned(), self.detail.into());
        members.insert("instance".to_owned(), self.instance.into());
        let errors = (!self.errors.is_empty()).then(|| serde_json::to_value(&self.errors).unwrap_or(Value::Null));
        members.insert("errors".to_owned(), errors.into());
        members.extend(self.extensions);

        let mut response = Response::new(Bytes::from(Value::Object(members).to_string()));
        *response.status_mut() = self.kind.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

impl IntoResponse for Problem {
    /// The problem itself rides along as an extension, so that a middleware can fill in
    /// `instance` or widen the caching without parsing JSON.
    fn into_response(self) -> axum::response::Response {
        let kept = self.clone();
        let mut response = self.into_http().map(axum::body::Body::from);
        response.extensions_mut().insert(kept);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: Kind = Kind::new(StatusCode::UNPROCESSABLE_ENTITY, "validation", "The request has mistakes");

    #[test]
    fn absent_members_are_null_never_missing() {
        let response = Problem::new(TEST).into_http();
        assert_eq!(response.status(), 422);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let expected = serde_json::json!({"type": "/problems/validation", "title": "The request has mistakes",
            "status": 422, "detail": null, "instance": null, "errors": null});
        assert_eq!(body, expected);
    }
}
