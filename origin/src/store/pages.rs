//! Which pages readers can ask for: what edges fetch ahead of them. Not read through a snapshot: it promises nothing
//! of a page but that it may be worth asking for.

use crate::{
    domain::{Locale, Slug},
    store::{Db, StoreError},
};

/// A page of its own. Ordered as [`after`] lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicPage {
    pub slug: Slug,
    /// A published review's; a camera has one page for all.
    pub locale: Option<Locale>,
}

/// At most `limit` of them after the one given, in the order of slugs.
///
/// # Errors
/// When the database cannot be asked.
pub async fn after(db: &Db, last: Option<&PublicPage>, limit: i64) -> Result<Vec<PublicPage>, StoreError> {
    let slug = last.map_or("", |page| page.slug.as_str());
    let locale = last.and_then(|page| page.locale).map_or("", Locale::as_str);
    let rows = sqlx::query!(
        r#"SELECT slug AS "slug!: Slug", nullif(locale, '') AS "locale: Locale"
           FROM (SELECT slug, '' AS locale FROM cameras
                 UNION ALL
                 SELECT r.slug, rl.locale FROM review_locales rl JOIN reviews r ON r.id = rl.review_id
                 WHERE rl.state = 'published') AS pages
           WHERE (slug, locale) > ($1, $2)
           ORDER BY slug, locale
           LIMIT $3"#,
        slug,
        locale,
        limit
    )
    .fetch_all(&db.pool)
    .await?;
    Ok(rows.into_iter().map(|row| PublicPage { slug: row.slug, locale: row.locale }).collect())
}
