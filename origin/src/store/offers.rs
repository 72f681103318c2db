//! Offers.

use common::Timestamp;
use serde_json::json;

use crate::{
    domain::{
        Condition, Currency, Market, Money, Offer, OfferId, Slug, Version,
        offer::{OfferFacts, OfferUrl},
        purge,
    },
    store::{Snapshot, StoreError, WriteTx},
};

/// The most offers shown of one camera; the cheapest ones. Each adds a tag to the answer.
pub const OFFERS_SHOWN_MAX: i64 = 30;

#[derive(Debug)]
struct Row {
    id: OfferId,
    camera: Slug,
    market: Market,
    store: String,
    price_minor: i64,
    currency: Currency,
    condition: Condition,
    url: OfferUrl,
    active: bool,
    version: Version,
    updated_at: Timestamp,
}

impl TryFrom<Row> for Offer {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Offer, StoreError> {
        let price = Money::new(row.price_minor, row.currency).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Offer {
            id: row.id,
            camera: row.camera,
            market: row.market,
            store: row.store,
            price,
            condition: row.condition,
            url: row.url,
            active: row.active,
            version: row.version,
            updated_at: row.updated_at,
        })
    }
}

macro_rules! select {
    ($condition:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT o.id AS "id: OfferId", c.slug AS "camera: Slug", o.market AS "market: Market", o.store, o.price_minor,
                      o.currency AS "currency: Currency", o.condition AS "condition: Condition", o.url AS "url: OfferUrl",
                      o.active, o.version AS "version: Version", o.updated_at
               FROM offers o JOIN cameras c ON c.id = o.camera_id "# + $condition,
            $($argument),*
        )
    };
}

/// For `/go/{offer}`: a withdrawn one is not found.
pub async fn active_by_id(snapshot: &mut Snapshot, id: OfferId) -> Result<Option<Offer>, StoreError> {
    let row = select!("WHERE o.id = $1 AND o.active", id as _).fetch_optional(snapshot.connection()).await?;
    row.map(Offer::try_from).transpose()
}

/// Active ones, cheapest first, new before used at the same price.
pub async fn of_camera(snapshot: &mut Snapshot, camera: &Slug, market: Option<Market>) -> Result<Vec<Offer>, StoreError> {
    let rows = select!(
        "WHERE c.slug = $1 AND o.active AND ($2::text IS NULL OR o.market = $2) ORDER BY o.market, o.price_minor, o.condition, o.id LIMIT $3",
        camera as _,
        market.map(|market| market.to_string()),
        OFFERS_SHOWN_MAX,
    );
    rows.fetch_all(snapshot.connection()).await?.into_iter().map(Offer::try_from).collect()
}

pub async fn add(tx: &mut WriteTx, id: OfferId, camera: &Slug, facts: &OfferFacts) -> Result<Offer, StoreError> {
    let added = sqlx::query!(
        r#"INSERT INTO offers (id, camera_id, market, store, price_minor, currency, condition, url)
           SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM cameras WHERE slug = $2"#,
        id as _,
        camera as _,
        facts.market as _,
        facts.store,
        facts.price.minor(),
        facts.price.currency() as _,
        facts.condition as _,
        &facts.url as _,
    )
    .execute(tx.connection())
    .await?;
    if added.rows_affected() == 0 {
        return Err(StoreError::NotFound("camera"));
    }
    tx.wrote(purge::offer_added(id, camera), id, json!({ "camera": camera }));
    read_back(tx, id).await
}

pub async fn change(tx: &mut WriteTx, id: OfferId, expected: Version, facts: &OfferFacts) -> Result<Offer, StoreError> {
    let before = lock(tx, id, expected).await?;
    sqlx::query!(
        r#"UPDATE offers SET market = $2, store = $3, price_minor = $4, currency = $5, condition = $6, url = $7,
                  version = version + 1, updated_at = now()
           WHERE id = $1"#,
        id as _,
        facts.market as _,
        facts.store,
        facts.price.minor(),
        facts.price.currency() as _,
        facts.condition as _,
        &facts.url as _,
    )
    .execute(tx.connection())
    .await?;
    tx.wrote(purge::offer_changed(id, &before.camera), id, json!({ "camera": before.camera }));
    read_back(tx, id).await
}

/// For good: it is not found any more.
pub async fn withdraw(tx: &mut WriteTx, id: OfferId, expected: Version) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    sqlx::query!("UPDATE offers SET active = false, version = version + 1, updated_at = now() WHERE id = $1", id as _)
        .execute(tx.connection())
        .await?;
    tx.wrote(purge::offer_withdrawn(id, &before.camera), id, json!({ "camera": before.camera }));
    Ok(())
}

async fn lock(tx: &mut WriteTx, id: OfferId, expected: Version) -> Result<Offer, StoreError> {
    let row = select!("WHERE o.id = $1 AND o.active FOR UPDATE OF o", id as _).fetch_optional(tx.connection()).await?;
    let offer: Offer = row.ok_or(StoreError::NotFound("offer"))?.try_into()?;
    if offer.version == expected { Ok(offer) } else { Err(StoreError::Stale { current: offer.version }) }
}

async fn read_back(tx: &mut WriteTx, id: OfferId) -> Result<Offer, StoreError> {
    select!("WHERE o.id = $1", id as _).fetch_one(tx.connection()).await?.try_into()
}
