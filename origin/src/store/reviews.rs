//! Reviews, written. What their editors see of them is in `editorial.rs`.

use serde_json::json;

use crate::{
    domain::{
        Draft, EditorialReview, Locale, ReviewId, ReviewState, RevisionId, Sha256, Slug, Version, purge, review::NewReview,
        review_state::Step,
    },
    store::{StoreError, WriteTx, editorial, photographs},
};

/// The review and its first text. The text's manuscript is stored already.
pub async fn create(tx: &mut WriteTx, new: &NewReview, draft: &Draft) -> Result<EditorialReview, StoreError> {
    sqlx::query!("INSERT INTO review_slugs (slug, review_id) VALUES ($1, $2)", &new.slug as _, new.id as _)
        .execute(tx.connection())
        .await?;
    let created = sqlx::query!(
        r#"INSERT INTO reviews (id, slug, camera_id, author_id, first_locale, draft_rating)
           SELECT $1, $2, id, $4, $5, NULL FROM cameras WHERE slug = $3"#,
        new.id as _,
        &new.slug as _,
        &new.camera as _,
        new.author as _,
        draft.locale as _,
    )
    .execute(tx.connection())
    .await?;
    if created.rows_affected() == 0 {
        return Err(StoreError::Dangling { field: "camera" });
    }
    store_draft(tx, new.id, draft, ReviewState::Draft).await?;
    tx.wrote(purge::unseen("review.created"), new.id, json!({ "slug": new.slug, "locale": draft.locale }));
    editorial::view_in(tx.connection(), new.id).await
}

/// A further revision, in a language old or new. What readers see stays as it is.
pub async fn save_draft(tx: &mut WriteTx, id: ReviewId, expected: Version, draft: &Draft) -> Result<EditorialReview, StoreError> {
    lock(tx, id, expected).await?;
    let state = match find_locale(tx, id, draft.locale).await {
        Ok(locale) => locale.state.after(Step::SaveDraft)?,
        Err(StoreError::NotFound(_)) => ReviewState::Draft,
        Err(error) => return Err(error),
    };
    store_draft(tx, id, draft, state).await?;
    bump(tx, id).await?;
    tx.wrote(purge::unseen("review.draft_saved"), id, json!({ "locale": draft.locale, "revision": draft.revision }));
    editorial::view_in(tx.connection(), id).await
}

async fn store_draft(tx: &mut WriteTx, id: ReviewId, draft: &Draft, state: ReviewState) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO revisions (id, review_id, locale, title, summary, plain_text, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        draft.revision as _,
        id as _,
        draft.locale as _,
        draft.title,
        draft.summary,
        draft.plain_text,
        draft.saved_by as _,
    )
    .execute(tx.connection())
    .await?;
    photographs::place(tx.connection(), draft.revision, &draft.photographs).await?;
    let known = sqlx::query!(
        "UPDATE review_locales SET state = $3, draft_revision = $4, scheduled_at = NULL WHERE review_id = $1 AND locale = $2",
        id as _,
        draft.locale as _,
        state as _,
        draft.revision as _,
    )
    .execute(tx.connection())
    .await?;
    if known.rows_affected() == 0 {
        // The review is locked, so nobody else adds the language meanwhile.
        sqlx::query!(
            "INSERT INTO review_locales (review_id, locale, state, draft_revision) VALUES ($1, $2, $3, $4)",
            id as _,
            draft.locale as _,
            state as _,
            draft.revision as _,
        )
        .execute(tx.connection())
        .await?;
    }
    sqlx::query!(
        "UPDATE reviews SET draft_rating = coalesce($2, draft_rating) WHERE id = $1",
        id as _,
        crate::store::pg::rating(draft.rating),
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Shows the draft to readers, from the commit on.
pub async fn publish(tx: &mut WriteTx, id: ReviewId, locale: Locale, expected: Version) -> Result<EditorialReview, StoreError> {
    lock(tx, id, expected).await?;
    lock_camera(tx, id).await?;
    let before = find_locale(tx, id, locale).await?;
    before.state.after(Step::Publish)?;
    let draft = before.draft.ok_or(StoreError::Incomplete("a draft"))?;
    let media = photographs_of(tx, before.published.into_iter().chain([draft])).await?;
    photographs::lock(tx.connection(), &media).await?;
    sqlx::query!(
        r#"UPDATE review_locales rl
           SET state = 'published', published_revision = draft_revision, draft_revision = NULL, scheduled_at = NULL,
               published_at = coalesce(rl.published_at, now()), updated_at = now(),
               search = search_vector(rl.locale, c.maker || ' ' || c.model, v.title, v.summary, v.plain_text)
           FROM revisions v, reviews r, cameras c
           WHERE rl.review_id = $1 AND rl.locale = $2 AND v.id = rl.draft_revision AND r.id = rl.review_id AND c.id = r.camera_id"#,
        id as _,
        locale as _,
    )
    .execute(tx.connection())
    .await?;
    sqlx::query!("UPDATE reviews SET rating = coalesce(draft_rating, rating) WHERE id = $1", id as _)
        .execute(tx.connection())
        .await?;
    bump(tx, id).await?;
    let hidden = photographs::hidden(tx.connection(), &media).await?;
    let slugs = slugs(tx, id).await?;
    tx.wrote(purge::review_published(id, &slugs, &media, &hidden), id, json!({ "locale": locale, "revision": draft }));
    editorial::view_in(tx.connection(), id).await
}

/// Takes a language away from readers for good; the text stays with the editors as a draft.
pub async fn archive(tx: &mut WriteTx, id: ReviewId, locale: Locale, expected: Version) -> Result<EditorialReview, StoreError> {
    lock(tx, id, expected).await?;
    let before = find_locale(tx, id, locale).await?;
    before.state.after(Step::Archive)?;
    let shown = photographs_of(tx, before.published).await?;
    photographs::lock(tx.connection(), &shown).await?;
    sqlx::query!(
        r#"UPDATE review_locales
           SET state = 'archived', draft_revision = coalesce(draft_revision, published_revision), published_revision = NULL,
               search = NULL, updated_at = now()
           WHERE review_id = $1 AND locale = $2"#,
        id as _,
        locale as _,
    )
    .execute(tx.connection())
    .await?;
    bump(tx, id).await?;
    let hidden = photographs::hidden(tx.connection(), &shown).await?;
    let slugs = slugs(tx, id).await?;
    tx.wrote(purge::review_archived(id, &slugs, &shown, &hidden), id, json!({ "locale": locale }));
    editorial::view_in(tx.connection(), id).await
}

/// Gives the review another public name; every earlier one redirects to it for ever.
pub async fn change_slug(tx: &mut WriteTx, id: ReviewId, expected: Version, slug: &Slug) -> Result<EditorialReview, StoreError> {
    lock(tx, id, expected).await?;
    // Back to an earlier slug of its own is fine; to somebody else's is not.
    let claimed = sqlx::query!(
        r#"INSERT INTO review_slugs AS s (slug, review_id) VALUES ($1, $2)
           ON CONFLICT (slug) DO UPDATE SET review_id = $2 WHERE s.review_id = $2"#,
        slug as _,
        id as _,
    )
    .execute(tx.connection())
    .await?;
    if claimed.rows_affected() == 0 {
        return Err(StoreError::Taken { field: "slug" });
    }
    sqlx::query!("UPDATE reviews SET slug = $2 WHERE id = $1", id as _, slug as _).execute(tx.connection()).await?;
    bump(tx, id).await?;
    let visible = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM review_locales WHERE review_id = $1 AND state = 'published') AS "visible!""#,
        id as _
    )
    .fetch_one(tx.connection())
    .await?;
    let slugs = slugs(tx, id).await?;
    let purge = if visible { purge::review_slug_changed(id, &slugs) } else { purge::unseen("review.slug_changed") };
    tx.wrote(purge, id, json!({ "slug": slug }));
    editorial::view_in(tx.connection(), id).await
}

/// Locks the review and all its languages against other writers.
async fn lock(tx: &mut WriteTx, id: ReviewId, expected: Version) -> Result<(), StoreError> {
    let current = sqlx::query_scalar!(r#"SELECT version AS "version: Version" FROM reviews WHERE id = $1 FOR UPDATE"#, id as _)
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound("review"))?;
    if current == expected { Ok(()) } else { Err(StoreError::Stale { current }) }
}

/// Keeps the camera's name as it is until the commit: search finds a review by it, and a
/// rename at the same time must either be read here or see this publication. Locks are taken
/// in one order everywhere: review, camera, photographs, languages.
async fn lock_camera(tx: &mut WriteTx, review: ReviewId) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT c.id FROM cameras c WHERE c.id = (SELECT r.camera_id FROM reviews r WHERE r.id = $1) FOR SHARE",
        review as _
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(())
}

async fn bump(tx: &mut WriteTx, id: ReviewId) -> Result<(), StoreError> {
    sqlx::query!("UPDATE reviews SET version = version + 1, updated_at = now() WHERE id = $1", id as _)
        .execute(tx.connection())
        .await?;
    Ok(())
}

struct InLocale {
    state: ReviewState,
    draft: Option<RevisionId>,
    published: Option<RevisionId>,
}

async fn find_locale(tx: &mut WriteTx, id: ReviewId, locale: Locale) -> Result<InLocale, StoreError> {
    sqlx::query_as!(
        InLocale,
        r#"SELECT state AS "state: ReviewState", draft_revision AS "draft: RevisionId", published_revision AS "published: RevisionId"
           FROM review_locales WHERE review_id = $1 AND locale = $2"#,
        id as _,
        locale as _,
    )
    .fetch_optional(tx.connection())
    .await?
    .ok_or(StoreError::NotFound("language of this review"))
}

/// Every slug the review ever had.
async fn slugs(tx: &mut WriteTx, id: ReviewId) -> Result<Vec<Slug>, StoreError> {
    let slugs =
        sqlx::query_scalar!(r#"SELECT slug AS "slug: Slug" FROM review_slugs WHERE review_id = $1 ORDER BY slug"#, id as _);
    Ok(slugs.fetch_all(tx.connection()).await?)
}

async fn photographs_of(tx: &mut WriteTx, revisions: impl IntoIterator<Item = RevisionId>) -> Result<Vec<Sha256>, StoreError> {
    let revisions: Vec<String> = revisions.into_iter().map(|revision| revision.to_string()).collect();
    let digests = sqlx::query_scalar!(
        r#"SELECT DISTINCT sha256 AS "sha256: Sha256" FROM review_photographs WHERE revision_id = ANY($1) ORDER BY sha256"#,
        &revisions,
    );
    Ok(digests.fetch_all(tx.connection()).await?)
}
