//! A page as an HTTP response. Every server gets the same headers; those of the edge's protocol
//! are unknown to the others, who store and send them on like any other.

use std::io::Write as _;

use bytes::Bytes;
use common::headers::{RCR_AS_OF, RCR_LOG, SURROGATE_KEY};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};

use super::{Body, HEAD, Upstream};
use crate::page::{Kind, Page};

pub(super) fn text(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(text)).boxed_unsync());
    *response.status_mut() = status;
    response
}

pub(super) fn page(upstream: &Upstream, page: &Page, request: &HeaderMap) -> Response<Body> {
    let mut body = upstream.prose.body(page);
    let mut response = Response::new(());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // Fresh for longer than any run, so that nothing is revalidated.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    headers.insert(RCR_AS_OF, HeaderValue::from(HEAD.get()));
    set(headers, RCR_LOG, &upstream.log.to_string());
    let mut etag = page.etag();
    let tags = match page.kind {
        Kind::Plain | Kind::Compressible => format!("page:{} list:{} all", page.key, page.key % 100),
        Kind::Tagged => format!("page:{} all-of-them all", page.key),
    };
    set(headers, SURROGATE_KEY, &tags);
    if page.kind == Kind::Compressible {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if takes_gzip(request) {
            body = gzip(&body);
            etag.insert_str(etag.len() - 1, "-gzip");
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
    }
    set(headers, header::ETAG, &etag);
    response.map(|()| Full::new(Bytes::from(body)).boxed_unsync())
}

fn set(headers: &mut HeaderMap, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn takes_gzip(request: &HeaderMap) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter();
    values.filter_map(|value| value.to_str().ok()).any(|value| value.contains("gzip"))
}

/// Writing to memory does not fail; if it did, the body would be seen to be wrong.
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    drop(encoder.write_all(body));
    encoder.finish().unwrap_or_default()
}
