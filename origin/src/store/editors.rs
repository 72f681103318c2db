//! Editors.

use common::Secret;
use serde_json::json;

use crate::{
    domain::{
        AuthorProfile, Cursor, Editor, EditorId, InvalidCursor, Page, PageRequest, Role, Slug, Version,
        cursor::{Direction, List},
        editor::{Credentials, NewEditor},
        purge,
    },
    store::{Db, Snapshot, StoreError, WriteTx, pg::MaybeAt},
};

/// An editor selected by `$condition`.
macro_rules! select {
    ($condition:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            Editor,
            r#"SELECT id AS "id: EditorId", email::text AS "email!", name, slug AS "slug: Slug", bio, role AS "role: Role",
                      suspended_at AS "suspended_at!: MaybeAt", version AS "version: Version", created_at
               FROM editors "# + $condition,
            $($argument),*
        )
    };
}

/// For signing in. The address is compared without case.
pub async fn find_by_email(db: &Db, email: &str) -> Result<Option<Credentials>, StoreError> {
    // One query, whether the address is known or not: a second one could be timed.
    let row = sqlx::query!(
        r#"SELECT id AS "id: EditorId", email::text AS "email!", name, slug AS "slug: Slug", bio, role AS "role: Role",
                  suspended_at AS "suspended_at!: MaybeAt", version AS "version: Version", created_at, password_hash
           FROM editors WHERE email = $1::text::citext"#,
        email
    )
    .fetch_optional(&db.pool)
    .await?;
    Ok(row.map(|row| Credentials {
        editor: Editor {
            id: row.id,
            email: row.email,
            name: row.name,
            slug: row.slug,
            bio: row.bio,
            role: row.role,
            suspended_at: row.suspended_at.into(),
            version: row.version,
            created_at: row.created_at.into(),
        },
        password_hash: Secret::new(row.password_hash),
    }))
}

pub async fn find(db: &Db, id: EditorId) -> Result<Editor, StoreError> {
    select!("WHERE id = $1", id as _).fetch_optional(&db.pool).await?.ok_or(StoreError::NotFound("editor"))
}

/// The public page.
pub async fn profile(snapshot: &mut Snapshot, slug: &Slug) -> Result<Option<AuthorProfile>, StoreError> {
    let profile =
        sqlx::query_as!(AuthorProfile, r#"SELECT slug AS "slug: Slug", name, bio FROM editors WHERE slug = $1"#, slug as _);
    Ok(profile.fetch_optional(snapshot.connection()).await?)
}

/// By slug.
pub async fn list(db: &Db, request: &PageRequest) -> Result<Page<Editor>, StoreError> {
    let limit = request.limit.probe();
    let rows = match &request.cursor {
        None => select!("ORDER BY slug LIMIT $1", limit).fetch_all(&db.pool).await?,
        Some(cursor) => {
            let [slug] = cursor.key::<1>(List::Editors)?;
            let slug = &Slug::parse(slug).map_err(|_| InvalidCursor)?;
            match cursor.direction() {
                Direction::On => select!("WHERE slug > $1 ORDER BY slug LIMIT $2", slug as _, limit).fetch_all(&db.pool).await?,
                Direction::Back => {
                    select!("WHERE slug < $1 ORDER BY slug DESC LIMIT $2", slug as _, limit).fetch_all(&db.pool).await?
                }
            }
        }
    };
    Ok(Page::from_probe(rows, request, |editor, direction| Cursor::new(List::Editors, direction, vec![editor.slug.to_string()])))
}

pub async fn add(tx: &mut WriteTx, new: &NewEditor) -> Result<Editor, StoreError> {
    sqlx::query!(
        r#"INSERT INTO editors (id, email, name, slug, bio, role, password_hash)
           VALUES ($1, $2::text::citext, $3, $4, $5, $6, $7)"#,
        new.id as _,
        new.email,
        new.name,
        &new.slug as _,
        new.bio,
        new.role as _,
        new.password_hash.expose(),
    )
    .execute(tx.connection())
    .await?;
    tx.wrote(purge::editor_added(&new.slug), new.id, json!({ "role": new.role }));
    read_back(tx, new.id).await
}

/// Name and bio, which are public.
pub async fn change_profile(
    tx: &mut WriteTx,
    id: EditorId,
    expected: Version,
    name: &str,
    bio: &str,
) -> Result<Editor, StoreError> {
    let before = lock(tx, id, Some(expected)).await?;
    sqlx::query!("UPDATE editors SET name = $2, bio = $3, version = version + 1 WHERE id = $1", id as _, name, bio)
        .execute(tx.connection())
        .await?;
    tx.wrote(purge::editor_profile_changed(&before.slug), id, json!({}));
    read_back(tx, id).await
}

pub async fn change_role(tx: &mut WriteTx, id: EditorId, expected: Version, role: Role) -> Result<Editor, StoreError> {
    lock_admins(tx, id).await?;
    let before = lock(tx, id, Some(expected)).await?;
    sqlx::query!("UPDATE editors SET role = $2, version = version + 1 WHERE id = $1", id as _, role as _)
        .execute(tx.connection())
        .await?;
    still_an_admin(tx, &before).await?;
    tx.wrote(purge::unseen("editor.role_changed"), id, json!({ "from": before.role, "to": role }));
    read_back(tx, id).await
}

/// Refuses sign-in from now on, and ends the sessions that are open: nothing authenticated
/// is possible once this is committed.
pub async fn suspend(tx: &mut WriteTx, id: EditorId, expected: Version) -> Result<Editor, StoreError> {
    lock_admins(tx, id).await?;
    let before = lock(tx, id, Some(expected)).await?;
    sqlx::query!("UPDATE editors SET suspended_at = coalesce(suspended_at, now()), version = version + 1 WHERE id = $1", id as _)
        .execute(tx.connection())
        .await?;
    still_an_admin(tx, &before).await?;
    sqlx::query!("DELETE FROM sessions WHERE editor_id = $1", id as _).execute(tx.connection()).await?;
    tx.wrote(purge::unseen("editor.suspended"), id, json!({}));
    read_back(tx, id).await
}

pub async fn reinstate(tx: &mut WriteTx, id: EditorId, expected: Version) -> Result<Editor, StoreError> {
    lock(tx, id, Some(expected)).await?;
    sqlx::query!("UPDATE editors SET suspended_at = NULL, version = version + 1 WHERE id = $1", id as _)
        .execute(tx.connection())
        .await?;
    tx.wrote(purge::unseen("editor.reinstated"), id, json!({}));
    read_back(tx, id).await
}

/// Also ends the sessions that the old password opened.
pub async fn change_password(tx: &mut WriteTx, id: EditorId, hash: &Secret) -> Result<(), StoreError> {
    lock(tx, id, None).await?;
    sqlx::query!("UPDATE editors SET password_hash = $2, version = version + 1 WHERE id = $1", id as _, hash.expose())
        .execute(tx.connection())
        .await?;
    sqlx::query!("DELETE FROM sessions WHERE editor_id = $1", id as _).execute(tx.connection()).await?;
    tx.wrote(purge::unseen("editor.password_changed"), id, json!({}));
    Ok(())
}

/// With the actor, whose row the commit reads: two editors who change each other lock both
/// rows in one order. Not FOR UPDATE: the key never changes, and whoever writes a review
/// refers to its author.
async fn lock(tx: &mut WriteTx, id: EditorId, expected: Option<Version>) -> Result<Editor, StoreError> {
    let actor = tx.actor().unwrap_or(id);
    sqlx::query!("SELECT id FROM editors WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE", id as _, actor as _)
        .fetch_all(tx.connection())
        .await?;
    tx.check_actor().await?;
    let editor =
        select!("WHERE id = $1", id as _).fetch_optional(tx.connection()).await?.ok_or(StoreError::NotFound("editor"))?;
    match expected {
        Some(expected) if expected != editor.version => Err(StoreError::Stale { current: editor.version }),
        _ => Ok(editor),
    }
}

/// Two admins who demote each other at the same moment must not both succeed. With the rows
/// that [`lock`] locks, so that all are locked in one order.
async fn lock_admins(tx: &mut WriteTx, target: EditorId) -> Result<(), StoreError> {
    let actor = tx.actor().unwrap_or(target);
    sqlx::query!(
        r#"SELECT id FROM editors WHERE (role = 'admin' AND suspended_at IS NULL) OR id IN ($1, $2)
           ORDER BY id FOR NO KEY UPDATE"#,
        target as _,
        actor as _,
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(())
}

/// After a change of `before`: somebody must be left who can undo it.
async fn still_an_admin(tx: &mut WriteTx, before: &Editor) -> Result<(), StoreError> {
    if before.role != Role::Admin || before.suspended_at.is_some() {
        return Ok(());
    }
    let left =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM editors WHERE role = 'admin' AND suspended_at IS NULL) AS "left!""#)
            .fetch_one(tx.connection())
            .await?;
    if left { Ok(()) } else { Err(StoreError::LastAdmin) }
}

async fn read_back(tx: &mut WriteTx, id: EditorId) -> Result<Editor, StoreError> {
    Ok(select!("WHERE id = $1", id as _).fetch_one(tx.connection()).await?)
}

/// How many there are.
pub async fn count(snapshot: &mut Snapshot) -> Result<u64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM editors"#).fetch_one(snapshot.connection()).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}
