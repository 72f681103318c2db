//! Offers, managed.

use common::Problem;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::inputs::{OfferInput, OfferPatch};
use crate::{
    api::{
        auth::Actor,
        conditional::{ETag, if_match},
        form::{self, Form, Mistake},
        kinds,
        limits::NAME_CHARS_MAX,
        problem,
        reply::Reply,
        route::Call,
        views::{self, editorial::EditorialOfferView},
    },
    domain::{
        Condition, Currency, Market, Money, Offer, OfferId, Slug,
        offer::{OfferFacts, OfferUrl},
    },
    store::{Snapshot, offers},
};

/// Add an offer for a camera.
#[utoipa::path(post, path = "/v1/editorial/cameras/{slug}/offers", tag = "offers", security(("session" = [])),
    params(("slug" = String, Path), ("Idempotency-Key" = String, Header)), request_body = OfferInput,
    responses((status = 201, body = EditorialOfferView), (status = 404, body = views::Problem), (status = 422, body = views::Problem)))]
pub async fn add(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let camera = call.path.parse("slug", Slug::parse)?;
    let mut form = Form::parse(&call.body)?;
    let market = form.required("market", form::parsed(Market::parse));
    let store = form.required("store", form::line(NAME_CHARS_MAX));
    let price = form.required("price", money);
    let condition = form.required("condition", form::parsed(str::parse::<Condition>));
    let url = form.required("url", form::parsed(OfferUrl::parse));
    let facts = (|| Some(OfferFacts { market: market?, store: store?, price: price?, condition: condition?, url: url? }))();
    let facts = form.finish(facts)?;

    let mut tx = call.write(&actor).await?;
    let offer = offers::add(&mut tx, OfferId(call.new_id()), &camera, &facts).await.map_err(problem::from_store)?;
    let location = HeaderValue::try_from(format!("/go/{}", offer.id)).map_err(|error| problem::internal(&error))?;
    let reply = reply(StatusCode::CREATED, offer)?.header(header::LOCATION, location);
    call.commit(tx, reply).await
}

/// Show an offer with its ETag, for a change.
#[utoipa::path(get, path = "/v1/editorial/offers/{id}", tag = "offers", security(("session" = [])),
    params(("id" = String, Path)), responses((status = 200, body = EditorialOfferView), (status = 404, body = views::Problem)))]
pub async fn show(call: Call, _actor: Actor) -> Result<Reply, Problem> {
    let id = call.path.parse("id", OfferId::parse)?;
    let offer = find(&call, id).await?;
    reply(StatusCode::OK, offer)
}

/// Change an offer.
#[utoipa::path(patch, path = "/v1/editorial/offers/{id}", tag = "offers", security(("session" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = OfferPatch,
    responses((status = 200, body = EditorialOfferView), (status = 412, body = views::Problem), (status = 428, body = views::Problem)))]
pub async fn change(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let id = call.path.parse("id", OfferId::parse)?;
    let version = if_match(&call.headers)?;
    let mut form = Form::parse(&call.body)?;
    form.refuse_empty();
    let market = form.optional("market", form::parsed(Market::parse));
    let store = form.optional("store", form::line(NAME_CHARS_MAX));
    let price = form.optional("price", money);
    let condition = form.optional("condition", form::parsed(str::parse::<Condition>));
    let url = form.optional("url", form::parsed(OfferUrl::parse));
    form.finish(Some(()))?;

    // Read outside of the transaction, but of the version that the change insists on.
    let present = find(&call, id).await?;
    let facts = OfferFacts {
        market: market.unwrap_or(present.market),
        store: store.unwrap_or(present.store),
        price: price.unwrap_or(present.price),
        condition: condition.unwrap_or(present.condition),
        url: url.unwrap_or(present.url),
    };
    let mut tx = call.write(&actor).await?;
    let offer = offers::change(&mut tx, id, version, &facts).await.map_err(problem::from_store)?;
    call.commit(tx, reply(StatusCode::OK, offer)?).await
}

/// Withdraw an offer for good.
#[utoipa::path(delete, path = "/v1/editorial/offers/{id}", tag = "offers", security(("session" = [])),
    params(("id" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 404, body = views::Problem), (status = 412, body = views::Problem)))]
pub async fn withdraw(call: Call, actor: Actor) -> Result<Reply, Problem> {
    let id = call.path.parse("id", OfferId::parse)?;
    let version = if_match(&call.headers)?;
    let mut tx = call.write(&actor).await?;
    offers::withdraw(&mut tx, id, version).await.map_err(problem::from_store)?;
    call.commit(tx, Reply::empty(StatusCode::NO_CONTENT)).await
}

async fn find(call: &Call, id: OfferId) -> Result<Offer, Problem> {
    let mut snapshot = Snapshot::begin(&call.state.db).await.map_err(problem::from_store)?;
    let offer = offers::active_by_id(&mut snapshot, id).await.map_err(problem::from_store)?;
    snapshot.end().await;
    offer.ok_or_else(|| Problem::new(kinds::NOT_FOUND))
}

fn reply(status: StatusCode, offer: Offer) -> Result<Reply, Problem> {
    let etag = ETag::version(offer.version);
    Ok(Reply::json(status, &EditorialOfferView::from(offer))?.etag(etag))
}

/// `{minor, currency}`, both or nothing.
fn money(value: &Value) -> Result<Money, Mistake> {
    let members = value.as_object().filter(|members| members.len() == 2);
    let parts = members.and_then(|members| members.get("minor").zip(members.get("currency")));
    let Some((minor, currency)) = parts else {
        return Err(Mistake::new("type", "Expected {minor, currency}."));
    };
    let minor = form::whole(0..=i64::MAX)(minor)?;
    let currency = form::parsed(Currency::parse)(currency)?;
    Money::new(minor, currency).map_err(|error| Mistake::new("invalid", form::sentence(&error.to_string())))
}
