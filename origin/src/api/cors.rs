//! What scripts of other sites may do: read what is public.

use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{limits::PREFLIGHT_AGE_S, reply::Reply};

const EXPOSED: &str = "ETag, Cache-Status, Rcr-Seq, Rcr-As-Of";
const REQUEST_HEADERS: &str = "If-None-Match, Rcr-Min-Seq, Rcr-Log, traceparent";

/// For every answer at a public address, errors too: a script must be able to read them.
pub fn expose(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
}

/// OPTIONS at an address whose methods are `allow`.
pub fn options(allow: HeaderValue, public: bool) -> Reply {
    let reply = Reply::empty(StatusCode::NO_CONTENT).header(header::ALLOW, allow.clone());
    if !public {
        return reply;
    }
    reply
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, allow)
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(REQUEST_HEADERS))
        .header(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_AGE_S))
}
