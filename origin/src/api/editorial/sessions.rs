//! Signing in and out.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use common::Problem;
use http::{HeaderName, StatusCode};

use crate::{
    api::{
        auth::Actor,
        form::{self, Form},
        kinds,
        limiter::Verdict,
        limits::{EMAIL_BYTES_MAX, PASSWORD_BYTES_MAX},
        problem,
        reply::Reply,
        route::Call,
        views::{self, editorial::SessionView},
    },
    domain::Sha256,
    store::{StoreError, audit, editors, sessions},
};

/// 256 bits: cannot be guessed, so its plain hash is enough to store.
const TOKEN_BYTES: usize = 32;

/// What signing in needs.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct SignInInput {
    pub email: String,
    pub password: String,
}

/// Sign in.
#[utoipa::path(post, path = "/v1/editorial/sessions", tag = "sessions", request_body = SignInInput,
    responses((status = 201, body = SessionView), (status = 401, body = views::Problem), (status = 422, body = views::Problem),
        (status = 429, body = views::Problem, description = "With Retry-After and RateLimit.")))]
pub async fn open(call: Call) -> Result<Reply, Problem> {
    let SignInInput { email, password } = parse(&call.body)?;
    let state = &call.state;
    // Many people may share an address: its limit is wide, the account's is narrow.
    let client = call.client.map_or_else(String::new, |client| client.0.to_string());
    let by_peer = state.api.sign_in_by_peer.attempt(client.as_bytes());
    refuse_unless_allowed(by_peer)?;
    let account = email.to_lowercase();
    let by_account = state.api.sign_in_by_account.attempt(account.as_bytes());
    refuse_unless_allowed(by_account)?;

    let found = editors::find_by_email(&state.db, &email).await.map_err(problem::from_store)?;
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    // The same work for an unknown address: time tells nothing.
    let matches = state.api.passwords.verify(password, hash).await?;
    let editor = found.map(|found| found.editor).filter(|editor| matches && editor.suspended_at.is_none());
    let Some(editor) = editor else { return Err(wrong(by_account)) };

    let mut token = [0; TOKEN_BYTES];
    state.entropy.fill(&mut token);
    let token = URL_SAFE_NO_PAD.encode(token);
    let expires_at = match sessions::open(&state.db, Sha256::of(token.as_bytes()), editor.id).await {
        Ok(expires_at) => expires_at,
        // Suspended this very moment.
        Err(StoreError::NotFound(_)) => return Err(wrong(by_account)),
        Err(error) => return Err(problem::from_store(error)),
    };
    // Only for the record: a sign-in does not fail for it.
    if let Err(error) = audit::enter(&state.db, Some(editor.id), "session.opened", None, serde_json::json!({})).await {
        tracing::warn!(%error, "a sign-in was not entered in the audit log");
    }
    state.api.sign_in_by_account.forgive(account.as_bytes());
    state.api.sign_in_by_peer.forgive(client.as_bytes());
    Reply::json(StatusCode::CREATED, &SessionView { token, expires_at, editor: editor.into() })
}

/// Sign out.
#[utoipa::path(delete, path = "/v1/editorial/sessions/current", tag = "sessions", security(("session" = [])),
    responses((status = 204), (status = 401, body = views::Problem)))]
pub async fn close(call: Call, actor: Actor) -> Result<Reply, Problem> {
    sessions::close(&call.state.db, actor.token_hash).await.map_err(problem::from_store)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn parse(body: &[u8]) -> Result<SignInInput, Problem> {
    let mut form = Form::parse(body)?;
    let email = form.required("email", form::line(EMAIL_BYTES_MAX));
    let password = form.required("password", |value| {
        let text = form::string(value)?;
        if text.len() > PASSWORD_BYTES_MAX {
            return Err(form::Mistake::new("too_long", format!("At most {PASSWORD_BYTES_MAX} bytes.")));
        }
        Ok(text.to_owned())
    });
    let made = email.zip(password).map(|(email, password)| SignInInput { email, password });
    form.finish(made)
}

fn wrong(verdict: Verdict) -> Problem {
    with_headers(Problem::new(kinds::BAD_CREDENTIALS), verdict)
        .header(http::header::WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer realm=\"rcr\""))
}

fn refuse_unless_allowed(verdict: Verdict) -> Result<(), Problem> {
    if verdict.allowed {
        return Ok(());
    }
    let problem = Problem::new(kinds::RATE_LIMITED).retry_after_s(verdict.reset_s);
    Err(with_headers(problem, verdict))
}

fn with_headers(problem: Problem, verdict: Verdict) -> Problem {
    const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
    const STATE: HeaderName = HeaderName::from_static("ratelimit");
    let [policy, state] = verdict.headers();
    problem.header(POLICY, policy).header(STATE, state)
}
