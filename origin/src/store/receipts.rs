//! Which edges live, and what they have applied.

use std::time::Duration;

use common::Seq;
use ulid::Ulid;

use crate::{
    domain::{EdgeReport, RegionReceipt},
    store::{Db, StoreError, identity, pg},
};

/// An edge process that was silent for longer is not counted any more among those that a
/// region's receipt waits for, in seconds.
pub const LIVE_S_MAX: f64 = 3.0;

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Receipts,
    /// The numbers are of another log and mean nothing here; the process lives all the same.
    OtherLog,
    /// The numbers are above the head of this very log: history was rewound, so the log was
    /// renewed (rule R19).
    Renewed,
}

/// Takes a report. Times are from the writer's number to the edge having applied it: the
/// database's clock at both ends, less what the edge says it held the report back, less half
/// a round trip. No clocks of two machines are compared.
///
/// `fresh` becomes the log's id if it must be renewed.
pub async fn record(db: &Db, report: &EdgeReport, fresh: Ulid) -> Result<Recorded, StoreError> {
    let highest = report.applied.iter().map(|applied| applied.seq).chain(report.seq).max();
    let seqs: Vec<i64> = report.applied.iter().map(|applied| applied.seq.to_i64()).collect();
    let held: Vec<f64> = report.applied.iter().map(|applied| applied.held_ms).collect();
    let log = report.log.to_string();
    // The numbers count only if they are of this log and not above its head. An entry that
    // was reported before keeps its first time: reports may be sent again.
    let row = sqlx::query!(
        r#"WITH head AS (
               SELECT seq, log = $3 AS same, log = $3 AND coalesce($5::bigint, 0) > seq AS above FROM feed_head
           ), process AS (
               INSERT INTO edge_processes AS p (process, region, log, applied_seq, rtt_ms)
               SELECT $1, $2, $3, CASE WHEN same AND NOT above THEN $5::bigint END, $4 FROM head
               ON CONFLICT (process) DO UPDATE SET
                   region = $2, rtt_ms = $4, last_seen = clock_timestamp(), log = $3,
                   applied_seq = CASE WHEN p.log = $3 THEN greatest(p.applied_seq, excluded.applied_seq) ELSE excluded.applied_seq END
           ), receipt AS (
               INSERT INTO receipts (seq, process, region, applied_ms)
               SELECT c.seq, $1, $2,
                      greatest(0, extract(epoch FROM clock_timestamp() - c.at)::float8 * 1000 - a.held_ms - $4::float8 / 2)
               FROM head, unnest($6::bigint[], $7::float8[]) AS a (seq, held_ms) JOIN changes c USING (seq)
               WHERE head.same AND NOT head.above
               ON CONFLICT (seq, process) DO NOTHING
           )
           SELECT same AS "same!", above AS "above!" FROM head"#,
        report.process as _,
        report.region,
        log,
        report.rtt_ms,
        highest.map(Seq::to_i64),
        &seqs,
        &held,
    )
    .fetch_one(&db.edges)
    .await?;
    if row.above {
        identity::renew_if_still(db, report.log, fresh).await?;
        return Ok(Recorded::Renewed);
    }
    Ok(if row.same { Recorded::Receipts } else { Recorded::OtherLog })
}

/// How far each region is with a write: every region with a live process, or with a receipt
/// for this very write.
pub async fn of_change(db: &Db, seq: Seq) -> Result<Vec<RegionReceipt>, StoreError> {
    let rows = sqlx::query!(
        r#"WITH live AS (
               SELECT p.process, p.region, p.log = h.log AND coalesce(p.applied_seq >= $1, false) AS applied
               FROM edge_processes p, feed_head h
               WHERE p.last_seen > clock_timestamp() - make_interval(secs => $2)
           ), of_process AS (
               SELECT coalesce(l.region, r.region) AS region, l.process IS NOT NULL AS live,
                      coalesce(l.applied, true) AS applied, r.applied_ms
               FROM live l FULL JOIN (SELECT * FROM receipts WHERE seq = $1) r USING (process)
           )
           SELECT region AS "region!",
                  coalesce(bool_and(applied) FILTER (WHERE live), true) AS "applied!",
                  coalesce(max(applied_ms) FILTER (WHERE live), max(applied_ms)) AS applied_ms,
                  count(*) FILTER (WHERE live) AS "processes!"
           FROM of_process GROUP BY region ORDER BY region"#,
        seq.to_i64(),
        LIVE_S_MAX,
    )
    .fetch_all(&db.pool)
    .await?;
    let receipts = rows.into_iter().map(|row| RegionReceipt {
        region: row.region,
        applied: row.applied,
        applied_ms: row.applied_ms,
        processes: u32::try_from(row.processes).unwrap_or(u32::MAX),
    });
    Ok(receipts.collect())
}

/// What the processes heard of within `silence_max` are known to have applied, all of them:
/// the least of their numbers, zero while one has reported none. `None` without any.
pub async fn applied_by_all(db: &Db, silence_max: Duration) -> Result<Option<Seq>, StoreError> {
    let least = sqlx::query_scalar!(
        r#"SELECT min(CASE WHEN p.log = h.log THEN coalesce(p.applied_seq, 0) ELSE 0 END)
           FROM edge_processes p, feed_head h
           WHERE p.last_seen > clock_timestamp() - make_interval(secs => $1)"#,
        silence_max.as_secs_f64(),
    )
    .fetch_one(&db.pool)
    .await?;
    least.map(pg::seq).transpose()
}
