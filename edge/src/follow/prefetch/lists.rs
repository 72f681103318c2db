//! Which pages there are, as the origin says.

use std::{collections::HashMap, sync::Arc, time::Duration};

use http::{HeaderValue, StatusCode, header, response::Parts};
use http_body_util::{BodyExt as _, Limited};
use serde::Deserialize;

use super::super::Follower;
use crate::{fill::decoding, upstream::BoxError};

pub const FIRST: &str = "/internal/pages";
/// For one list.
const WAIT: Duration = Duration::from_secs(5);
/// As it comes, and as it is read. The origin's five thousand pages take some 300 KB.
const BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
pub struct List {
    pub pages: Vec<String>,
    pub next: Option<String>,
}

/// The lists of the last walk, by the address that each was asked under: an unchanged one is a 304.
#[derive(Default)]
pub struct Lists(HashMap<String, Known>);

struct Known {
    etag: HeaderValue,
    list: Arc<List>,
    asked: bool,
}

#[derive(Debug, thiserror::Error)]
enum NoList {
    #[error("nothing within {WAIT:?}")]
    TimedOut,
    #[error("{0}")]
    NoResponse(#[source] BoxError),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("not to be read: {0}")]
    Unreadable(#[source] BoxError),
}

impl Lists {
    /// `None`, and a word in the log, if it cannot be had.
    pub async fn ask(&mut self, follower: &Follower, path: &str) -> Option<Arc<List>> {
        match tokio::time::timeout(WAIT, self.exchange(follower, path)).await.unwrap_or(Err(NoList::TimedOut)) {
            Ok(list) => Some(list),
            Err(error) => {
                tracing::warn!(%error, "the origin did not say which pages there are");
                None
            }
        }
    }

    /// After a walk past all of them: those that it did not meet are of a site that has changed.
    pub fn forget_unasked(&mut self) {
        self.0.retain(|_, known| std::mem::take(&mut known.asked));
    }

    async fn exchange(&mut self, follower: &Follower, path: &str) -> Result<Arc<List>, NoList> {
        let mut request = follower.request(path.to_owned()).ok_or(NoList::Status(StatusCode::UNAUTHORIZED))?;
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(common::coded::ZSTD));
        if let Some(known) = self.0.get(path) {
            request.headers_mut().insert(header::IF_NONE_MATCH, known.etag.clone());
        }
        let response = follower.edge.filler.upstream.send(request).await.map_err(|error| NoList::NoResponse(error.into()))?;
        let (mut head, body) = response.into_parts();
        if head.status == StatusCode::NOT_MODIFIED
            && let Some(known) = self.0.get_mut(path)
        {
            known.asked = true;
            return Ok(Arc::clone(&known.list));
        }
        if head.status != StatusCode::OK {
            return Err(NoList::Status(head.status));
        }
        let etag = head.headers.get(header::ETAG).cloned();
        let body = Limited::new(body, BYTES_MAX).collect().await.map_err(NoList::NoResponse)?.to_bytes();
        let list = Arc::new(read(&mut head, body).await.map_err(NoList::Unreadable)?);
        if let Some(etag) = etag {
            self.0.insert(path.to_owned(), Known { etag, list: Arc::clone(&list), asked: true });
        }
        Ok(list)
    }
}

async fn read(head: &mut Parts, body: bytes::Bytes) -> Result<List, BoxError> {
    let body = decoding::undo(&mut head.headers, body, BYTES_MAX).await?.ok_or("too long")?;
    Ok(serde_json::from_slice(&body)?)
}
