//! Requests that are not for a cache: passed on, never stored.

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use common::{forwarded::X_FORWARDED_FOR, headers::TRACEPARENT, telemetry};
use http::{HeaderMap, HeaderValue, Request, Response, header, response::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tracing::Instrument as _;

use super::{Edge, Reply, ReplyBody, local};
use crate::{
    cache_status::{Disposition, Forward},
    entry::end_to_end,
    exposed,
    fill::{Failure, Source, without_unkeyed},
    key::Key,
    policy::NotStored,
    upstream::{BodyError, BoxError, UpstreamError},
};

/// The origin's own answer, on its way.
pub(super) struct PassedOn {
    pub head: Parts,
    pub body: ReplyBody,
}

impl PassedOn {
    /// The answer for the reader. `stored` is why it is not for a cache, if that was asked.
    pub fn reply(self, why: Forward, stored: Option<NotStored>) -> (Reply, Disposition) {
        let PassedOn { mut head, body } = self;
        exposed::take_inside(&mut head.headers);
        let source = Some(Source::Origin { status: head.status });
        let disposition = Disposition::Forwarded { why, source, stored: stored.map(Err), collapsed: false };
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
                // RFC 9111 §4.4: a change that succeeded makes the stored copy wrong.
                let status = passed.head.status;
                if let Some(key) = changed.filter(|_| !is_safe && (status.is_success() || status.is_redirection())) {
                    let epoch = self.epoch.load();
                    epoch.fills.overtake(&key);
                    epoch.memory.invalidate(&key);
                }
                passed.reply(why, None)
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
        let client = self.client(peer, request.headers());
        let miss = match self.admit(client) {
            Ok(miss) => miss,
            Err(failure) => {
                self.filler.metrics.miss_refused(failure);
                return Err(failed(failure));
            }
        };
        let Ok(_place) = self.settings.passes.try_acquire() else {
            return Err((local::too_many(&trace), Disposition::Local));
        };
        let limit = self.settings.request_body_bytes_max;
        if request.body().size_hint().lower() > limit as u64 {
            return Err((local::body_too_large(limit, &trace), Disposition::Local));
        }
        let (mut head, body) = request.into_parts();
        let method = head.method.clone();
        end_to_end(&mut head.headers);
        self.introduce(&mut head.headers, client);
        head.headers.remove(header::HOST);
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
                // The origin is at it until the body has ended: so long it counts.
                Ok(PassedOn { head, body: ReplyBody::passing(body, Some(Arc::new(miss))) })
            }
            Ok(Err(error)) if outgrew(&error) => Err((local::body_too_large(limit, &trace), Disposition::Local)),
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

/// Whether it failed because the body, sent without a length, grew past the limit.
fn outgrew(error: &UpstreamError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
