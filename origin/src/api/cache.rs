//! The one place that writes caching headers.

use bytes::Bytes;
use common::{
    headers::{CDN_CACHE_CONTROL, NO_VARY_SEARCH, RCR_AS_OF, RCR_LOG, RCR_SEQ, SURROGATE_KEY},
    tag::Tag,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::{
    coding,
    conditional::{ETag, not_modified},
    policy::TOO_MANY_TAGS,
    query::no_vary_search,
    reply::{Caching, Payload, Reply},
};
use crate::domain::tags::{self, ALL, Tags};

/// Tags of many things at once.
const COLLECTIONS: [&str; 7] =
    [tags::REVIEWS, tags::CAMERAS, tags::EDITORS, tags::MEDIA, tags::LIST_REVIEWS, tags::LIST_CAMERAS, tags::SEARCH];

/// The tags as CloudFront reads them: separated by commas, from a header that its cache policy
/// names. `Surrogate-Key` says the same to our edges, separated by spaces and in full.
pub const CACHE_TAG: HeaderName = HeaderName::from_static("cache-tag");
/// The most tags that CloudFront takes of one object; it does not say what it does with more.
pub const CACHE_TAGS_MAX: usize = 50;

/// The headers that nobody else may set.
pub const OWNED: [HeaderName; 11] = [
    header::CACHE_CONTROL,
    CDN_CACHE_CONTROL,
    SURROGATE_KEY,
    CACHE_TAG,
    RCR_AS_OF,
    RCR_LOG,
    RCR_SEQ,
    header::ETAG,
    header::LAST_MODIFIED,
    header::CONTENT_LANGUAGE,
    NO_VARY_SEARCH,
];

/// Writes the caching headers of an answer whose payload is final, and turns it into a 304
/// if the request's condition allows.
pub fn render(mut reply: Reply, request: &HeaderMap) -> Reply {
    for name in &OWNED {
        if reply.headers.remove(name).is_some() {
            tracing::error!(header = %name, "a handler set a header of the cache contract");
            debug_assert!(false, "{name} was set outside of the cache contract");
        }
    }
    if let Some(written) = reply.written {
        reply.headers.insert(RCR_SEQ, number(written.seq.get()));
        reply.headers.insert(RCR_LOG, text(&written.log.to_string()));
    }
    match reply.caching.take() {
        None => {
            reply.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            if let Some(etag) = &reply.etag {
                reply.headers.insert(header::ETAG, etag.header());
            }
            reply
        }
        Some(caching) => render_stored(reply, &caching, request),
    }
}

fn render_stored(mut reply: Reply, caching: &Caching, request: &HeaderMap) -> Reply {
    let etag = entity_tag(&reply, caching);
    let headers = &mut reply.headers;
    let (cache_tag, complete) = cache_tag(&caching.tags);
    let browser = if complete { caching.policy.browser() } else { TOO_MANY_TAGS };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(browser));
    headers.insert(CACHE_TAG, cache_tag);
    headers.insert(CDN_CACHE_CONTROL, HeaderValue::from_static(caching.policy.edge()));
    headers.insert(SURROGATE_KEY, surrogate_key(&caching.tags));
    headers.insert(RCR_AS_OF, number(caching.as_of.get()));
    headers.insert(RCR_LOG, text(&caching.log.to_string()));
    headers.insert(header::ETAG, etag.header());
    headers.insert(header::LAST_MODIFIED, http_date(caching.last_modified));
    headers.insert(header::CONTENT_LANGUAGE, text(&caching.language));
    headers.insert(NO_VARY_SEARCH, text(&no_vary_search(caching.params)));
    let coded = coding::is_codable(&reply).then(|| coding::etag(&etag)).flatten();
    if coded.is_some() {
        reply.headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    let coded = coded.filter(|_| coding::is_welcome(request));
    // Who holds the coded answer and who holds the plain one are both told that theirs is current.
    if let Some(named) = std::iter::once(&etag).chain(&coded).find(|etag| not_modified(request, reply.status, etag)) {
        reply.headers.insert(header::ETAG, named.header());
        // Everything a cache needs to renew its copy stays: number, log and tags above all.
        reply.status = StatusCode::NOT_MODIFIED;
        reply.payload = Payload::Bytes(Bytes::new());
        for about_the_body in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            reply.headers.remove(about_the_body);
        }
    } else if let Some(etag) = coded
        && coding::encode(&mut reply)
    {
        reply.headers.insert(header::ETAG, etag.header());
    }
    reply
}

/// A hash of all that a reader gets: status, body, and the headers that mean something.
fn entity_tag(reply: &Reply, caching: &Caching) -> ETag {
    let body = match &reply.payload {
        Payload::Bytes(bytes) => bytes.as_ref(),
        // Neither is ever given a policy with its payload unfinished.
        Payload::Stream(_) | Payload::Problem(_) => b"",
    };
    let header = |name: HeaderName| reply.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    ETag::of(&[
        reply.status.as_str().as_bytes(),
        header(header::CONTENT_TYPE),
        header(header::LOCATION),
        header(header::LINK),
        caching.language.as_bytes(),
        body,
    ])
}

/// `all`, the purge of last resort, whatever the handler says; then its own in their order.
fn surrogate_key(tags: &Tags) -> HeaderValue {
    let others = tags.iter().map(Tag::as_str).filter(|tag| *tag != ALL);
    text(&std::iter::once(ALL).chain(others).collect::<Vec<_>>().join(" "))
}

/// For CloudFront, and whether that is all of them. What depends on a whole collection comes
/// first. When there are too many, only those are sent: an invalidation of a single page's tag
/// then misses this answer, so it must not be kept ([`TOO_MANY_TAGS`]).
fn cache_tag(tags: &Tags) -> (HeaderValue, bool) {
    let (broad, narrow): (Vec<&str>, Vec<&str>) =
        tags.iter().map(Tag::as_str).filter(|tag| *tag != ALL).partition(|tag| COLLECTIONS.contains(tag));
    let complete = 1 + broad.len() + narrow.len() <= CACHE_TAGS_MAX;
    let narrow = if complete { narrow } else { Vec::new() };
    (text(&std::iter::once(ALL).chain(broad).chain(narrow).collect::<Vec<_>>().join(",")), complete)
}

fn http_date(at: common::Timestamp) -> HeaderValue {
    let since_epoch = std::time::Duration::from_millis(u64::try_from(at.unix_ms()).unwrap_or(0));
    text(&httpdate::fmt_http_date(std::time::UNIX_EPOCH + since_epoch))
}

fn number(value: u64) -> HeaderValue {
    HeaderValue::from(value)
}

/// Tags, log ids, dates and language tags are ASCII by their types.
fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use common::{LogId, Seq, Timestamp};

    use super::*;
    use crate::api::policy::Policy;

    fn reply(as_of: u64, body: &'static str) -> Reply {
        let mut reply = Reply::bytes(StatusCode::OK, "application/json", body);
        reply.caching = Some(Caching {
            policy: Policy::Page,
            as_of: Seq::new(as_of).unwrap(),
            log: LogId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap(),
            tags: ["b", "a"].into_iter().fold(Tags::default(), |tags, tag| tags.with(Tag::parse(tag).unwrap())),
            language: "pt-BR".to_owned(),
            last_modified: Timestamp::from_unix_ms(1_795_366_800_000),
            params: &["locale"],
        });
        reply
    }

    #[test]
    fn the_entity_tag_follows_the_content_and_not_the_number() {
        let tag = |as_of, body| render(reply(as_of, body), &HeaderMap::new()).headers[header::ETAG].clone();
        assert_eq!(tag(1, "{}"), tag(2, "{}"));
        assert_ne!(tag(1, "{}"), tag(1, "{\"a\":1}"));
    }

    #[test]
    fn a_304_carries_number_log_and_tags() {
        let etag = render(reply(1, "{}"), &HeaderMap::new()).headers[header::ETAG].clone();
        let answer = render(reply(9, "{}"), &HeaderMap::from_iter([(header::IF_NONE_MATCH, etag.clone())]));
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
        assert!(matches!(answer.payload, Payload::Bytes(bytes) if bytes.is_empty()));
        assert_eq!(answer.headers[RCR_AS_OF], "9");
        assert_eq!(answer.headers[RCR_LOG], "01ARZ3NDEKTSV4RRFFQ69G5FAV");
        assert_eq!(answer.headers[SURROGATE_KEY], "all a b");
        assert_eq!(answer.headers[header::ETAG], etag);
        assert_eq!(answer.headers[header::LAST_MODIFIED], "Sun, 22 Nov 2026 17:00:00 GMT");
    }

    #[test]
    fn an_edge_gets_it_coded_under_a_tag_of_its_own_and_renews_either() {
        let body: &'static str = "{\"text\": \"a review of a camera, a review of a camera\"}".repeat(20).leak();
        let asked = |more: &[(HeaderName, &HeaderValue)]| {
            let zstd = (header::ACCEPT_ENCODING, HeaderValue::from_static("zstd"));
            let more = more.iter().map(|(name, value)| (name.clone(), (*value).clone()));
            render(reply(1, body), &std::iter::once(zstd).chain(more).collect())
        };
        let (plain, coded) = (render(reply(1, body), &HeaderMap::new()), asked(&[]));
        let Payload::Bytes(bytes) = &coded.payload else { panic!("bytes are bytes") };
        assert!(bytes.len() < body.len() / 5);
        assert_eq!(zstd::bulk::decompress(bytes, body.len()).unwrap(), body.as_bytes());
        assert_eq!(
            (&coded.headers[header::CONTENT_ENCODING], plain.headers.get(header::CONTENT_ENCODING)),
            (&"zstd".parse().unwrap(), None)
        );
        for answer in [&plain, &coded] {
            assert_eq!(answer.headers[header::VARY], "accept-encoding");
        }
        let tags = [&plain.headers[header::ETAG], &coded.headers[header::ETAG]];
        assert_ne!(tags[0], tags[1]);
        for tag in tags {
            let answer = asked(&[(header::IF_NONE_MATCH, tag)]);
            assert_eq!((answer.status, &answer.headers[header::ETAG]), (StatusCode::NOT_MODIFIED, tag));
            assert_eq!(answer.headers[header::VARY], "accept-encoding");
        }
        // Who takes no coding cannot use what it was told in one.
        assert_eq!(
            render(reply(1, body), &HeaderMap::from_iter([(header::IF_NONE_MATCH, tags[1].clone())])).status,
            StatusCode::OK
        );
    }

    #[test]
    fn a_cdn_gets_as_many_tags_as_it_takes_or_keeps_nothing() {
        let with = |more: usize| {
            let mut reply = reply(1, "{}");
            let caching = reply.caching.as_mut().unwrap();
            let few = [tags::LIST_REVIEWS, tags::REVIEWS].map(String::from).into_iter();
            let tags = few.chain((0..more).map(|n| format!("review:{n:02}")));
            caching.tags = tags.fold(Tags::all(), |tags, tag| tags.with(Tag::parse(&tag).unwrap()));
            render(reply, &HeaderMap::new()).headers
        };
        let few = with(2);
        assert_eq!(few[CACHE_TAG], "all,list:reviews,reviews,review:00,review:01");
        assert_eq!(few[header::CACHE_CONTROL], Policy::Page.browser());
        let most = with(CACHE_TAGS_MAX - 3);
        assert_eq!(most[CACHE_TAG].to_str().unwrap().split(',').count(), CACHE_TAGS_MAX);
        assert_eq!(most[header::CACHE_CONTROL], Policy::Page.browser());
        let too_many = with(CACHE_TAGS_MAX - 2);
        assert_eq!(too_many[CACHE_TAG], "all,list:reviews,reviews");
        assert_eq!(too_many[header::CACHE_CONTROL], TOO_MANY_TAGS);
        // Edges take them all, and keep the answer as long as ever.
        assert_eq!(too_many[SURROGATE_KEY].to_str().unwrap().split(' ').count(), CACHE_TAGS_MAX + 1);
        assert_eq!(too_many[CDN_CACHE_CONTROL], Policy::Page.edge());
    }

    #[test]
    fn no_policy_means_no_store_and_nothing_else() {
        let answer = render(Reply::empty(StatusCode::OK), &HeaderMap::new());
        assert_eq!(answer.headers.len(), 1);
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    }
}
