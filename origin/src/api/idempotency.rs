//! `Idempotency-Key`: the same POST twice is done once and answered twice.

use std::collections::BTreeMap;

use common::{Problem, headers::IDEMPOTENCY_KEY};
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use sha2::{Digest as _, Sha256 as Digest};

use super::{
    auth::Actor,
    conditional::ETag,
    kinds,
    passwords::Passwords,
    problem,
    reply::{Payload, Reply},
    route::Call,
};
use crate::{
    domain::{Sha256, StoredAnswer},
    store::{
        changes,
        idempotency::{self as store, Begun, KEY_BYTES_MAX, Ticket},
    },
};

type Run = fn(Call, Actor) -> BoxFuture<'static, Result<Reply, Problem>>;

/// The key of a POST; other methods are idempotent by themselves.
///
/// # Errors
/// 400 when a POST has none, several, or one that is not printable ASCII.
pub fn key(parts: &Parts) -> Result<Option<String>, Problem> {
    if parts.method != Method::POST {
        return Ok(None);
    }
    let bad = |why: String| Err(Problem::new(kinds::IDEMPOTENCY_KEY_MISSING).detail(why));
    let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return bad("Send a new one for each new request.".to_owned()) };
    let text = value.to_str().unwrap_or_default();
    if values.next().is_some()
        || text.is_empty()
        || text.len() > KEY_BYTES_MAX
        || !text.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return bad(format!("One of 1 to {KEY_BYTES_MAX} printable ASCII characters is expected."));
    }
    Ok(Some(text.to_owned()))
}

/// Of everything that makes a request what it is.
pub fn fingerprint(parts: &Parts, body: &[u8]) -> Sha256 {
    let if_match = parts.headers.get(header::IF_MATCH).map_or(&b""[..], HeaderValue::as_bytes);
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    let mut digest = Digest::new();
    for part in [parts.method.as_str().as_bytes(), target.as_bytes(), if_match, body] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    Sha256(digest.finalize().into())
}

/// The fingerprint of a body that holds a password. A plain digest of it would let whoever
/// sees the table try passwords at the speed of SHA-256; this one costs them what the stored
/// password hashes do. The salt is a digest of whose key it is and of the key, so that a
/// repeated request comes to the same and no two others do.
///
/// # Errors
/// 503 when too many hashes are waited for.
pub async fn stretched(passwords: &Passwords, fingerprint: Sha256, actor: &Actor, key: &str) -> Result<Sha256, Problem> {
    // The scope has a fixed length, so the two never run together.
    let salt = Sha256::of(format!("idempotency {} {key}", actor.id()).as_bytes());
    passwords.stretch(fingerprint, salt).await
}

/// Runs the handler unless the key has an answer already. The handler's commit stores the
/// answer (`Call::commit`), so that the write and its answer are one.
pub async fn once(key: String, fingerprint: Sha256, mut call: Call, actor: Actor, run: Run) -> Result<Reply, Problem> {
    let state = call.state.clone();
    let attempt = state.entropy.ulid(state.clock.wall());
    let scope = actor.id().to_string();
    let begun = store::begin(&state.db, &scope, &key, fingerprint, attempt).await.map_err(problem::from_store)?;
    let ticket = match begun {
        Begun::New(ticket) => ticket,
        Begun::Replay(answer) => return replay(&state, answer).await,
        Begun::Mismatch => return Err(Problem::new(kinds::IDEMPOTENCY_KEY_REUSED)),
        Begun::InFlight => return Err(Problem::new(kinds::IN_FLIGHT).retry_after_s(1)),
    };
    let guard = Abandon { state: state.clone(), ticket: Some(ticket.clone()) };
    call.ticket = Some(ticket);
    let reply = run(call, actor).await?;
    guard.disarm();
    Ok(reply)
}

/// Frees the key when the handler fails, also by a panic: the request may be sent again.
///
/// Safe also when it is unknown whether the commit happened: the answer was written in that
/// very transaction, so the row is locked until it is decided, and with an answer it stays.
struct Abandon {
    state: crate::state::AppState,
    ticket: Option<Ticket>,
}

impl Abandon {
    fn disarm(mut self) {
        self.ticket = None;
    }
}

impl Drop for Abandon {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let state = self.state.clone();
        tokio::spawn(async move {
            if let Err(error) = ticket.abandon(&state.db).await {
                tracing::warn!(%error, "an idempotency key stays taken until it expires");
            }
        });
    }
}

/// What a repeated request will be answered.
pub fn stored(reply: &Reply) -> StoredAnswer {
    let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let mut headers: BTreeMap<String, String> =
        reply.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    if let Some(etag) = &reply.etag {
        headers.insert(header::ETAG.as_str().to_owned(), etag.as_str().to_owned());
    }
    let body = match &reply.payload {
        Payload::Bytes(bytes) => bytes.to_vec(),
        // Failures are not stored, and only the feed streams.
        Payload::Stream(_) | Payload::Problem(_) => Vec::new(),
    };
    StoredAnswer { status: reply.status.as_u16(), headers, body, seq: None }
}

async fn replay(state: &crate::state::AppState, answer: StoredAnswer) -> Result<Reply, Problem> {
    let status = StatusCode::from_u16(answer.status).map_err(|error| problem::internal(&error))?;
    let mut reply = Reply::empty(status);
    reply.payload = Payload::Bytes(answer.body.into());
    for (name, value) in &answer.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else { continue };
        if name == header::ETAG {
            reply.etag = ETag::parse(&value);
        } else {
            reply.headers.insert(name, value);
        }
    }
    match answer.seq {
        // Numbers go on when a log is renewed, so the number counts in the present one too.
        Some(seq) => {
            let head = changes::head(&state.db).await.map_err(problem::from_store)?;
            Ok(reply.written(seq, head.log))
        }
        None => Ok(reply),
    }
}
