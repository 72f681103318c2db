//! What a handler hands back, before it becomes an HTTP response.

use axum::body::Body;
use bytes::Bytes;
use common::{LogId, Problem, Seq, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{conditional::ETag, kinds, policy::Policy};
use crate::domain::tags::Tags;

/// An answer. The headers that the cache contract and the change log own are fields: only
/// `cache.rs` writes them.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub payload: Payload,
    /// `None` is `no-store`.
    pub caching: Option<Caching>,
    /// The entity tag of an editorial answer; a public one's is computed.
    pub etag: Option<ETag>,
    /// The number of the write that this answers.
    pub written: Option<Written>,
}

#[derive(Debug)]
pub enum Payload {
    Bytes(Bytes),
    /// The feed: endless.
    Stream(Body),
    /// Becomes bytes once the request id is known.
    Problem(Box<Problem>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub seq: Seq,
    pub log: LogId,
}

/// What a shared cache must know about an answer.
#[derive(Debug)]
pub struct Caching {
    pub policy: Policy,
    /// The snapshot that the answer was made from.
    pub as_of: Seq,
    pub log: LogId,
    /// What it depends on.
    pub tags: Tags,
    /// Languages of the content, separated by commas.
    pub language: String,
    pub last_modified: Timestamp,
    /// The query parameters that the route knows.
    pub params: &'static [&'static str],
}

impl Reply {
    pub fn bytes(status: StatusCode, content_type: &'static str, bytes: impl Into<Bytes>) -> Reply {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Reply { status, headers, payload: Payload::Bytes(bytes.into()), caching: None, etag: None, written: None }
    }

    /// # Errors
    /// When `body` cannot be written as JSON, which is a mistake of ours.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Reply, Problem> {
        let bytes = serde_json::to_vec(body).map_err(|error| {
            tracing::error!(%error, "an answer could not be written as JSON");
            Problem::new(kinds::INTERNAL)
        })?;
        Ok(Reply::bytes(status, "application/json", bytes))
    }

    pub fn empty(status: StatusCode) -> Reply {
        let payload = Payload::Bytes(Bytes::new());
        Reply { status, headers: HeaderMap::new(), payload, caching: None, etag: None, written: None }
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Reply {
        self.headers.append(name, value);
        self
    }

    #[must_use]
    pub fn etag(mut self, etag: ETag) -> Reply {
        self.etag = Some(etag);
        self
    }

    #[must_use]
    pub fn written(mut self, seq: Seq, log: LogId) -> Reply {
        self.written = Some(Written { seq, log });
        self
    }
}

impl From<Problem> for Reply {
    fn from(problem: Problem) -> Reply {
        let mut reply = Reply::empty(problem.kind.status);
        reply.payload = Payload::Problem(Box::new(problem));
        reply
    }
}
