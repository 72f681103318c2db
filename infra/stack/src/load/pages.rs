//! The pages that readers may ask for, read from the origin, so that the edges know none of them yet.

use std::path::Path;

use serde_json::{Value, json};

use crate::error::{Context, Error, Result};
use crate::http::Call;

/// Enough for every workload; each list request brings fifty, the most there is.
const LISTS_MAX: usize = 80;
const PER_LIST: usize = 50;
/// Cameras whose offers are looked up, one request each.
const CAMERAS_WITH_OFFERS: usize = 60;
const MARKET: &str = "BR";
/// What people look for, and how they misspell it, in three languages.
const QUERIES: [&str; 15] = [
    "camera",
    "canon",
    "nikkon",
    "sony alpha",
    "fujifilm",
    "leica",
    "olimpus",
    "lente",
    "lentes macro",
    "retrato",
    "paisaje",
    "fotografia noturna",
    "bateria",
    "sensor",
    "mirorless",
];

/// Published reviews to edit again and again, each at most once a second: six minutes of a storm bring the samples that
/// a p99 needs.
const WATCHED: usize = 3;

/// One of them.
pub struct Watched {
    pub slug: String,
    pub locale: String,
}

/// Writes the file that k6 reads, and chooses the reviews that are watched: they are not among the others.
pub fn write(origin: &str, path: &Path) -> Result<(Vec<Watched>, usize)> {
    let mut reviews =
        list(origin, "/v1/reviews", |item| Some((item["slug"].as_str()?.to_owned(), item["locale"].as_str()?.to_owned())))?;
    let mut watched = Vec::new();
    while watched.len() < WATCHED {
        let (slug, locale) = reviews.pop().ok_or_else(|| Error::failed("the origin has published too little to read"))?;
        // Versions are counted by review, in whatever language.
        reviews.retain(|(other, _)| *other != slug);
        watched.push(Watched { slug, locale });
    }
    let cameras = list(origin, "/v1/cameras", |item| item["slug"].as_str().map(str::to_owned))?;
    let mut offers = Vec::new();
    for camera in cameras.iter().take(CAMERAS_WITH_OFFERS) {
        let page = Call::get(format!("{origin}/v1/cameras/{camera}?market={MARKET}")).send()?.expect(200)?.json()?;
        offers
            .extend(page["offers"].as_array().into_iter().flatten().filter_map(|offer| offer["id"].as_str().map(str::to_owned)));
    }
    let count = reviews.len() + cameras.len() + offers.len();
    let reviews: Vec<Value> = reviews.into_iter().map(|(slug, locale)| json!({"slug": slug, "locale": locale})).collect();
    let pages = json!({"reviews": reviews, "cameras": cameras, "offers": offers, "queries": QUERIES});
    std::fs::write(path, pages.to_string()).context(|| format!("writing {}", path.display()))?;
    Ok((watched, count))
}

fn list<T>(origin: &str, path: &str, item: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut next = Some(format!("{path}?limit={PER_LIST}"));
    for _ in 0..LISTS_MAX {
        let Some(path) = next else { break };
        let page = Call::get(format!("{origin}{path}")).send()?.expect(200)?.json()?;
        found.extend(page["items"].as_array().into_iter().flatten().filter_map(&item));
        next = page["links"]["next"].as_str().map(str::to_owned);
    }
    Ok(found)
}
