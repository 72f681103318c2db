//! The readers' part, at the four edges.

use std::time::Duration;

use super::api::{Reader, header, mentions};
use super::write::Written;
use super::{Story, applied_everywhere, each_region, text};
use crate::error::{Error, Result};
use crate::http::Answer;
use crate::system::System;

const READ_LIMIT: Duration = Duration::from_secs(10);
/// What the tour reads in: the review's first language.
pub const LOCALE: &str = "pt-BR";

pub fn everywhere(story: &mut Story<'_>, written: &Written) -> Result<()> {
    story.step("readers at four edges read it, from the origin", |system| {
        let statuses = read_at_each_edge(system, written, Some(written.seq))?;
        Ok(((), each_region(statuses)))
    })?;
    story.step("and again, from the edge's memory", |system| {
        let statuses = read_at_each_edge(system, written, Some(written.seq))?;
        match statuses.iter().find(|(_, status)| !is_hit(status)) {
            Some((region, status)) => Err(Error::failed(format!("{region} did not answer from memory: {status}"))),
            None => Ok(((), each_region(statuses))),
        }
    })?;
    story.step("search finds it, in three languages", |system| {
        let mut found = Vec::new();
        for (words, edge) in text::texts(&written.marker).iter().zip(&system.edges) {
            let answer = Reader { base: &edge.url }.search(words.search, words.locale, written.seq)?;
            must_mention(&answer, &written.review.slug)?;
            found.push((edge.region.clone(), format!("“{}” ({})", words.search, words.locale)));
        }
        Ok(((), each_region(found)))
    })?;
    story.step("the author's page leads to it", |system| {
        let edge = system.edge("eu")?;
        let answer = Reader { base: &edge.url }.editor(&written.author_slug, written.seq)?;
        must_mention(&answer, &written.review.slug)?;
        Ok(((), format!("/v1/editors/{} names {}", written.author_slug, written.review.slug)))
    })
}

pub fn a_buyer_leaves(story: &mut Story<'_>, written: &Written) -> Result<()> {
    story.step("a buyer follows an offer", |system| {
        let edge = system.edge("asia")?;
        let answer = Reader { base: &edge.url }.follow(&written.offer)?.expect(302)?;
        Ok(((), format!("302 to {}", header(&answer, "location")?)))
    })
}

pub fn archived_is_gone(story: &mut Story<'_>, written: &mut Written) -> Result<()> {
    let seq = story.step("the editor archives it", |_| {
        let mut seq = 0;
        for words in text::texts(&written.marker) {
            seq = written.editor.transition(&mut written.review, words.locale, "archive")?;
        }
        applied_everywhere(&written.editor, seq)?;
        Ok((seq, format!("Rcr-Seq: {seq}, applied everywhere")))
    })?;
    written.seq = seq;
    story.step("it is gone at every edge, at once", |system| {
        let mut statuses = Vec::new();
        for edge in &system.edges {
            // No Rcr-Min-Seq: any reader must see that it is gone.
            let answer = Reader { base: &edge.url }.review(&written.review.slug, LOCALE, None, READ_LIMIT)?;
            if ![404, 410].contains(&answer.status) {
                return Err(Error::failed(format!("still there in {}; {}", edge.region, answer.summary())));
            }
            statuses.push((edge.region.clone(), answer.status));
        }
        Ok(((), each_region(statuses)))
    })
}

/// `Cache-Status` of a good answer that carries the current text, from each edge.
fn read_at_each_edge(system: &System, written: &Written, min_seq: Option<u64>) -> Result<Vec<(String, String)>> {
    let read = |edge: &crate::system::Edge| {
        let answer = Reader { base: &edge.url }.review(&written.review.slug, LOCALE, min_seq, READ_LIMIT)?.expect(200)?;
        if !answer.text().contains(&written.marker) {
            return Err(Error::failed(format!("{} shows another text; {}", edge.region, answer.summary())));
        }
        Ok((edge.region.clone(), header(&answer, "cache-status")?))
    };
    system.edges.iter().map(read).collect()
}

/// RFC 9211: a cache that answered by itself says `hit`.
fn is_hit(cache_status: &str) -> bool {
    cache_status.split([';', ',']).any(|part| part.trim() == "hit")
}

fn must_mention(answer: &Answer, slug: &str) -> Result<()> {
    if mentions(&answer.json()?, slug) { Ok(()) } else { Err(Error::failed(format!("no {slug}; {}", answer.summary()))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_hits_from_misses() {
        assert!(is_hit("sa; hit; ttl=30"));
        assert!(!is_hit("sa; fwd=miss; stored"));
        assert!(!is_hit("hitless; fwd=uri-miss"));
    }
}
