//! Asking for a page before any reader does.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderValue, Request, header, uri::PathAndQuery};
use http_body_util::Empty;

use super::{Edge, local, lookup::look_up_key};
use crate::{
    cache_status::Disposition,
    epoch::Epoch,
    judge::{Verdict, judge},
    key::{self, Key},
};

/// Who asks: nobody's address (RFC 6666). What a client may cost the origin bounds it like any other, and takes nothing
/// from a neighbour.
pub(super) const PEER: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1)), 0);

/// A page that readers may ask for.
pub struct Ahead {
    key: Key,
    target: PathAndQuery,
}

/// What came of asking for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    Stored,
    /// There is a copy that readers may have, and a new one on its way.
    Refreshing,
    NotStored,
}

impl Fetched {
    pub const fn as_str(self) -> &'static str {
        match self {
            Fetched::Stored => "stored",
            Fetched::Refreshing => "refreshing",
            Fetched::NotStored => "not-stored",
        }
    }
}

impl Ahead {
    /// The page that a reader has asked for under this key.
    pub(super) fn of_key(key: Key) -> Option<Ahead> {
        let target = key::target(&key).parse().ok()?;
        Some(Ahead { key, target })
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }
}

impl Edge {
    /// The page at `target`, if a reader's question to `host` for it would not be answered from memory.
    pub fn lacks(&self, epoch: &Epoch, host: &str, target: &str) -> Option<Ahead> {
        let target: PathAndQuery = target.parse().ok()?;
        let exact = key::key(&target.clone().into(), Some(host), &self.settings.hosts).ok()?;
        if local::is_internal(key::path(&exact)) {
            return None;
        }
        let key = look_up_key(epoch, &exact);
        let is_held = match epoch.memory.peek(&key) {
            Some(entry) => matches!(judge(&entry, self.filler.clock.now(), false), Verdict::Fresh { .. }),
            // One of several variants is as good as can be told here.
            None => epoch.memory.holds(&key),
        };
        (!is_held).then_some(Ahead { key: exact, target })
    }

    /// Asks for it as a reader would, so that all that holds for readers holds for it.
    pub async fn fetch_ahead(self: &Arc<Self>, page: Ahead, host: &HeaderValue) -> Fetched {
        let mut request = Request::new(Empty::<Bytes>::new());
        *request.uri_mut() = page.target.into();
        request.headers_mut().insert(header::HOST, host.clone());
        let epoch = self.epoch.load_full();
        let key = look_up_key(&epoch, &page.key);
        let (_, disposition) = self.look_up(request, PEER, page.key, None, Arc::clone(&epoch)).await;
        if matches!(disposition, Disposition::StaleHit { .. })
            && let Some(fill) = epoch.fills.follow(&key, &self.settings.fills)
        {
            // It goes on behind the copy: it counts until it ends.
            fill.outcome().await;
        }
        match disposition {
            Disposition::Forwarded { stored: Some(Ok(())), .. } | Disposition::Hit { .. } | Disposition::Regional { .. } => {
                Fetched::Stored
            }
            Disposition::StaleHit { .. } => Fetched::Refreshing,
            _ => Fetched::NotStored,
        }
    }
}
