//! The backup of the texts. A revision never changes, so nothing here is ever written twice: an object holds up to
//! [`super::GET_MANY_MAX`] revisions, one JSON object a line, in zstd.

use std::io::Read as _;

use bytes::Bytes;
use common::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::Revision;
use crate::{
    domain::Sha256,
    objects::{Label, ObjectError, Objects},
};

const LABEL: Label = Label { content_type: "application/zstd", cache_control: "private" };
const LEVEL: i32 = 9;
/// Of one object, unpacked: the longest texts there may be, with every character escaped, and room.
const UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Objects(#[from] ObjectError),
    #[error("{object} in the archive cannot be read: {why}")]
    Unreadable { object: String, why: String },
    #[error("texts cannot be packed: {0}")]
    Packing(#[from] std::io::Error),
    #[error("there is nothing to archive")]
    Nothing,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: Ulid,
    review: Ulid,
    locale: String,
    author: Ulid,
    markdown: String,
    created_at_ms: i64,
}

/// Stores these revisions, durably. Gives the object's name.
pub async fn put(objects: &dyn Objects, revisions: &[Revision]) -> Result<String, ArchiveError> {
    let (Some(first), Some(last)) = (revisions.first(), revisions.last()) else { return Err(ArchiveError::Nothing) };
    let mut lines = Vec::new();
    for revision in revisions {
        let line = Line {
            id: revision.id,
            review: revision.review,
            locale: revision.locale.clone(),
            author: revision.author,
            markdown: revision.markdown.clone(),
            created_at_ms: revision.created_at.unix_ms(),
        };
        serde_json::to_writer(&mut lines, &line).map_err(std::io::Error::from)?;
        lines.push(b'\n');
    }
    // The same texts are the same object, and others another.
    let name = format!("texts/{}-{}-{}.ndjson.zst", first.id, last.id, Sha256::of(&lines));
    objects.put(&name, Bytes::from(zstd::bulk::compress(&lines, LEVEL)?), LABEL).await?;
    Ok(name)
}

/// The revisions in one object.
pub async fn get(objects: &dyn Objects, object: &str) -> Result<Vec<Revision>, ArchiveError> {
    let packed = objects.get(object).await?;
    let unreadable = |why: &dyn std::fmt::Display| ArchiveError::Unreadable { object: object.to_owned(), why: why.to_string() };
    let mut lines = String::new();
    let unpacked = zstd::stream::read::Decoder::with_buffer(&*packed).map_err(|error| unreadable(&error))?;
    unpacked.take(UNPACKED_BYTES_MAX).read_to_string(&mut lines).map_err(|error| unreadable(&error))?;
    let read = |line: &str| {
        let line: Line = serde_json::from_str(line).map_err(|error| unreadable(&error))?;
        Ok(Revision {
            id: line.id,
            review: line.review,
            locale: line.locale,
            author: line.author,
            markdown: line.markdown,
            created_at: Timestamp::from_unix_ms(line.created_at_ms),
        })
    };
    lines.lines().map(read).collect()
}
