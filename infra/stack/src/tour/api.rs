//! Every path and field name that the tour uses, in one place. The rest of the tour speaks of editors and
//! reviews; when the origin's API changes, this file does and nothing else.

use std::time::Duration;

use serde_json::{Value, json};

use super::text::Text;
use crate::error::{Error, Result};
use crate::http::{Answer, Call};
use crate::random;
use crate::system::Account;

pub const MIN_SEQ: &str = "rcr-min-seq";
const SEQ: &str = "rcr-seq";

/// The market whose offers the buyer looks at.
const MARKET: &str = "BR";
/// In tenths.
const RATING: u8 = 87;

/// An editor who is signed in at the origin.
pub struct Editor {
    base: String,
    token: String,
}

/// A review while it is written. The tag changes with every write and guards the next one.
pub struct Review {
    pub id: String,
    pub slug: String,
    pub etag: String,
}

pub struct Photograph {
    pub sha256: String,
    pub widths: Vec<u64>,
}

/// How far one region is with one write.
#[derive(Clone)]
pub struct Receipt {
    pub region: String,
    pub applied_ms: f64,
}

impl Editor {
    pub fn sign_in(base: &str, account: &Account) -> Result<Self> {
        let call = Call::new("POST", format!("{base}/v1/editorial/sessions")).header("idempotency-key", random::token()?);
        let answer = call.json(&json!({"email": account.email, "password": account.password})).send()?.expect(201)?;
        Ok(Self { base: base.to_owned(), token: text(&answer, &["token"])? })
    }

    fn call(&self, method: &'static str, path: &str) -> Result<Call> {
        let call = Call::new(method, format!("{}/v1/editorial{path}", self.base));
        let call = call.header("authorization", format!("Bearer {}", self.token));
        Ok(if method == "POST" { call.header("idempotency-key", random::token()?) } else { call })
    }

    pub fn create(&self, slug: &str, camera: &str, words: &Text) -> Result<Review> {
        let mut body = draft(words, None);
        body["slug"] = json!(slug);
        body["camera"] = json!(camera);
        body["locale"] = json!(words.locale);
        let answer = self.call("POST", "/reviews")?.json(&body).send()?.expect(201)?;
        Ok(Review { id: text(&answer, &["id"])?, slug: slug.to_owned(), etag: header(&answer, "etag")? })
    }

    /// Saves the text of one language as a draft.
    pub fn save(&self, review: &mut Review, words: &Text, photograph: Option<&Photograph>) -> Result<()> {
        let path = format!("/reviews/{}/locales/{}", review.id, words.locale);
        let call = self.call("PUT", &path)?.header("if-match", &review.etag).json(&draft(words, photograph));
        let answer = call.send()?.expect(200)?;
        review.etag = header(&answer, "etag")?;
        Ok(())
    }

    /// `publish` or `archive`, in one language; gives the number of the write.
    pub fn transition(&self, review: &mut Review, locale: &str, action: &str) -> Result<u64> {
        let path = format!("/reviews/{}/locales/{locale}/{action}", review.id);
        let answer = self.call("POST", &path)?.header("if-match", &review.etag).send()?.expect(200)?;
        review.etag = header(&answer, "etag")?;
        let seq = header(&answer, SEQ)?;
        seq.parse().map_err(|_| Error::failed(format!("{SEQ}: {seq} is not a number")))
    }

    /// The tag of the review as it is, for who does not know what became of the last write.
    pub fn look_again(&self, review: &mut Review) -> Result<()> {
        let answer = self.call("GET", &format!("/reviews/{}", review.id))?.send()?.expect(200)?;
        review.etag = header(&answer, "etag")?;
        Ok(())
    }

    pub fn upload(&self, jpeg: &[u8]) -> Result<Photograph> {
        let answer = self.call("POST", "/photographs")?.body("image/jpeg", jpeg).send()?.expect(201)?;
        let widths = answer.json()?["widths"].as_array().cloned().unwrap_or_default();
        let widths = widths.iter().filter_map(Value::as_u64).collect();
        Ok(Photograph { sha256: text(&answer, &["sha256"])?, widths })
    }

    /// The regions that have applied the write, each with its milliseconds from the commit; `Err` holds what was
    /// answered while some have not.
    pub fn receipts(&self, seq: u64, regions: &[&str]) -> Result<std::result::Result<Vec<Receipt>, String>> {
        let answer = self.call("GET", &format!("/changes/{seq}/receipts"))?.send()?.expect(200)?;
        let listed = answer.json()?;
        let receipt = |region: &str| {
            let all = listed["regions"].as_array()?;
            let mine = all.iter().find(|receipt| receipt["region"] == region && receipt["applied"] == true)?;
            Some(Receipt { region: region.to_owned(), applied_ms: mine["applied_ms"].as_f64()? })
        };
        let found: Option<Vec<Receipt>> = regions.iter().map(|region| receipt(region)).collect();
        Ok(found.ok_or_else(|| answer.summary()))
    }

    /// When the write was committed, by the database's clock, as RFC 3339.
    pub fn committed_at(&self, seq: u64) -> Result<String> {
        let answer = self.call("GET", &format!("/changes/{seq}/receipts"))?.send()?.expect(200)?;
        text(&answer, &["at"])
    }
}

fn draft(words: &Text, photograph: Option<&Photograph>) -> Value {
    let placed = photograph.map(|photograph| json!({"sha256": photograph.sha256, "alt": words.alt}));
    json!({
        "title": words.title,
        "summary": words.summary,
        "body_markdown": words.body,
        "rating": RATING,
        "photographs": placed.into_iter().collect::<Vec<_>>(),
    })
}

/// A reader at one edge (or at the origin, which answers the same).
pub struct Reader<'a> {
    pub base: &'a str,
}

impl Reader<'_> {
    fn get(&self, path: &str) -> Call {
        Call::get(format!("{}{path}", self.base))
    }

    pub fn cameras(&self, limit: usize) -> Result<Vec<String>> {
        let answer = self.get(&format!("/v1/cameras?limit={limit}")).send()?.expect(200)?;
        let page = answer.json()?;
        let items = page["items"].as_array().ok_or_else(|| Error::failed(format!("no `items`: {}", answer.summary())))?;
        Ok(items.iter().filter_map(|camera| camera["slug"].as_str()).map(str::to_owned).collect())
    }

    /// The id of an offer for this camera, if anybody sells it.
    pub fn offer(&self, camera: &str) -> Result<Option<String>> {
        let answer = self.get(&format!("/v1/cameras/{camera}?market={MARKET}")).send()?.expect(200)?;
        Ok(answer.json()?["offers"][0]["id"].as_str().map(str::to_owned))
    }

    pub fn review(&self, slug: &str, locale: &str, min_seq: Option<u64>, limit: Duration) -> Result<Answer> {
        let call = self.get(&format!("/v1/reviews/{slug}?locale={locale}")).limit(limit);
        min_seq.into_iter().fold(call, |call, seq| call.header(MIN_SEQ, seq.to_string())).send()
    }

    pub fn search(&self, word: &str, locale: &str, min_seq: u64) -> Result<Answer> {
        self.get(&format!("/v1/search?q={word}&locale={locale}")).header(MIN_SEQ, min_seq.to_string()).send()?.expect(200)
    }

    pub fn editor(&self, slug: &str, min_seq: u64) -> Result<Answer> {
        self.get(&format!("/v1/editors/{slug}")).header(MIN_SEQ, min_seq.to_string()).send()?.expect(200)
    }

    pub fn follow(&self, offer: &str) -> Result<Answer> {
        self.get(&format!("/go/{offer}")).send()
    }

    pub fn photograph(&self, sha256: &str, width: u64) -> Result<Answer> {
        self.get(&format!("/media/{sha256}/{width}")).send()?.expect(200)
    }
}

/// Whether any string anywhere in the answer is this one.
pub fn mentions(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Array(items) => items.iter().any(|item| mentions(item, wanted)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, wanted)),
        _ => false,
    }
}

pub fn header(answer: &Answer, name: &str) -> Result<String> {
    let value = answer.header(name).map(str::to_owned);
    value.ok_or_else(|| Error::failed(format!("no {name} header; {}", answer.summary())))
}

fn text(answer: &Answer, path: &[&str]) -> Result<String> {
    let body = answer.json()?;
    let value = path.iter().fold(&body, |value, name| &value[*name]);
    let value = value.as_str().map(str::to_owned);
    value.ok_or_else(|| Error::failed(format!("no `{}`; {}", path.join("."), answer.summary())))
}
