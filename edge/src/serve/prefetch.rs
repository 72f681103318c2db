//! Asking for a page before any reader does.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, header, uri::PathAndQuery};
use http_body_util::Empty;

use super::{Edge, lookup::look_up_key};
use crate::{
    cache_status::Disposition,
    epoch::Epoch,
    judge::{Verdict, judge},
    key::{Key, key},
};

/// Who asks: this process. What a client may cost the origin bounds it like any other.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A page that readers may ask `host` for.
pub struct Ahead {
    key: Key,
    target: PathAndQuery,
}

impl Edge {
    /// The page at `target`, if a reader's question for it would not be answered from memory.
    pub fn lacks(&self, epoch: &Epoch, host: &str, target: &str) -> Option<Ahead> {
        let target: PathAndQuery = target.parse().ok()?;
        let key = key(&target.clone().into(), Some(host), &self.settings.hosts).ok()?;
        let found = epoch.memory.get(&look_up_key(epoch, &key), &HeaderMap::new());
        let is_fresh = found.is_some_and(|entry| matches!(judge(&entry, self.filler.clock.now(), false), Verdict::Fresh { .. }));
        (!is_fresh).then_some(Ahead { key, target })
    }

    /// Asks for it as a reader would, so that all that holds for readers holds for it. Whether it is stored now.
    pub async fn fetch_ahead(self: &Arc<Self>, page: Ahead, host: &HeaderValue) -> bool {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = page.target.into();
        request.headers_mut().insert(header::HOST, host.clone());
        let (_, disposition) = self.look_up(request, PEER, page.key, None, self.epoch.load_full()).await;
        match disposition {
            Disposition::Forwarded { stored, .. } => stored == Some(Ok(())),
            Disposition::Hit { .. } | Disposition::StaleHit { .. } | Disposition::Regional { .. } => true,
            _ => false,
        }
    }
}
