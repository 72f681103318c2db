//! Requests that are not for a cache: passed on, never stored.

use std::{borrow::Cow, error::Error, sync::Arc};

use bytes::Bytes;
use common::{headers::TRACEPARENT, telemetry};
use http::{HeaderMap, Method, Request, Response, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tracing::Instrument as _;

use super::{Edge, Reply, ReplyBody, local};
use crate::{
    cache_status::{Disposition, Forward},
    entry::end_to_end,
    fill::{Failure, Source, add_via},
    key::{self, Key},
    policy,
    upstream::{BodyError, BoxError, UpstreamError},
};

impl Edge {
    /// Passes a request on, and its answer back, as they come. `changed` is the resource that
    /// an unsafe method may change.
    pub(super) async fn pass<B>(self: &Arc<Self>, request: Request<B>, changed: Option<Key>, why: Forward) -> (Reply, Disposition)
    where
        B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let trace = self.trace(request.headers());
        let Ok(_place) = self.settings.passes.try_acquire() else {
            return (local::too_many(&trace), Disposition::Local);
        };
        let limit = self.settings.request_body_bytes_max;
        if request.body().size_hint().lower() > limit as u64 {
            return (local::body_too_large(limit, &trace), Disposition::Local);
        }
        let (mut head, body) = request.into_parts();
        let method = head.method.clone();
        if method == Method::OPTIONS
            && let Some(left) = max_forwards(&head.headers)
        {
            let Some(fewer) = left.checked_sub(1) else { return (local::options(), Disposition::Local) };
            head.headers.insert(header::MAX_FORWARDS, fewer.into());
        }
        end_to_end(&mut head.headers);
        head.headers.remove(header::HOST);
        add_via(&mut head.headers, head.version, &self.settings.name);
        let span = tracing::info_span!("pass", request_id = %trace.request_id(), %method, path = head.uri.path());
        telemetry::adopt(&span, &trace);
        head.headers.insert(TRACEPARENT, telemetry::position(&span, trace).header_value());
        head.version = http::Version::HTTP_11;
        let body = Limited::new(body, limit).map_err(BodyError).boxed_unsync();

        let sending = self.filler.upstream.send(Request::from_parts(head, body)).instrument(span);
        match tokio::time::timeout(self.settings.pass_timeout, sending).await {
            Ok(Ok(response)) => {
                let (mut head, body) = response.into_parts();
                end_to_end(&mut head.headers);
                policy::ensure_date(&mut head.headers, self.filler.clock.wall().unix_ms().div_euclid(1000));
                let succeeded = !method.is_safe() && (head.status.is_success() || head.status.is_redirection());
                if let Some(key) = changed.filter(|_| succeeded) {
                    self.invalidate(key, &head.headers);
                }
                let source = Some(Source::Origin { status: head.status });
                let reply = Response::from_parts(head, ReplyBody::from(body));
                (reply, Disposition::Forwarded { why, source, stored: None, collapsed: false, ttl_s: None })
            }
            Ok(Err(error)) if outgrew(&error) => (local::body_too_large(limit, &trace), Disposition::Local),
            Ok(Err(error)) => {
                tracing::warn!(%error, request_id = trace.request_id(), "a request could not be passed on");
                (local::failed(Failure::NoResponse, &trace), Disposition::Failed { why, failure: Failure::NoResponse })
            }
            Err(_) => (local::failed(Failure::TimedOut, &trace), Disposition::Failed { why, failure: Failure::TimedOut }),
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
            epoch.fills.overtake(&exact);
            epoch.memory.invalidate(&exact);
            if let Cow::Owned(shared) = epoch.searches.key_for(&exact) {
                let shared = Key::from(shared);
                epoch.fills.overtake(&shared);
                epoch.memory.invalidate(&shared);
            }
        }
    }
}

/// How often an OPTIONS may still be passed on (RFC 9110 §7.6.2).
fn max_forwards(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::MAX_FORWARDS)?.to_str().ok()?.parse().ok()
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
