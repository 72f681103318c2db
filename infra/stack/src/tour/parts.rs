//! The full system only: every part says, in its own protocol, that it really was used.

use std::time::Duration;

use super::api::Reader;
use super::write::Written;
use super::{Story, each_region};
use crate::error::{Error, Result};
use crate::services::{CloudFront, Mongo, S3};
use crate::system::System;
use crate::wait::{self, Probe};

/// The worker waits for the edges, coalesces over a window and keeps a margin before it asks CloudFront.
const INVALIDATION_LIMIT: Duration = Duration::from_secs(60);
const REDIS_LIMIT: Duration = Duration::from_secs(10);
const PAGES_READ: usize = 50;
const DATABASE: &str = "reviews";

pub fn are_really_used(story: &mut Story<'_>, written: &mut Written) -> Result<()> {
    story.step("MongoDB holds the manuscripts", |system| {
        let counts = part(system.services.mongo.as_ref(), "MongoDB", |mongo: &Mongo| mongo.counts(DATABASE))?;
        if counts.iter().map(|(_, count)| count).sum::<i64>() == 0 {
            return Err(Error::failed(format!("the database {DATABASE} is empty: {counts:?}")));
        }
        Ok(((), each_region(counts.into_iter().map(|(name, count)| (name, format!("{count} documents"))))))
    })?;
    story.step("S3 holds the photograph and its variants", |system| {
        let keys = part(system.services.s3.as_ref(), "S3", S3::keys)?;
        let mine: Vec<&String> = keys.iter().filter(|key| key.contains(&written.photograph.sha256)).collect();
        if mine.len() < written.photograph.widths.len() {
            return Err(Error::failed(format!("of {} keys only {mine:?} are the photograph's", keys.len())));
        }
        Ok(((), format!("{} objects of it", mine.len())))
    })?;
    story.step("each region's Redis holds entries", |system| {
        // An edge stores there behind the reader's back, and leaves a slow Redis alone for a while: so the readers
        // read on, other pages every time, until each region has something.
        let cameras = Reader { base: &system.origin.url }.cameras(PAGES_READ)?;
        let mut pages = cameras.iter().cycle();
        let counts = wait::until("entries in each region's Redis", REDIS_LIMIT, || {
            for edge in &system.edges {
                pages.next().map_or(Ok(None), |camera| Reader { base: &edge.url }.offer(camera))?;
            }
            let counts = redis_entries(system)?;
            let empty = counts.iter().any(|(_, count)| *count == 0);
            Ok(if empty { Probe::NotYet(format!("{counts:?}")) } else { Probe::Done(counts) })
        })?;
        Ok(((), each_region(counts)))
    })?;
    cloudfront_is_told(story, written)
}

/// The first invalidation is wide: it tells of the sample data. An edit after it is told by its own tag.
fn cloudfront_is_told(story: &mut Story<'_>, written: &mut Written) -> Result<()> {
    story.step("CloudFront was told of what was there before", |system| {
        let items = invalidated(system, "a first invalidation", |items| !items.is_empty())?;
        Ok(((), items.join(", ")))
    })?;
    story.step("and is told what to forget after one more edit", |system| {
        let edited = super::write::marker()?;
        let [words, ..] = super::text::texts(&edited);
        written.editor.save(&mut written.review, &words, Some(&written.photograph))?;
        written.seq = written.editor.transition(&mut written.review, words.locale, "publish")?;
        written.marker = edited;
        let tag = format!("#review:{}", written.review.id);
        let items = invalidated(system, "an invalidation of the review", |items| items.contains(&tag))?;
        Ok(((), format!("{tag} and {} more", items.len() - 1)))
    })
}

fn invalidated(system: &System, what: &str, enough: impl Fn(&[String]) -> bool) -> Result<Vec<String>> {
    wait::until(what, INVALIDATION_LIMIT, || {
        let items = part(system.services.cloudfront.as_ref(), "CloudFront", CloudFront::invalidated)?;
        Ok(if enough(&items) { Probe::Done(items) } else { Probe::NotYet(format!("{items:?}")) })
    })
}

fn redis_entries(system: &System) -> Result<Vec<(String, u64)>> {
    system.services.redis.iter().map(|redis| Ok((redis.name.clone(), redis.entries()?))).collect()
}

fn part<S, T>(service: Option<&S>, name: &str, ask: impl FnOnce(&S) -> Result<T>) -> Result<T> {
    ask(service.ok_or_else(|| Error::failed(format!("{name} does not run in this system")))?)
}
