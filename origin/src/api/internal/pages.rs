//! What edges may fetch before readers ask for it.

use common::Problem;
use http::StatusCode;

use crate::{
    api::{
        coding,
        conditional::{ETag, not_modified},
        form, problem,
        reply::{Payload, Reply},
        route::Call,
        views,
    },
    domain::{Locale, Slug},
    store::pages::{self, PublicPage},
};

pub const PARAMS: &[&str] = &["after"];

/// Of one answer: some 300 KB, and a query of milliseconds.
const PAGES_MAX: i64 = 5_000;

/// The addresses of all pages of their own, by the thousand: reviews in each language they are published in, and cameras.
/// A list that has not changed is a 304, so edges may ask often.
#[utoipa::path(get, path = "/internal/pages", tag = "internal", security(("edge" = [])),
    params(("after" = Option<String>, Query, description = "From the `next` of the list before.")),
    responses((status = 200, body = views::PagesView), (status = 304, description = "The same as under `If-None-Match`."),
        (status = 400, body = views::Problem), (status = 401, body = views::Problem)))]
pub async fn list(mut call: Call) -> Result<Reply, Problem> {
    let last = call.query.read("after", read_last);
    call.query.check()?;
    let found = pages::after(&call.state.db, last.as_ref(), PAGES_MAX).await.map_err(problem::from_store)?;
    let more = found.len() as i64 == PAGES_MAX;
    let next = found.last().filter(|_| more).map(|page| format!("/internal/pages?after={}", write_last(page)));
    let view = views::PagesView { pages: found.iter().map(address).collect(), next };
    let mut reply = Reply::json(StatusCode::OK, &view)?;
    let Payload::Bytes(bytes) = &reply.payload else { return Ok(reply) };
    let plain = ETag::of(&[bytes]);
    // It names what is sent: an edge that takes it coded keeps the coded one's.
    let coded = coding::is_codable(&reply).then(|| coding::etag(&plain)).flatten().filter(|_| coding::is_welcome(&call.headers));
    let etag = coded.as_ref().unwrap_or(&plain);
    if not_modified(&call.headers, StatusCode::OK, etag) {
        return Ok(Reply::empty(StatusCode::NOT_MODIFIED).etag(etag.clone()));
    }
    let etag = match &coded {
        Some(coded) if coding::encode(&mut reply) => coded.clone(),
        Some(_) | None => plain,
    };
    Ok(reply.etag(etag))
}

/// The canonical one: without it, or with more parameters, it is another page to a cache.
fn address(page: &PublicPage) -> String {
    match page.locale {
        Some(locale) => format!("/v1/reviews/{}?locale={}", page.slug, locale.as_str()),
        None => format!("/v1/cameras/{}", page.slug),
    }
}

fn write_last(page: &PublicPage) -> String {
    format!("{},{}", page.slug, page.locale.map_or("", Locale::as_str))
}

fn read_last(text: &str) -> Result<PublicPage, String> {
    let (slug, locale) = text.split_once(',').ok_or_else(|| "expected a `next` of this list".to_owned())?;
    let slug = Slug::parse(slug).map_err(|error| form::sentence(&error.to_string()))?;
    let locale = Some(locale).filter(|locale| !locale.is_empty());
    let locale = locale.map(|locale| locale.parse().map_err(|_| "expected a `next` of this list".to_owned())).transpose()?;
    Ok(PublicPage { slug, locale })
}
