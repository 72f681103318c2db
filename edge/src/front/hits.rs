//! From the bytes of requests to the bytes of answers.

use std::{cell::RefCell, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Uri;

use super::{
    reply::{self, Telling},
    scan::{HeadLimits, Scanned, Simple, scan},
    target::write_key,
};
use crate::{
    codings,
    epoch::Epoch,
    judge::{Verdict, judge},
    key,
    serve::Edge,
};

/// Answers that are gathered before they are written.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// A longer host is no name, and not worth remembering.
const HOST_BYTES_MAX: usize = 255;

/// How far the requests at hand were dealt with. `consumed` bytes of them are done with.
#[derive(Debug)]
pub enum Served {
    /// All of them, but for a beginning.
    All { consumed: usize },
    /// The last answer still needs this behind it; there may be more requests.
    Large { consumed: usize, body: Bytes },
    /// The next `len` bytes are one request for hyper.
    Hand { consumed: usize, len: usize },
    /// Everything from here on is for hyper.
    Open { consumed: usize },
}

impl Served {
    pub const fn consumed(&self) -> usize {
        match self {
            Served::All { consumed }
            | Served::Large { consumed, .. }
            | Served::Hand { consumed, .. }
            | Served::Open { consumed } => *consumed,
        }
    }
}

/// One answer.
struct Hit {
    body_bytes: u64,
    /// What has to follow it.
    rest: Bytes,
}

thread_local! {
    /// The key of the request at hand.
    static KEY: RefCell<String> = RefCell::new(String::with_capacity(256));
}

/// One connection's view of the cache.
pub struct Hits {
    edge: Arc<Edge>,
    limits: HeadLimits,
    /// The last `Host` that was looked at, and what the long way made of it.
    host: Vec<u8>,
    authority: String,
}

impl Hits {
    pub fn new(edge: Arc<Edge>, limits: HeadLimits) -> Hits {
        Hits { edge, limits, host: Vec::new(), authority: String::new() }
    }

    pub fn limits(&self) -> HeadLimits {
        self.limits
    }

    /// Answers the requests at the start of `input`, in their order, as far as it can.
    pub fn serve(&mut self, input: &[u8], output: &mut Vec<u8>) -> Served {
        // Read once, however many requests lie here (R21 allows it).
        let edge = Arc::clone(&self.edge);
        let now = edge.filler.clock.now();
        let epoch = edge.epoch.load();
        // Drawing samples is the long way's business.
        let may_answer = epoch.is_confirmed(now) && !edge.log.samples();
        let (mut consumed, mut hits, mut body_bytes) = (0, 0, 0);
        let served = loop {
            if consumed == input.len() {
                break Served::All { consumed };
            }
            let request = match scan(&input[consumed..], self.limits) {
                Scanned::Partial => break Served::All { consumed },
                Scanned::Through => break Served::Open { consumed },
                Scanned::Whole { len } => break Served::Hand { consumed, len },
                Scanned::Simple(request) => request,
            };
            let Some(hit) = may_answer.then(|| self.answer(&epoch, &request, now, output)).flatten() else {
                break Served::Hand { consumed, len: request.len };
            };
            hits += 1;
            body_bytes += hit.body_bytes;
            consumed += request.len;
            if !hit.rest.is_empty() || output.len() >= OUTPUT_BYTES_MAX {
                break Served::Large { consumed, body: hit.rest };
            }
        };
        if hits > 0 {
            edge.filler.metrics.hits(hits, body_bytes);
        }
        served
    }

    /// `None` if a fresh copy that anybody may have is not at hand.
    fn answer(&mut self, epoch: &Arc<Epoch>, request: &Simple<'_>, now: Duration, output: &mut Vec<u8>) -> Option<Hit> {
        if self.host != request.host || self.host.is_empty() {
            self.learn(request.host)?;
        }
        KEY.with_borrow_mut(|key| {
            if !write_key(&self.authority, request.target, key) {
                return None;
            }
            let key = epoch.searches.key_for(key);
            let name = &self.edge.settings.name;
            let (written, wanted) = epoch.memory.with_only(&key, |entry| {
                let left_s = match judge(entry, now, false) {
                    Verdict::Fresh { left } => left.as_secs(),
                    Verdict::Stale | Verdict::Revalidate { .. } | Verdict::Gone => return None,
                };
                entry.note_read();
                let written = reply::write(entry, request, Telling { name, age_s: entry.age(now).as_secs(), left_s }, output)?;
                let wanted = written.wanted.map(|coding| (coding, Arc::clone(entry)));
                Some((written, wanted))
            })?;
            if let Some((coding, entry)) = wanted {
                codings::begin(epoch, &key, &entry, coding, &self.edge.workshop);
            }
            Some(Hit { body_bytes: written.body_bytes, rest: written.body })
        })
    }

    /// The long way's opinion of a host, kept for the requests that follow.
    fn learn(&mut self, host: &[u8]) -> Option<()> {
        self.host.clear();
        self.authority.clear();
        if host.is_empty() || host.len() > HOST_BYTES_MAX {
            return None;
        }
        let key = key::key(&Uri::from_static("/"), std::str::from_utf8(host).ok(), &self.edge.settings.hosts).ok()?;
        self.authority.push_str(key.strip_suffix('/')?);
        self.host.extend_from_slice(host);
        Some(())
    }
}
