//! Managing editors: for admins.

use common::Problem;
use http::{HeaderValue, StatusCode, header};

use super::inputs::{EditorInput, EditorPatch};
use crate::{
    api::{
        auth::Actor,
        conditional::{ETag, if_match, stale},
        form::{self, Form, Mistake},
        limits::{BIO_CHARS_MAX, EMAIL_BYTES_MAX, NAME_CHARS_MAX, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN},
        pages, problem,
        reply::Reply,
        route::Call,
        views::{
            self,
            editorial::{EditorListView, EditorView},
        },
    },
    domain::{Editor, EditorId, Role, Slug, Version, editor::NewEditor},
    store::editors,
};

/// All editors, by slug.
#[utoipa::path(get, path = "/v1/editorial/editors", tag = "editors", security(("session" = [])),
    params(("limit" = Option<u16>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = EditorListView), (status = 403, body = views::Problem)))]
pub async fn list(mut call: Call, _actor: Actor) -> Result<Reply, Problem> {
    let request = pages::request(&mut call.query);
    call.query.check()?;
    let page = editors::list(&call.state.db, &request).await.map_err(problem::from_store)?;
    let links = pages::links("/v1/editorial/editors", &call.query, page.next.as_ref(), page.prev.as_ref());
    let view = EditorListView { items: page.items.into_iter().map(EditorView::from).collect(), links };
    Ok(pages::linked(Reply::json(StatusCode::OK, &view)?, &view.links))
}

/// Add an editor.
#[utoipa::path(post, path = "/v1/editorial/editors", tag = "editors", security(("session" = [])),
    params(("Idempotency-Key" = String, Header)), request_body = EditorInput,
    responses((status = 201, body = EditorView), (status = 403, body = views::Problem), (status = 409, body = views::Problem),
        (status = 422, body = views::Problem)))]
pub async fn add(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let new = parse_new(&call)?;
    let password_hash = call.state.api.passwords.hash(new.password, call.state.entropy.clone()).await?;
    let new = NewEditor {
        id: EditorId(call.new_id()),
        email: new.email,
        name: new.name,
        slug: new.slug,
        bio: new.bio,
        role: new.role,
        password_hash,
    };
    let mut tx = call.write(&actor).await?;
    let editor = editors::add(&mut tx, &new).await.map_err(problem::from_store)?;
    let location =
        HeaderValue::try_from(format!("/v1/editorial/editors/{}", editor.id)).map_err(|error| problem::internal(&error))?;
    let reply = reply(StatusCode::CREATED, editor)?.header(header::LOCATION, location);
    call.commit(tx, reply).await
}

/// Show an editor with the ETag that a change must name.
#[utoipa::path(get, path = "/v1/editorial/editors/{id}", tag = "editors", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = EditorView), (status = 404, body = views::Problem)))]
pub async fn show(call: Call, _actor: Actor) -> Result<Reply, Problem> {
    let id = call.path.parse("id", EditorId::parse)?;
    let editor = editors::find(&call.state.db, id).await.map_err(problem::from_store)?;
    reply(StatusCode::OK, editor)
}

/// Change an editor's role, name or bio.
#[utoipa::path(patch, path = "/v1/editorial/editors/{id}", tag = "editors", security(("session" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = EditorPatch,
    responses((status = 200, body = EditorView), (status = 412, body = views::Problem), (status = 428, body = views::Problem)))]
pub async fn change(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let id = call.path.parse("id", EditorId::parse)?;
    let mut version = if_match(&call.headers)?;
    let mut form = Form::parse(&call.body)?;
    form.refuse_empty();
    let role = form.optional("role", form::parsed(str::parse::<Role>));
    let name = form.optional("name", form::line(NAME_CHARS_MAX));
    let bio = form.optional("bio", form::text(BIO_CHARS_MAX));
    form.finish(Some(()))?;

    // Read before the transaction: inside, it would need a second connection, which those who
    // hold a first one may all be waiting for.
    let profile = if name.is_some() || bio.is_some() {
        let present = editors::find(&call.state.db, id).await.map_err(problem::from_store)?;
        // Of the version that the change insists on, or it would bring back what is gone.
        if present.version != version {
            return Err(stale(&ETag::version(present.version)));
        }
        Some((name.unwrap_or(present.name), bio.unwrap_or(present.bio)))
    } else {
        None
    };
    let mut tx = call.write(&actor).await?;
    let mut editor = None;
    if let Some(role) = role {
        let changed = editors::change_role(&mut tx, id, version, role).await.map_err(problem::from_store)?;
        version = changed.version;
        editor = Some(changed);
    }
    if let Some((name, bio)) = profile {
        editor = Some(editors::change_profile(&mut tx, id, version, &name, &bio).await.map_err(problem::from_store)?);
    }
    // Members that were all null.
    let editor = editor.ok_or_else(|| problem::invalid("", "empty", "Name something to change."))?;
    call.commit(tx, reply(StatusCode::OK, editor)?).await
}

/// Suspend an editor, which ends their sessions at once.
#[utoipa::path(post, path = "/v1/editorial/editors/{id}/suspension", tag = "editors", security(("session" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header), ("Idempotency-Key" = String, Header)),
    responses((status = 200, body = EditorView), (status = 409, body = views::Problem), (status = 412, body = views::Problem)))]
pub async fn suspend(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let (id, version) = target(&call)?;
    let mut tx = call.write(&actor).await?;
    let editor = editors::suspend(&mut tx, id, version).await.map_err(problem::from_store)?;
    call.commit(tx, reply(StatusCode::OK, editor)?).await
}

/// Let a suspended editor sign in again.
#[utoipa::path(delete, path = "/v1/editorial/editors/{id}/suspension", tag = "editors", security(("session" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = EditorView), (status = 412, body = views::Problem)))]
pub async fn reinstate(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let (id, version) = target(&call)?;
    let mut tx = call.write(&actor).await?;
    let editor = editors::reinstate(&mut tx, id, version).await.map_err(problem::from_store)?;
    call.commit(tx, reply(StatusCode::OK, editor)?).await
}

fn target(call: &Call) -> Result<(EditorId, Version), Problem> {
    Ok((call.path.parse("id", EditorId::parse)?, if_match(&call.headers)?))
}

fn reply(status: StatusCode, editor: Editor) -> Result<Reply, Problem> {
    let etag = ETag::version(editor.version);
    Ok(Reply::json(status, &EditorView::from(editor))?.etag(etag))
}

struct New {
    email: String,
    name: String,
    slug: Slug,
    bio: String,
    role: Role,
    password: String,
}

fn parse_new(call: &Call) -> Result<New, Problem> {
    let mut form = Form::parse(&call.body)?;
    let email = form.required("email", |value| {
        let email = form::line(EMAIL_BYTES_MAX)(value)?;
        let plausible = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if plausible && !email.contains(' ') { Ok(email) } else { Err(Mistake::new("invalid", "Expected an e-mail address.")) }
    });
    let name = form.required("name", form::line(NAME_CHARS_MAX));
    let role = form.required("role", form::parsed(str::parse::<Role>));
    let password = form.required("password", |value| {
        let password = form::string(value)?;
        if password.chars().count() < PASSWORD_CHARS_MIN {
            return Err(Mistake::new("too_short", format!("At least {PASSWORD_CHARS_MIN} characters.")));
        }
        if password.len() > PASSWORD_BYTES_MAX {
            return Err(Mistake::new("too_long", format!("At most {PASSWORD_BYTES_MAX} bytes.")));
        }
        Ok(password.to_owned())
    });
    let slug = form::slug_or(&mut form, name.as_deref());
    let bio = form.optional("bio", form::text(BIO_CHARS_MAX)).unwrap_or_default();
    let made = (|| Some(New { email: email?, name: name?, slug: slug?, bio, role: role?, password: password? }))();
    form.finish(made)
}
