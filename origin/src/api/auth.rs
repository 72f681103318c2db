//! Who is asking.

use std::sync::Arc;

use common::{Problem, Rotated, Secret};
use http::{HeaderMap, HeaderValue, header};

use super::{kinds, problem, route::Needs};
use crate::{
    config::edge_tokens,
    domain::{Action, Editor, EditorId, Ownership, Sha256},
    state::AppState,
    store::sessions,
};

/// Somebody who is signed in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Actor {
    pub editor: Arc<Editor>,
    /// Of the session that this request came with.
    pub token_hash: Sha256,
}

impl Actor {
    pub fn id(&self) -> EditorId {
        self.editor.id
    }

    /// What the route needs, on something of the editor's own: the least that can be asked
    /// before it is known what the request is about.
    ///
    /// # Errors
    /// 403.
    pub fn require(&self, needs: Needs) -> Result<(), Problem> {
        match needs {
            Needs::Session => Ok(()),
            Needs::Action(action) => self.may(action, Ownership::Own),
        }
    }

    /// # Errors
    /// 403.
    pub fn may(&self, action: Action, ownership: Ownership) -> Result<(), Problem> {
        if self.editor.role.may(action, ownership) { Ok(()) } else { Err(Problem::new(kinds::FORBIDDEN)) }
    }

    /// The same for a thing that belongs to `owner`.
    ///
    /// # Errors
    /// 403.
    pub fn may_on(&self, action: Action, owner: EditorId) -> Result<(), Problem> {
        self.may(action, if owner == self.id() { Ownership::Own } else { Ownership::Others })
    }
}

/// # Errors
/// 401 without a valid session.
pub async fn require_editor(state: &AppState, headers: &HeaderMap) -> Result<Actor, Problem> {
    let token = bearer(headers).ok_or_else(unauthenticated)?;
    let token_hash = Sha256::of(token.as_bytes());
    let session = sessions::find(&state.db, token_hash).await.map_err(problem::from_store)?.ok_or_else(unauthenticated)?;
    Ok(Actor { editor: Arc::new(session.editor), token_hash })
}

/// # Errors
/// 401 without one of the edges' tokens.
pub fn require_edge(state: &AppState, headers: &HeaderMap) -> Result<(), Problem> {
    let token = bearer(headers).ok_or_else(unauthenticated)?;
    let known = state.edge_tokens.as_ref().map(Rotated::current);
    // All are compared, whichever matches.
    let known = known.iter().flat_map(|list| edge_tokens(list.expose()));
    let matching = known.filter(|known| Secret::new(*known).matches(token)).count();
    if matching > 0 { Ok(()) } else { Err(unauthenticated()) }
}

/// The token of the one `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.trim())
}

fn unauthenticated() -> Problem {
    Problem::new(kinds::UNAUTHENTICATED).header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"rcr\""))
}
