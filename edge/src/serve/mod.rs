//! The way of a read, in order.

mod answer;
mod body;
mod local;
mod lookup;
mod pass;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use common::{Seq, headers::RCR_MIN_SEQ, trace_context::TraceContext};
use http::{HeaderMap, Method, Request, Response, header};
use hyper::body::Incoming;

pub use self::body::ReplyBody;
use crate::{
    cache_status::{Disposition, Forward},
    epoch::Epoch,
    fill::Filler,
    key,
};

pub type Reply = Response<ReplyBody>;

/// What answering readers needs.
pub struct Edge {
    /// Replaced whole when an epoch ends.
    pub epoch: ArcSwap<Epoch>,
    pub filler: Filler,
    pub settings: Settings,
    /// The measured round trip to the origin, in nanoseconds.
    pub round_trip_ns: AtomicU64,
}

/// How readers are answered.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This cache's name in `Cache-Status`.
    pub name: Box<str>,
    /// Authorities served, in lower case; empty means any.
    pub hosts: Box<[Box<str>]>,
    pub feed: bool,
    /// The least time an unconfirmed edge waits for the origin before it shows its copy.
    pub unconfirmed_wait: Duration,
    /// How long a reader's number is waited for before the request goes on to the origin.
    pub min_seq_wait: Duration,
    /// Readers who may wait for their number at once.
    pub min_seq_waiters: Arc<tokio::sync::Semaphore>,
    pub fills_max: usize,
    /// The longest request body that is passed on, in bytes.
    pub request_body_bytes_max: usize,
    /// From the start of a passed-on request to the head of its answer.
    pub pass_timeout: Duration,
}

impl Edge {
    /// Answers one request. It always answers.
    pub async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Reply, Infallible> {
        let head_only = request.method() == Method::HEAD;
        let (mut reply, disposition) = self.route(request).await;
        self.filler.metrics.answered(&disposition);
        answer::tell(&mut reply, &disposition, &self.settings.name);
        if head_only {
            reply = answer::without_body(reply);
        }
        Ok(reply)
    }

    async fn route(self: &Arc<Self>, request: Request<Incoming>) -> (Reply, Disposition) {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let one_host = request.headers().get_all(header::HOST).iter().count() <= 1;
        let key = match key::key(request.uri(), host.filter(|_| one_host), &self.settings.hosts) {
            Ok(key) => key,
            Err(error) => return (local::refused(error, &self.trace(request.headers())), Disposition::Local),
        };
        if self.settings.feed {
            if local::is_internal(request.uri().path()) {
                return (local::not_found(&self.trace(request.headers())), Disposition::Local);
            }
            if let Some(preflight) = local::preflight(&request) {
                return (preflight, Disposition::Local);
            }
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return self.pass(request, Some(key), Forward::Method).await;
        }
        if request.headers().contains_key(header::AUTHORIZATION) {
            return self.pass(request, None, Forward::Request).await;
        }
        let own = match own_number(request.headers()) {
            Ok(own) => own.filter(|_| self.settings.feed),
            Err(InvalidOwnNumber) => return (local::bad_min_seq(&self.trace(request.headers())), Disposition::Local),
        };
        if let Some(own) = own
            && !self.reaches(own).await
        {
            return self.pass(request, None, Forward::Bypass).await;
        }
        self.look_up(request, key, own).await
    }

    /// Waits, within the limit, until this edge has applied the reader's number.
    async fn reaches(&self, own: Seq) -> bool {
        let epoch = self.epoch.load_full();
        if epoch.tags.applied() >= own {
            return true;
        }
        // Beyond the limit of waiters nobody waits: the origin is asked.
        let Ok(_place) = self.settings.min_seq_waiters.try_acquire() else { return false };
        let mut progress = epoch.tags.progress();
        let reached = progress.wait_for(|applied| *applied >= own);
        tokio::time::timeout(self.settings.min_seq_wait, reached).await.is_ok_and(|reached| reached.is_ok())
    }

    /// What a question to the origin takes at the moment.
    pub fn round_trip(&self) -> Duration {
        Duration::from_nanos(self.round_trip_ns.load(Ordering::Relaxed))
    }

    fn trace(&self, headers: &HeaderMap) -> TraceContext {
        TraceContext::from_headers(headers, &*self.filler.entropy)
    }
}

struct InvalidOwnNumber;

/// `Rcr-Min-Seq`: at most one, and a number.
fn own_number(headers: &HeaderMap) -> Result<Option<Seq>, InvalidOwnNumber> {
    let mut values = headers.get_all(RCR_MIN_SEQ).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(InvalidOwnNumber);
    }
    Seq::parse(value.as_bytes()).map(Some).map_err(|_| InvalidOwnNumber)
}
