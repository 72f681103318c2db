//! What a route is. The table itself is in `table.rs`; the router, the tests, OPTIONS and the
//! documentation walk it.

use bytes::Bytes;
use common::Problem;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use serde::Serialize;
use ulid::Ulid;

use super::{
    auth::Actor, body::Accepts, idempotency, opening::Opening, pages, path::Path, policy::Policy, problem, query::Query,
    reply::Reply, server::Client, views::Links,
};
use crate::{
    domain::{Action, tags::Tags},
    photos::pipeline::Place,
    state::AppState,
    store::{WriteTx, idempotency::Ticket},
};

pub struct Route {
    pub method: Method,
    /// axum's spelling: `/v1/reviews/{slug}`.
    pub path: &'static str,
    /// The query parameters it knows: the parser's list, and that of `No-Vary-Search`.
    pub query: &'static [&'static str],
    pub access: Access,
}

/// Who may call a route, and with what it is called.
pub enum Access {
    /// Everybody; the answer may be stored.
    Public { policy: Policy, run: fn(Read) -> BoxFuture<'static, Result<Answer, Problem>> },
    /// Everybody, to become somebody.
    SignIn { run: fn(Call) -> BoxFuture<'static, Result<Reply, Problem>> },
    /// Who is signed in and whose role allows `needs`, on something of their own at least;
    /// the handler judges what belongs to whom.
    Editorial { needs: Needs, accepts: Accepts, run: fn(Call, Actor) -> BoxFuture<'static, Result<Reply, Problem>> },
    /// An edge with its token.
    Edge { accepts: Accepts, run: fn(Call) -> BoxFuture<'static, Result<Reply, Problem>> },
}

/// What a role must allow before a handler is called at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Being signed in.
    Session,
    Action(Action),
}

/// A public read: the right to one snapshot, and what the reader named.
pub struct Read {
    pub state: AppState,
    pub opening: Opening,
    pub path: Path,
    pub query: Query,
    /// For links to other pages of the same list.
    pub uri_path: String,
}

/// An editorial or internal request, its body read.
pub struct Call {
    pub state: AppState,
    pub path: Path,
    pub query: Query,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub client: Option<Client>,
    /// The right to answer under the request's `Idempotency-Key`.
    pub ticket: Option<Ticket>,
    /// The place to work on an upload, taken before its body was read.
    pub place: Option<Place>,
}

impl Call {
    /// A new id, of this moment.
    pub fn new_id(&self) -> Ulid {
        self.state.entropy.ulid(self.state.clock.wall())
    }

    /// Begins the one transaction of a write.
    ///
    /// # Errors
    /// 503 when the database cannot be reached.
    pub async fn write(&self, actor: &Actor) -> Result<WriteTx, Problem> {
        WriteTx::begin(&self.state.db, Some(&actor.editor)).await.map_err(problem::from_store)
    }

    /// Ends a write: `reply` becomes durable together with it, for a repeated request, and
    /// leaves with the write's number.
    ///
    /// # Errors
    /// 503 when it is not durable, or not known to be.
    pub async fn commit(&self, tx: WriteTx, reply: Reply) -> Result<Reply, Problem> {
        let answer = self.ticket.as_ref().map(|ticket| (ticket, idempotency::stored(&reply)));
        let answer = answer.as_ref().map(|(ticket, answer)| (*ticket, answer));
        let committed = tx.commit(answer).await.map_err(problem::from_store)?;
        self.state.api.metrics.writes.inc();
        self.state.api.metrics.saw_head(committed.seq);
        Ok(reply.written(committed.seq, committed.log))
    }

    /// The same for a POST that turned out to change nothing.
    ///
    /// # Errors
    /// 503 when the answer cannot be kept.
    pub async fn answered(&self, reply: Reply) -> Result<Reply, Problem> {
        if let Some(ticket) = &self.ticket {
            ticket.answer(&self.state.db, &idempotency::stored(&reply)).await.map_err(problem::from_store)?;
        }
        Ok(reply)
    }
}

/// What a public handler found: the content and what it depends on. How long it may be kept
/// is the route's policy, when there is content, and [`Policy::Absent`], when there is none.
pub struct Answer {
    pub content: Content,
    pub tags: Tags,
    pub language: String,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

pub enum Content {
    Found {
        content_type: HeaderValue,
        bytes: Bytes,
    },
    /// A redirect that may be stored.
    Moved {
        status: StatusCode,
        location: HeaderValue,
    },
    /// Nothing, which may be stored too: its tags are those that the creating write purges.
    Absent(Box<Problem>),
}

/// Where there is no text.
const NO_LANGUAGE: &str = "zxx";
/// What problems are written in.
const ENGLISH: &str = "en";

impl Answer {
    /// # Errors
    /// When `view` cannot be written as JSON, which is a mistake of ours.
    pub fn json(view: &impl Serialize, tags: Tags, language: impl Into<String>) -> Result<Answer, Problem> {
        let bytes = serde_json::to_vec(view).map_err(|error| problem::internal(&error))?;
        Ok(Answer::found(HeaderValue::from_static("application/json"), bytes, tags, language))
    }

    pub fn image(content_type: HeaderValue, bytes: Bytes, tags: Tags) -> Answer {
        Answer::found(content_type, bytes, tags, NO_LANGUAGE)
    }

    pub fn found(content_type: HeaderValue, bytes: impl Into<Bytes>, tags: Tags, language: impl Into<String>) -> Answer {
        let content = Content::Found { content_type, bytes: bytes.into() };
        Answer { content, tags, language: language.into(), headers: Vec::new() }
    }

    /// # Errors
    /// When `location` is no legal header, which its type should have excluded.
    pub fn moved(status: StatusCode, location: &str, tags: Tags) -> Result<Answer, Problem> {
        let location = HeaderValue::from_str(location).map_err(|error| problem::internal(&error))?;
        let content = Content::Moved { status, location };
        Ok(Answer { content, tags, language: NO_LANGUAGE.to_owned(), headers: Vec::new() })
    }

    pub fn absent(problem: Problem, tags: Tags) -> Answer {
        let content = Content::Absent(Box::new(problem));
        Answer { content, tags, language: ENGLISH.to_owned(), headers: Vec::new() }
    }

    /// Adds `Link` for the neighbouring pages.
    #[must_use]
    pub fn links(mut self, links: &Links) -> Answer {
        self.headers.extend(pages::header(links));
        self
    }
}
