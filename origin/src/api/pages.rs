//! Lists, page by page.

use super::{query::Query, reply::Reply, views::Links};
use crate::domain::{Cursor, Limit, PageRequest, page::LIMIT_MAX};

/// `?limit=` and `?cursor=`. Mistakes are left in `query`.
pub fn request(query: &mut Query) -> PageRequest {
    let limit = query.read("limit", |text| {
        let items = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        items.and_then(Limit::new).ok_or_else(|| format!("Expected a number from 1 to {LIMIT_MAX}."))
    });
    let cursor = query.read("cursor", |text| text.parse::<Cursor>().map_err(|error| super::form::sentence(&error.to_string())));
    PageRequest { limit: limit.unwrap_or_default(), cursor }
}

/// The addresses of the neighbouring pages: the same list, another cursor.
pub fn links(path: &str, query: &Query, next: Option<&Cursor>, prev: Option<&Cursor>) -> Links {
    let link = |cursor: &Cursor| format!("{path}?{}", query.with("cursor", &cursor.to_string()));
    Links { next: next.map(link), prev: prev.map(link) }
}

/// The same as RFC 8288 has it, for programs that follow `Link`.
pub fn header(links: &Links) -> Option<(http::HeaderName, http::HeaderValue)> {
    let named = [("next", &links.next), ("prev", &links.prev)];
    let parts: Vec<_> = named.iter().filter_map(|(rel, link)| Some(format!("<{}>; rel=\"{rel}\"", link.as_ref()?))).collect();
    if parts.is_empty() {
        return None;
    }
    // Paths and queries are percent-encoded, so this is always legal.
    Some((http::header::LINK, http::HeaderValue::from_str(&parts.join(", ")).ok()?))
}

/// Adds the `Link` header to an editorial list.
pub fn linked(reply: Reply, links: &Links) -> Reply {
    match header(links) {
        Some((name, value)) => reply.header(name, value),
        None => reply,
    }
}
