//! Requests that are not for a cache: passed on, never stored.

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use common::{forwarded::X_FORWARDED_FOR, headers::TRACEPARENT, telemetry};
use http::{HeaderMap, HeaderValue, Method, Request, Response, header, response::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tracing::Instrument as _;

use super::{Edge, Reply, ReplyBody, local};
use crate::{
    cache_status::{Disposition, Forward},
    codings,
    entry::end_to_end,
    exposed,
    fill::{Failure, Source, add_via, without_unkeyed},
    key::{self, Key},
    listen::RequestBodyError,
    policy::{self, NotStored},
    upstream::{BodyError, BoxError, UpstreamError},
};

/// The origin's own answer, on its way.
pub(super) struct PassedOn {
    pub head: Parts,
    pub body: ReplyBody,
}

impl PassedOn {
    /// The answer for the reader. `stored` is why it is not for a cache, if that was asked.
    pub fn reply(self, why: Forward, stored: Option<NotStored>, feed: bool) -> (Reply, Disposition) {
        let PassedOn { mut head, body } = self;
        exposed::take_inside(&mut head.headers, feed);
        let source = Some(Source::Origin { status: head.status });
        let disposition = Disposition::Forwarded { why, source, stored: stored.map(Err), collapsed: false, ttl_s: None };
        (Response::from_parts(head, body), disposition)
    }
}

impl Edge {
    /// Passes a request on, and its answer back, as they come. `changed` is the resource that
    /// an unsafe method may change.
    pub(super) async fn pass<B>(
        self: &Arc<Self>,
        request: Request<B>,
        peer: SocketAddr,
        changed: Option<Key>,
        why: Forward,
    ) -> (Reply, Disposition)
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let is_safe = request.method().is_safe();
        match self.pass_on(request, peer, why, self.settings.pass_timeout).await {
            Ok(passed) => {
                let status = passed.head.status;
                if let Some(key) = changed.filter(|_| !is_safe && (status.is_success() || status.is_redirection())) {
                    self.invalidate_groups(&key, &passed.head.headers);
                    self.invalidate(key, &passed.head.headers);
                }
                passed.reply(why, None, self.settings.feed)
            }
            Err(refusal) => refusal,
        }
    }

    /// One request for one reader, within every limit. `wait` is for the head of its answer.
    ///
    /// # Errors
    /// With what the reader is told instead.
    pub(super) async fn pass_on<B>(
        self: &Arc<Self>,
        request: Request<B>,
        peer: SocketAddr,
        why: Forward,
        wait: Duration,
    ) -> Result<PassedOn, (Reply, Disposition)>
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let trace = self.trace(request.headers());
        let failed = |failure| (local::failed(failure, &trace), Disposition::Failed { why, failure });
        let refused = |failure| {
            self.filler.metrics.miss_refused(failure);
            failed(failure)
        };
        let client = self.client(peer, request.headers());
        let miss = self.admit(client).map_err(refused)?;
        let Ok(_place) = self.settings.passes.try_acquire() else { return Err(refused(Failure::TooManyPasses)) };
        let limit = self.settings.request_body_bytes_max;
        if request.body().size_hint().lower() > limit as u64 {
            return Err((local::body_too_large(limit, &trace), Disposition::Local));
        }
        let (mut head, body) = request.into_parts();
        let method = head.method.clone();
        if method == Method::OPTIONS
            && let Some(left) = max_forwards(&head.headers)
        {
            let Some(fewer) = left.checked_sub(1) else { return Err((local::options(), Disposition::Local)) };
            head.headers.insert(header::MAX_FORWARDS, fewer.into());
        }
        end_to_end(&mut head.headers);
        self.introduce(&mut head.headers, client);
        for name in [header::IF_MATCH, header::IF_NONE_MATCH] {
            if let Some(plain) = head.headers.get(&name).and_then(codings::without_suffixes) {
                head.headers.insert(name, plain);
            }
        }
        head.headers.remove(header::HOST);
        add_via(&mut head.headers, head.version, &self.settings.name);
        let span = tracing::info_span!("pass", request_id = %trace.request_id(), %method, path = head.uri.path());
        telemetry::adopt(&span, &trace);
        head.headers.insert(TRACEPARENT, telemetry::position(&span, trace).header_value());
        head.version = http::Version::HTTP_11;
        let body = Limited::new(body, limit).map_err(BodyError).boxed_unsync();

        let sending = self.filler.upstream.pass(Request::from_parts(head, body)).instrument(span);
        match tokio::time::timeout(wait, sending).await {
            Ok(Ok(response)) => {
                let (mut head, body) = response.into_parts();
                end_to_end(&mut head.headers);
                policy::ensure_date(&mut head.headers, self.filler.clock.wall().unix_ms().div_euclid(1000));
                head.extensions.insert(trace);
                // The origin is at it until the body has ended: so long it counts.
                Ok(PassedOn { head, body: ReplyBody::passing(body, Some(Arc::new(miss))) })
            }
            Ok(Err(error)) if because(&error, |cause| cause.is::<LengthLimitError>()) => {
                Err((local::body_too_large(limit, &trace), Disposition::Local))
            }
            Ok(Err(error)) if because(&error, stalled) => Err((local::body_too_slow(&trace), Disposition::Local)),
            Ok(Err(error)) => {
                tracing::warn!(%error, request_id = trace.request_id(), "a request could not be passed on");
                Err(failed(Failure::NoResponse))
            }
            Err(_) => Err(failed(Failure::TimedOut)),
        }
    }

    /// What the origin is told of who asks: the client's address as this edge found it, so that
    /// the origin can limit each reader; never what a reader says of itself.
    fn introduce(&self, headers: &mut HeaderMap, client: std::net::IpAddr) {
        exposed::without_forbidden(headers);
        // An arbitrary upstream may want them, and its answer to a pass is never shared.
        if self.settings.feed {
            without_unkeyed(headers);
        }
        headers.remove(header::FORWARDED);
        headers.remove("x-real-ip");
        // An address is always legal.
        if let Ok(client) = HeaderValue::from_str(&client.to_string()) {
            headers.insert(X_FORWARDED_FOR, client);
        }
    }
}

impl Edge {
    /// RFC 9111 §4.4: a change that succeeded makes the stored copies wrong, of the target and
    /// of what the answer names on the same host.
    fn invalidate(&self, target: Key, answer: &HeaderMap) {
        let epoch = self.epoch.load();
        let named = [header::LOCATION, header::CONTENT_LOCATION];
        let named = named.iter().filter_map(|name| key::of_reference(&target, answer.get(name)?.to_str().ok()?));
        let changed: Vec<Key> = named.chain([Arc::clone(&target)]).collect();
        for exact in changed {
            for key in epoch.searches.keys_of(&exact) {
                epoch.fills.overtake(&key);
                epoch.memory.invalidate(&key);
            }
        }
    }
}

/// How often an OPTIONS may still be passed on (RFC 9110 §7.6.2).
fn max_forwards(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::MAX_FORWARDS)?.to_str().ok()?.parse().ok()
}

/// Whether what failed, or a cause of it, is of a kind: a body that was sent without a length
/// and grew past the limit, or one that did not come.
fn because(error: &UpstreamError, is: impl Fn(&(dyn Error + 'static)) -> bool) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if is(error) {
            return true;
        }
        cause = error.source();
    }
    false
}

fn stalled(cause: &(dyn Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(RequestBodyError::Stalled(_)))
}
