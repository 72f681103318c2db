//! How fast an edit is everywhere. Two figures, both from the commit: *applied*, when the edge had processed the
//! event, by the origin's receipts; *visible*, when a reader at the edge, asking again and again without any
//! special header, first received the new text.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::api::Reader;
use super::read::LOCALE;
use super::write::{Written, marker};
use super::{Story, applied_everywhere, each_region, text};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::system::{Edge, System};
use crate::term;
use crate::wait;

/// How long an edit may take to be seen everywhere before the tour fails.
const VISIBLE_LIMIT: Duration = Duration::from_secs(20);
/// Between two looks of one reader: the resolution of *visible*.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

pub struct Row {
    region: String,
    applied_ms: f64,
    visible_ms: f64,
    cache_status: String,
}

/// When a reader first saw the new text, and where it came from.
struct Sighting {
    at: OffsetDateTime,
    cache_status: String,
}

pub fn an_edit_reaches_every_edge(story: &mut Story<'_>, written: &mut Written) -> Result<Vec<Row>> {
    let edited = marker()?;
    let [words, ..] = text::texts(&edited);
    story.step("the editor edits it; readers still see the old text", |system| {
        written.editor.save(&mut written.review, &words, Some(&written.photograph))?;
        for edge in &system.edges {
            let answer = Reader { base: &edge.url }.review(&written.review.slug, LOCALE, None, VISIBLE_LIMIT)?.expect(200)?;
            if answer.text().contains(&edited) {
                return Err(Error::failed(format!("{} shows the unpublished draft", edge.region)));
            }
        }
        Ok(((), format!("draft saved, version {}", written.review.etag)))
    })?;
    let rows = story.step("publishes the edit; four readers are watching", |system| {
        let (seq, seen) = watch_while(system, &written.review.slug.clone(), &edited, || {
            written.editor.transition(&mut written.review, LOCALE, "publish")
        })?;
        written.seq = seq;
        let receipts = applied_everywhere(&written.editor, seq)?;
        let at = written.editor.committed_at(seq)?;
        let committed = OffsetDateTime::parse(&at, &Rfc3339).map_err(|error| Error::failed(format!("{at}: {error}")))?;
        let rows: Vec<Row> = receipts
            .into_iter()
            .zip(seen)
            .map(|(receipt, sighting)| {
                let visible_ms = (sighting.at - committed).as_seconds_f64() * 1000.0;
                Row { region: receipt.region, applied_ms: receipt.applied_ms, visible_ms, cache_status: sighting.cache_status }
            })
            .collect();
        let evidence = each_region(rows.iter().map(|row| (row.region.clone(), format!("{:.1} ms", row.visible_ms))));
        Ok((rows, format!("Rcr-Seq: {seq}; visible: {evidence}")))
    })?;
    written.marker = edited;
    Ok(rows)
}

/// One reader a region looks without pause while `action` runs, until each has seen `marker`.
fn watch_while<T>(system: &System, slug: &str, marker: &str, action: impl FnOnce() -> Result<T>) -> Result<(T, Vec<Sighting>)> {
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        let watchers: Vec<_> = system.edges.iter().map(|edge| scope.spawn(|| first_sight(edge, slug, marker, &failed))).collect();
        let outcome = action();
        failed.store(outcome.is_err(), Ordering::SeqCst);
        let panicked = |_| Err(Error::failed("a watching thread panicked"));
        let seen: Vec<_> = watchers.into_iter().map(|watcher| watcher.join().unwrap_or_else(panicked)).collect();
        Ok((outcome?, seen.into_iter().collect::<Result<_>>()?))
    })
}

fn first_sight(edge: &Edge, slug: &str, marker: &str, give_up: &AtomicBool) -> Result<Sighting> {
    let started = wait::now();
    loop {
        interrupt::check()?;
        let answer = Reader { base: &edge.url }.review(slug, LOCALE, None, VISIBLE_LIMIT)?;
        let at = wait::wall_clock();
        if answer.text().contains(marker) {
            let cache_status = answer.header("cache-status").unwrap_or("(no Cache-Status)").to_owned();
            return Ok(Sighting { at, cache_status });
        }
        if give_up.load(Ordering::SeqCst) {
            return Err(Error::failed("the edit was not published"));
        }
        if started.elapsed() >= VISIBLE_LIMIT {
            let what = format!("the edit at edge {}", edge.region);
            return Err(Error::Timeout { what, limit: VISIBLE_LIMIT, last: answer.summary() });
        }
        thread::sleep(LOOK_INTERVAL);
    }
}

pub fn show(rows: &[Row]) {
    term::heading("From the editor's commit, milliseconds until …");
    term::line(&format!("  {:<8} {:>9} {:>9}   {}", "region", "applied", "visible", "Cache-Status of that read"));
    for row in rows {
        let (applied, visible) = (row.applied_ms, row.visible_ms);
        term::line(&format!("  {:<8} {applied:>9.1} {visible:>9.1}   {}", row.region, row.cache_status));
    }
}
