//! Full text, in three languages.

use crate::{
    domain::{
        Cursor, InvalidCursor, Locale, Page, PageRequest, ReviewId, SearchHit,
        cursor::{Direction, List},
    },
    store::{Snapshot, StoreError, published},
};

/// The longest query, in bytes.
pub const QUERY_BYTES_MAX: usize = 256;

/// In `$order` lies what is beyond the cursor. The rank is a function of the text and the
/// query alone, so it can be part of a key; the id breaks ties.
macro_rules! hits {
    ($order:literal, $query:expr, $locale:expr, $limit:expr, $($argument:expr),*) => {
        sqlx::query!(
            r#"SELECT id AS "id!: ReviewId", rank AS "rank!" FROM (
                   SELECT rl.review_id AS id, ts_rank_cd(rl.search, asked.query) AS rank
                   FROM review_locales rl, websearch_to_tsquery(search_config($2), $1) AS asked (query)
                   WHERE rl.locale = $2 AND rl.state = 'published' AND rl.search @@ asked.query
               ) AS hits "# + $order + " LIMIT $3",
            $query,
            $locale.as_str(),
            $limit,
            $($argument),*
        )
        .map(|row| (row.id, row.rank))
    };
}

/// The best first. `query` as people write it: words, "phrases", or, -not.
pub async fn search(
    snapshot: &mut Snapshot,
    query: &str,
    locale: Locale,
    request: &PageRequest,
) -> Result<Page<SearchHit>, StoreError> {
    let limit = request.limit.probe();
    let connection = snapshot.connection();
    let rows: Vec<(ReviewId, f32)> = match &request.cursor {
        None => hits!("ORDER BY rank DESC, id DESC", query, locale, limit,).fetch_all(&mut *connection).await?,
        Some(cursor) => {
            let [rank, id] = cursor.key::<2>(List::Search)?;
            let id = ReviewId::parse(id).map_err(|_| InvalidCursor)?;
            let rank = f32::from_bits(u32::from_str_radix(rank, 16).map_err(|_| InvalidCursor)?);
            match cursor.direction() {
                Direction::On => {
                    hits!("WHERE (rank, id) < ($4, $5) ORDER BY rank DESC, id DESC", query, locale, limit, rank, id as _)
                        .fetch_all(&mut *connection)
                        .await?
                }
                Direction::Back => {
                    hits!("WHERE (rank, id) > ($4, $5) ORDER BY rank, id", query, locale, limit, rank, id as _)
                        .fetch_all(&mut *connection)
                        .await?
                }
            }
        }
    };
    let page = Page::from_probe(rows, request, |(id, rank), direction| {
        // Exactly the rank, to the bit: a rounded one would skip or repeat.
        Cursor::new(List::Search, direction, vec![format!("{:08x}", rank.to_bits()), id.to_string()])
    });
    let keys: Vec<_> = page.items.iter().map(|(id, _)| (*id, locale)).collect();
    let loaded = published::load(connection, &keys).await?;
    let hits = loaded.into_iter().zip(&page.items).map(|(loaded, (_, rank))| SearchHit { review: loaded.summary, rank: *rank });
    Ok(Page { items: hits.collect(), next: page.next, prev: page.prev })
}
