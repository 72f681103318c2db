//! The editor at work, over the origin's socket or an edge's.

use std::net::SocketAddr;

use bytes::Bytes;
use common::headers::IDEMPOTENCY_KEY;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::{
    client::{Ask, Got},
    real::new_id,
    wait::{eventually, in_time},
    world::{EMAIL, PASSWORD},
};

pub struct Desk {
    address: SocketAddr,
    token: String,
}

/// A review while it is written, in Portuguese.
pub struct Review {
    pub id: String,
    pub slug: String,
    pub etag: String,
}

impl Review {
    pub fn page(&self) -> String {
        format!("/v1/reviews/{}", self.slug)
    }

    pub fn locale(&self) -> String {
        format!("/v1/editorial/reviews/{}/locales/pt-BR", self.id)
    }
}

pub fn text(title: &str) -> Value {
    json!({"title": title, "summary": "Uma câmara rápida.", "body_markdown": format!("# {title}\n\nO obturador é silencioso.")})
}

/// The text of a whole new review.
pub fn beginning(camera: &str, title: &str) -> Value {
    let mut body = text(title);
    body["camera"] = json!(camera);
    body["locale"] = json!("pt-BR");
    body
}

impl Desk {
    pub async fn sign_in(address: SocketAddr) -> Desk {
        let ask = Ask::new(address, Method::POST, "/v1/editorial/sessions").json(&json!({"email": EMAIL, "password": PASSWORD}));
        let token = in_time("signing in", ask.send()).await.expect(201).json()["token"].as_str().unwrap().to_owned();
        Desk { address, token }
    }

    async fn send(&self, method: Method, target: &str, etag: Option<&str>, body: Option<&Value>) -> Got {
        let ask = Ask::new(self.address, method.clone(), target).token(&self.token);
        let ask = if method == Method::POST { ask.key(&new_id().to_string()) } else { ask };
        let ask = etag.into_iter().fold(ask, Ask::if_match);
        let ask = body.into_iter().fold(ask, Ask::json);
        in_time(target, ask.send()).await
    }

    /// The same, for somebody who may never get an answer.
    pub fn request(&self, method: Method, target: &str, etag: Option<&str>, body: Option<&Value>) -> Request<Full<Bytes>> {
        let mut request = Request::builder().method(method).uri(target).header(header::HOST, "origin.test");
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        request = request.header(IDEMPOTENCY_KEY, new_id().to_string());
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, etag);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        request.header(header::CONTENT_TYPE, "application/json").body(Full::new(body.into())).unwrap()
    }

    pub async fn camera(&self) -> String {
        let body = json!({"maker": "Canon", "model": "EOS R5", "kind": "mirrorless", "state": "available"});
        let added = self.send(Method::POST, "/v1/editorial/cameras", None, Some(&body)).await.expect(201);
        added.json()["slug"].as_str().unwrap().to_owned()
    }

    pub async fn begin(&self, camera: &str, title: &str) -> Review {
        let begun = self.send(Method::POST, "/v1/editorial/reviews", None, Some(&beginning(camera, title))).await.expect(201);
        let view = begun.json();
        let field = |name: &str| view[name].as_str().unwrap().to_owned();
        Review { id: field("id"), slug: field("slug"), etag: begun.etag() }
    }

    /// Saves a draft; the number of the write.
    pub async fn save(&self, review: &mut Review, title: &str) -> u64 {
        let saved = self.send(Method::PUT, &review.locale(), Some(&review.etag), Some(&text(title))).await.expect(200);
        review.etag = saved.etag();
        saved.seq()
    }

    /// The number of the write.
    pub async fn publish(&self, review: &mut Review) -> u64 {
        let target = format!("{}/publish", review.locale());
        let published = self.send(Method::POST, &target, Some(&review.etag), None).await.expect(200);
        review.etag = published.etag();
        published.seq()
    }

    /// Published, of a camera of its own.
    pub async fn published(&self, camera: &str, title: &str) -> Review {
        let mut review = self.begin(camera, title).await;
        self.publish(&mut review).await;
        review
    }

    /// The review as its editors see it.
    pub async fn view(&self, review: &Review) -> Got {
        self.send(Method::GET, &format!("/v1/editorial/reviews/{}", review.id), None, None).await.expect(200)
    }

    /// Everybody's reviews.
    pub async fn list(&self) -> Value {
        self.send(Method::GET, "/v1/editorial/reviews", None, None).await.expect(200).json()
    }

    /// Waits until the receipts say that every one of `regions` has applied the write.
    pub async fn applied(&self, seq: u64, regions: &[&str]) {
        let target = format!("/v1/editorial/changes/{seq}/receipts");
        eventually(&format!("{regions:?} have applied change {seq}"), async || {
            let receipts = self.send(Method::GET, &target, None, None).await.expect(200).json();
            let applied = |region: &&str| {
                let all = receipts["regions"].as_array().unwrap();
                all.iter().any(|of| of["region"] == **region && of["applied"] == true && of["processes"] != 0)
            };
            regions.iter().all(applied).then_some(())
        })
        .await;
    }
}
