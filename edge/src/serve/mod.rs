//! The way of a read, in order.

mod answer;
mod body;
mod conditions;
mod local;
mod lookup;
mod pass;
mod prefetch;
mod wait;

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use common::{
    LogId, Seq,
    forwarded::TrustedProxies,
    headers::{RCR_LOG, RCR_MIN_SEQ},
    trace_context::TraceContext,
};
use http::{HeaderMap, Method, Request, Response, header};
use http_body::Body as _;

pub use self::{body::ReplyBody, prefetch::Fetched};
use crate::{
    access_log::{self, AccessLog},
    cache_status::{Disposition, Forward},
    client::{Limiter, Place},
    codings,
    epoch::Epoch,
    fill::{Failure, FillLimits, Filler},
    key::{self, Key},
    upstream::BoxError,
};

pub type Reply = Response<ReplyBody>;

/// What answering readers needs.
pub struct Edge {
    /// Replaced whole when an epoch ends.
    pub epoch: ArcSwap<Epoch>,
    pub filler: Filler,
    /// Where bodies are coded.
    pub workshop: codings::Workshop,
    pub settings: Settings,
    pub log: AccessLog,
}

/// How readers are answered.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This cache's name in `Cache-Status`.
    pub name: Box<str>,
    /// Authorities served, in lower case; empty means any.
    pub hosts: Box<[Box<str>]>,
    pub feed: bool,
    /// How long a reader's number is waited for before the request goes on to the origin.
    pub min_seq_wait: Duration,
    /// Readers who may wait for their number at once.
    pub min_seq_waiters: Arc<tokio::sync::Semaphore>,
    pub fills: FillLimits,
    /// The proxies that are believed about their clients.
    pub trusted_proxies: TrustedProxies,
    /// What each client may cost the origin.
    pub clients: Arc<Limiter>,
    /// Requests passed on at once, up to the heads of their answers.
    pub passes: Arc<tokio::sync::Semaphore>,
    /// The longest request body that is passed on, in bytes.
    pub request_body_bytes_max: usize,
    /// From the start of a passed-on request to the head of its answer.
    pub pass_timeout: Duration,
}

impl Edge {
    /// Answers one request from `peer`, the other end of the connection. It always answers.
    pub async fn serve<B>(self: Arc<Self>, request: Request<B>, peer: SocketAddr) -> Result<Reply, Infallible>
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let head_only = request.method() == Method::HEAD;
        let came = self.log.came(|| self.filler.clock.now());
        let (method, mut key) = (request.method().clone(), None);
        let (mut reply, disposition) = self.route(request, peer, &mut key).await;
        let bytes = reply.body().size_hint().exact();
        self.filler.metrics.answered(&disposition, bytes.filter(|_| !head_only));
        let line = access_log::Line {
            method: &method,
            key: key.as_ref(),
            status: reply.status(),
            disposition: &disposition,
            bytes,
            trace: reply.extensions().get(),
        };
        self.log.answered(&line, came, || self.filler.clock.now(), &self.settings.name, &self.filler.metrics);
        answer::tell(&mut reply, &disposition, &self.settings.name);
        if head_only {
            reply = answer::without_body(reply);
        }
        Ok(reply)
    }

    /// Leaves the request's key in `known_as`, for the log.
    async fn route<B>(self: &Arc<Self>, request: Request<B>, peer: SocketAddr, known_as: &mut Option<Key>) -> (Reply, Disposition)
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let one_host = request.headers().get_all(header::HOST).iter().count() <= 1;
        let key = match key::key(request.uri(), host.filter(|_| one_host), &self.settings.hosts) {
            Ok(key) => key,
            Err(error) => return (local::refused(error, &self.trace(request.headers())), Disposition::Local),
        };
        *known_as = Some(Arc::clone(&key));
        if self.settings.feed {
            if local::is_internal(key::path(&key)) {
                return (local::not_found(&self.trace(request.headers())), Disposition::Local);
            }
            if let Some(preflight) = local::preflight(&request) {
                return (preflight, Disposition::Local);
            }
        }
        match *request.method() {
            Method::GET | Method::HEAD => {}
            // Neither is for a cache to pass on: one asks for a tunnel, the other for an echo
            // of headers that were meant for the next hop.
            Method::CONNECT | Method::TRACE => return (local::not_allowed(&self.trace(request.headers())), Disposition::Local),
            _ => return self.pass(request, peer, Some(key), Forward::Method).await,
        }
        if request.headers().contains_key(header::AUTHORIZATION) {
            return self.pass(request, peer, None, Forward::Bypass).await;
        }
        let epoch = self.epoch.load_full();
        let own = if self.settings.feed { own_number(request.headers(), &epoch) } else { Ok(None) };
        match own {
            Ok(Some(own)) if !self.reaches(&epoch, own, peer, request.headers()).await => {
                self.pass(request, peer, None, Forward::Bypass).await
            }
            Ok(own) => self.look_up(request, peer, key, own, epoch).await,
            Err(InvalidOwnNumber) => (local::bad_min_seq(&self.trace(request.headers())), Disposition::Local),
        }
    }

    /// Waits, within the limit, until the epoch has applied the reader's number.
    async fn reaches(&self, epoch: &Epoch, own: Seq, peer: SocketAddr, headers: &HeaderMap) -> bool {
        if epoch.tags.applied() >= own {
            return true;
        }
        // Beyond the limit of waiters nobody waits: the origin is asked. Nor may one client
        // take all the places with numbers that never come.
        let client = self.client(peer, headers);
        let Ok(_miss) = self.settings.clients.admit_waiting(client, self.filler.clock.now()) else { return false };
        let Ok(_place) = self.settings.min_seq_waiters.try_acquire() else { return false };
        let mut progress = epoch.tags.progress();
        let reached = progress.wait_for(|applied| *applied >= own);
        tokio::time::timeout(self.settings.min_seq_wait, reached).await.is_ok_and(|reached| reached.is_ok())
    }

    /// Whose request this is. Not asked for a hit.
    fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
        self.settings.trusted_proxies.client(peer, headers)
    }

    /// Leave for one request to cost the origin something. Whatever makes a request miss, a
    /// header of its own choice too, it comes by here.
    fn admit(&self, client: IpAddr) -> Result<Place, Failure> {
        self.settings.clients.admit(client, self.filler.clock.now()).map_err(Failure::from)
    }

    fn trace(&self, headers: &HeaderMap) -> TraceContext {
        TraceContext::from_headers(headers, &*self.filler.entropy)
    }
}

struct InvalidOwnNumber;

/// `Rcr-Min-Seq`: at most one, and a number. One of another log says nothing here.
fn own_number(headers: &HeaderMap, epoch: &Epoch) -> Result<Option<Seq>, InvalidOwnNumber> {
    let mut values = headers.get_all(RCR_MIN_SEQ).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(InvalidOwnNumber);
    }
    let own = Seq::parse(value.as_bytes()).map_err(|_| InvalidOwnNumber)?;
    let of = headers.get(RCR_LOG).and_then(|value| LogId::parse(value.to_str().ok()?).ok());
    let elsewhere = of.is_some_and(|of| epoch.log().is_some_and(|log| log != of));
    Ok(Some(own).filter(|_| !elsewhere))
}
