//! What the origin has to say under one path.

use bytes::Bytes;
use common::{LogId, Seq, coded};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

/// A change to the headers an answer would have had.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    without: Vec<HeaderName>,
    with: Vec<(HeaderName, HeaderValue)>,
}

impl Edit {
    fn apply(&self, headers: &mut HeaderMap) {
        for name in &self.without {
            headers.remove(name);
        }
        for (name, value) in &self.with {
            headers.append(name.clone(), value.clone());
        }
    }
}

/// One page. Without further words: status 200, fresh for an hour, tagged `all`, a strong
/// ETag made of its text.
#[derive(Clone, Debug)]
pub struct Page {
    status: StatusCode,
    body: Bytes,
    tags: String,
    etag: Option<String>,
    cache: Option<String>,
    /// Whether it takes part in the protocol of numbers and tags.
    numbered: bool,
    /// Whether its length is told ahead of the body.
    pub(super) has_length: bool,
    edit: Edit,
    edit_304: Edit,
}

impl Page {
    pub fn new(text: impl Into<String>) -> Page {
        let body = Bytes::from(text.into());
        let etag = format!("\"{}\"", String::from_utf8_lossy(&body).replace([' ', '"'], "-"));
        Page {
            status: StatusCode::OK,
            body,
            tags: "all".to_owned(),
            etag: Some(etag).filter(|etag| etag.len() < 100),
            cache: Some("max-age=3600".to_owned()),
            numbered: true,
            has_length: true,
            edit: Edit::default(),
            edit_304: Edit::default(),
        }
    }

    /// A page of an arbitrary HTTP server: text, and no header that says anything of caching.
    pub fn plain(text: impl Into<String>) -> Page {
        Page { etag: None, cache: None, numbered: false, ..Page::new(text) }
    }

    pub fn tags(mut self, tags: &str) -> Page {
        tags.clone_into(&mut self.tags);
        self
    }

    /// Its `CDN-Cache-Control`.
    pub fn cache(mut self, value: &str) -> Page {
        self.cache = Some(value.to_owned());
        self
    }

    pub fn status(mut self, status: u16) -> Page {
        self.status = StatusCode::from_u16(status).unwrap();
        self
    }

    pub fn etag(mut self, etag: Option<&str>) -> Page {
        self.etag = etag.map(str::to_owned);
        self
    }

    /// A further header line.
    pub fn with(mut self, name: &'static str, value: &str) -> Page {
        self.edit.with.push((HeaderName::from_static(name), value.parse().unwrap()));
        self
    }

    pub fn without(mut self, name: &'static str) -> Page {
        self.edit.without.push(HeaderName::from_static(name));
        self
    }

    /// Nobody knows how long its body is before it has ended.
    pub fn without_length(self) -> Page {
        Page { has_length: false, ..self }
    }

    /// As the origin sends it to who takes zstd: under a tag of its own, which a 304 does not name.
    pub fn in_zstd(self) -> Page {
        let body = zstd::bulk::compress(&self.body, 3).unwrap().into();
        let coded = self.etag.as_deref().and_then(coded::coded_etag);
        let page = Page { body, ..self }.with("content-encoding", coded::ZSTD);
        let Some((coded, plain)) = coded.zip(page.etag.clone()) else { return page };
        page.without("etag").with("etag", &coded).with_in_304("etag", &plain).without_in_304("content-encoding")
    }

    /// Another value in a 304 only.
    pub fn with_in_304(mut self, name: &'static str, value: &str) -> Page {
        self.edit_304.with.push((HeaderName::from_static(name), value.parse().unwrap()));
        self.without_in_304(name)
    }

    pub fn without_in_304(mut self, name: &'static str) -> Page {
        self.edit_304.without.push(HeaderName::from_static(name));
        self
    }

    /// The answer to a request with these headers, from a snapshot at `as_of`.
    pub(super) fn answer(&self, request: &HeaderMap, as_of: Seq, log: LogId) -> Response<Bytes> {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: &str| {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        };
        if self.numbered {
            set("rcr-as-of", &as_of.to_string());
            set("rcr-log", &log.to_string());
            set("surrogate-key", &self.tags);
        }
        if let Some(etag) = &self.etag {
            set("etag", etag);
        }
        if let Some(cache) = &self.cache {
            set("cdn-cache-control", cache);
        }
        let candidate = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let not_modified = candidate.is_some() && candidate == self.etag.as_deref();
        if !not_modified {
            set("content-type", "text/plain");
        }
        self.edit.apply(&mut headers);
        if not_modified {
            self.edit_304.apply(&mut headers);
        }
        let mut response = Response::new(if not_modified { Bytes::new() } else { self.body.clone() });
        *response.status_mut() = if not_modified { StatusCode::NOT_MODIFIED } else { self.status };
        *response.headers_mut() = headers;
        response
    }
}
