//! The batches in PostgreSQL: `queued → submitted → confirmed | dead`. Every function is one
//! short transaction; nothing waits for the provider inside of one.

use std::{collections::BTreeSet, time::Duration};

use common::{LogId, Seq, Tag};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::{CdnError, EXPIRES_AFTER, batch, gate::WAIT_MAX};
use crate::domain::tags::{self, tag};

/// Writes turned into one batch. What is beyond waits for the next tick.
pub const CHANGES_PER_BATCH_MAX: i64 = 5_000;
/// More items than this waiting to be sent are one pile: it is sent coarsened instead.
pub const QUEUED_ITEMS_MAX: i64 = 120;

/// What closing a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub changes: u64,
    pub items: usize,
    pub rung: batch::Rung,
    /// Batches that were still waiting and are now part of this one.
    pub superseded: u64,
}

/// A batch to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub id: i64,
    pub caller_reference: String,
    pub tags: Vec<Tag>,
    pub attempts: i32,
}

/// Why a batch was given up. Its pages live out their time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Death {
    /// The month's budget is spent.
    Budget,
    /// Older than any copy the CDN may hold.
    Expired,
    /// The provider will never take it.
    Refused,
    /// The provider knows nothing of it.
    Lost,
}

impl Death {
    pub const ALL: [Death; 4] = [Death::Budget, Death::Expired, Death::Refused, Death::Lost];

    pub const fn as_str(self) -> &'static str {
        match self {
            Death::Budget => "budget",
            Death::Expired => "expired",
            Death::Refused => "refused",
            Death::Lost => "lost",
        }
    }
}

/// What taking the next batch came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Nothing,
    Send(Claim),
    Died(Death),
}

/// Closes a batch of the writes that may go (at most `passed`, or old enough), once the
/// oldest has been gathering for `window`. `None`: nothing to close.
pub async fn seal(pool: &PgPool, passed: Seq, window: Duration) -> Result<Option<Sealed>, CdnError> {
    let mut tx = pool.begin().await?;
    sqlx::query!("SELECT seq FROM cdn_progress FOR UPDATE").fetch_one(&mut *tx).await?;
    // What is older than any copy that the CDN may hold needs no invalidation: all of the log,
    // when the CDN is new.
    let skipped = sqlx::query!(
        r#"UPDATE cdn_progress p SET seq = old.seq
           FROM (SELECT max(c.seq) AS seq FROM changes c, cdn_progress p
                 WHERE c.seq > p.seq AND c.at < clock_timestamp() - make_interval(secs => $1)) AS old
           WHERE old.seq IS NOT NULL"#,
        EXPIRES_AFTER.as_secs_f64()
    );
    let skipped = skipped.execute(&mut *tx).await?.rows_affected() > 0;
    let progress = sqlx::query_scalar!("SELECT seq FROM cdn_progress").fetch_one(&mut *tx).await?;
    let log = sqlx::query_scalar!("SELECT log FROM feed_head").fetch_one(&mut *tx).await?;
    let log = LogId::parse(&log).map_err(|error| CdnError::Corrupt(format!("log: {error}")))?;
    let rows = sqlx::query!(
        r#"SELECT seq, gone || hard || soft AS "tags!", (extract(epoch FROM clock_timestamp() - at) * 1000)::float8 AS "age_ms!"
           FROM changes WHERE seq > $1 ORDER BY seq LIMIT $2"#,
        progress,
        CHANGES_PER_BATCH_MAX
    )
    .fetch_all(&mut *tx)
    .await?;
    let passed = passed.to_i64();
    let may_go = |seq: i64, age_ms: f64| seq <= passed || age_ms >= ms(WAIT_MAX);
    let ready: Vec<_> = rows.into_iter().take_while(|row| may_go(row.seq, row.age_ms)).collect();
    let (Some(first), Some(last)) = (ready.first(), ready.last()) else { return nothing(tx, skipped).await };
    if first.age_ms < ms(window) {
        return nothing(tx, skipped).await;
    }
    let (mut from, to, changes) = (first.seq, last.seq, ready.len() as u64);
    let mut all_tags = BTreeSet::new();
    // Writes that are not in the log any more, or a log that is not the one of the last
    // batch: nobody knows what the CDN holds.
    if from != progress + 1 || is_another_log(&mut tx, log).await? {
        all_tags.insert(tag(tags::ALL));
    }
    for text in ready.into_iter().flat_map(|row| row.tags) {
        all_tags.insert(Tag::parse(&text).map_err(|error| CdnError::Corrupt(format!("tags: {error}: {text}")))?);
    }
    let superseded = supersede(&mut tx, &mut all_tags, &mut from).await?;
    let (reduced, rung) = batch::reduce(all_tags);
    let items = reduced.len();
    for chunk in batch::chunks(log, number(from)?, number(to)?, reduced) {
        sqlx::query!(
            "INSERT INTO cdn_invalidations (from_seq, to_seq, tags, caller_reference) VALUES ($1, $2, $3, $4)",
            from,
            to,
            &chunk.tags.iter().map(|tag| tag.as_str().to_owned()).collect::<Vec<_>>(),
            chunk.caller_reference
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!("UPDATE cdn_progress SET seq = $1", to).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(Some(Sealed { changes, items, rung, superseded }))
}

async fn nothing(tx: Transaction<'static, Postgres>, skipped: bool) -> Result<Option<Sealed>, CdnError> {
    if skipped {
        tx.commit().await?;
    }
    Ok(None)
}

async fn is_another_log(tx: &mut PgConnection, log: LogId) -> Result<bool, CdnError> {
    let last = sqlx::query_scalar!("SELECT caller_reference FROM cdn_invalidations ORDER BY id DESC LIMIT 1");
    let last = last.fetch_optional(tx).await?;
    Ok(last.is_some_and(|reference| !reference.starts_with(&batch::reference_prefix(log))))
}

/// While the provider does not answer, batches pile up. Beyond the limit they become part of
/// the new one, which is then coarsened. One of them may have been taken after all: to forget
/// a page twice does no harm.
async fn supersede(tx: &mut PgConnection, all_tags: &mut BTreeSet<Tag>, from: &mut i64) -> Result<u64, CdnError> {
    let queued = sqlx::query!("SELECT id, from_seq, tags FROM cdn_invalidations WHERE state = 'queued' ORDER BY id FOR UPDATE");
    let queued = queued.fetch_all(&mut *tx).await?;
    let waiting: i64 = queued.iter().map(|row| i64::try_from(row.tags.len()).unwrap_or(i64::MAX)).sum();
    if queued.is_empty() || waiting.saturating_add(i64::try_from(all_tags.len()).unwrap_or(i64::MAX)) <= QUEUED_ITEMS_MAX {
        return Ok(0);
    }
    for row in &queued {
        *from = row.from_seq.min(*from);
        for text in &row.tags {
            all_tags.insert(Tag::parse(text).map_err(|error| CdnError::Corrupt(format!("tags: {error}: {text}")))?);
        }
    }
    let ids: Vec<i64> = queued.iter().map(|row| row.id).collect();
    sqlx::query!("UPDATE cdn_invalidations SET state = 'dead' WHERE id = ANY($1)", &ids).execute(tx).await?;
    Ok(ids.len() as u64)
}

/// Takes the oldest waiting batch for one attempt. The first attempt pays for it, so that a
/// batch is paid once however often it is tried; what cannot be paid dies.
pub async fn claim(pool: &PgPool, monthly_budget: u32, expires_after: Duration) -> Result<Next, CdnError> {
    let mut tx = pool.begin().await?;
    let row = sqlx::query!(
        r#"UPDATE cdn_invalidations SET attempts = attempts + 1
           WHERE id = (SELECT id FROM cdn_invalidations WHERE state = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
           RETURNING id, caller_reference, tags, attempts,
                     (extract(epoch FROM clock_timestamp() - created_at) * 1000)::float8 AS "age_ms!""#
    );
    let Some(row) = row.fetch_optional(&mut *tx).await? else { return Ok(Next::Nothing) };
    let death = if row.age_ms > ms(expires_after) {
        Some(Death::Expired)
    } else if row.attempts == 1 && !pay(&mut tx, row.tags.len(), monthly_budget).await? {
        Some(Death::Budget)
    } else {
        None
    };
    if death.is_some() {
        sqlx::query!("UPDATE cdn_invalidations SET state = 'dead' WHERE id = $1", row.id).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    if let Some(death) = death {
        return Ok(Next::Died(death));
    }
    let tags = row.tags.into_iter().map(Tag::try_from).collect::<Result<Vec<Tag>, _>>();
    let tags = tags.map_err(|error| CdnError::Corrupt(format!("tags: {error}")))?;
    Ok(Next::Send(Claim { id: row.id, caller_reference: row.caller_reference, tags, attempts: row.attempts }))
}

async fn pay(tx: &mut PgConnection, items: usize, monthly_budget: u32) -> Result<bool, CdnError> {
    let (items, budget) = (i32::try_from(items).unwrap_or(i32::MAX), i32::try_from(monthly_budget).unwrap_or(i32::MAX));
    let paid = sqlx::query!(
        "INSERT INTO cdn_budget AS month (month, used)
         SELECT date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date, $1::integer WHERE $1::integer <= $2::integer
         ON CONFLICT (month) DO UPDATE SET used = month.used + $1 WHERE month.used + $1 <= $2",
        items,
        budget
    );
    Ok(paid.execute(tx).await?.rows_affected() == 1)
}

pub async fn submitted(pool: &PgPool, id: i64, provider_id: &str) -> Result<(), CdnError> {
    let update = sqlx::query!(
        "UPDATE cdn_invalidations SET state = 'submitted', provider_id = $2, submitted_at = clock_timestamp()
         WHERE id = $1 AND state = 'queued'",
        id,
        provider_id
    );
    update.execute(pool).await?;
    Ok(())
}

pub async fn confirmed(pool: &PgPool, id: i64) -> Result<(), CdnError> {
    let update = sqlx::query!("UPDATE cdn_invalidations SET state = 'confirmed' WHERE id = $1 AND state = 'submitted'", id);
    update.execute(pool).await?;
    Ok(())
}

pub async fn dead(pool: &PgPool, id: i64) -> Result<(), CdnError> {
    let update =
        sqlx::query!("UPDATE cdn_invalidations SET state = 'dead' WHERE id = $1 AND state IN ('queued', 'submitted')", id);
    update.execute(pool).await?;
    Ok(())
}

/// Submitted batches whose end is not known yet: id, the provider's id, and whether they are
/// older than `expires_after`. Oldest first.
pub async fn unconfirmed(pool: &PgPool, limit: i64, expires_after: Duration) -> Result<Vec<(i64, String, bool)>, CdnError> {
    let rows = sqlx::query!(
        r#"SELECT id, coalesce(provider_id, '') AS "provider_id!",
                  submitted_at < clock_timestamp() - make_interval(secs => $2) AS "expired!"
           FROM cdn_invalidations WHERE state = 'submitted' ORDER BY id LIMIT $1"#,
        limit,
        expires_after.as_secs_f64()
    );
    Ok(rows.fetch_all(pool).await?.into_iter().map(|row| (row.id, row.provider_id, row.expired)).collect())
}

pub async fn queued_count(pool: &PgPool) -> Result<i64, CdnError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM cdn_invalidations WHERE state = 'queued'"#);
    Ok(count.fetch_one(pool).await?)
}

fn number(value: i64) -> Result<Seq, CdnError> {
    Seq::from_i64(value).ok_or_else(|| CdnError::Corrupt(format!("a number below zero: {value}")))
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
