//! Where cameras stand in their lives and what they cost, made up but plausible. Every shop
//! lives below `.example`, where nobody can buy anything.

use super::{PlanError, SplitMix64, cameras::Model};
use crate::domain::{CameraKind, CameraState, Condition, Currency, Market, Money, offer::OfferFacts, offer::OfferUrl};

struct Place {
    market: &'static str,
    currency: &'static str,
    /// Minor units for one US dollar, taxes and margins of the place included.
    minor_per_usd: u64,
    /// Prices end on it, in minor units.
    step: u64,
    /// Names, and the hosts that go with them.
    stores: [(&'static str, &'static str); 3],
}

const PLACES: [Place; 6] = [
    Place {
        market: "BR",
        currency: "BRL",
        minor_per_usd: 820,
        step: 1_000,
        stores: [
            ("Lume Foto (amostra)", "lume-foto.example"),
            ("Casa do Obturador (amostra)", "obturador.example"),
            ("Mercado da Lente (amostra)", "mercado-da-lente.example"),
        ],
    },
    Place {
        market: "AR",
        currency: "ARS",
        minor_per_usd: 195_000,
        step: 100_000,
        stores: [
            ("Casa Diafragma (muestra)", "diafragma.example"),
            ("Foto Belgrano (muestra)", "foto-belgrano.example"),
            ("El Visor (muestra)", "el-visor.example"),
        ],
    },
    // The Chilean peso and the yen have no smaller unit.
    Place {
        market: "CL",
        currency: "CLP",
        minor_per_usd: 1_130,
        step: 10,
        stores: [
            ("Foco Sur (muestra)", "foco-sur.example"),
            ("Luz Austral (muestra)", "luz-austral.example"),
            ("Andes Imagen (muestra)", "andes-imagen.example"),
        ],
    },
    Place {
        market: "US",
        currency: "USD",
        minor_per_usd: 100,
        step: 100,
        stores: [
            ("Lantern Street Camera (sample)", "lantern-street.example"),
            ("Third Stop Photo (sample)", "third-stop.example"),
            ("Prairie Optics (sample)", "prairie-optics.example"),
        ],
    },
    Place {
        market: "DE",
        currency: "EUR",
        minor_per_usd: 106,
        step: 100,
        stores: [
            ("Lichtkontor (Muster)", "lichtkontor.example"),
            ("Foto Blende Acht (Muster)", "blende-acht.example"),
            ("Kamerahaus Nord (Muster)", "kamerahaus-nord.example"),
        ],
    },
    Place {
        market: "JP",
        currency: "JPY",
        minor_per_usd: 158,
        step: 100,
        stores: [
            ("Hikari Camera (sample)", "hikari-camera.example"),
            ("Kaze Photo (sample)", "kaze-photo.example"),
            ("Minato Optical (sample)", "minato-optical.example"),
        ],
    },
];

pub(super) fn state(model: &Model, rng: &mut SplitMix64) -> CameraState {
    // Interchangeable lenses without a mirror are what is still made.
    let (announced, available) = match model.kind {
        CameraKind::Mirrorless if model.crop_factor <= 1.1 => (6, 70),
        CameraKind::Mirrorless => (2, 40),
        CameraKind::Slr => (0, 8),
        CameraKind::Compact => (1, 12),
        _ => (2, 40),
    };
    match rng.below(100) {
        n if n < announced => CameraState::Announced,
        n if n < announced + available => CameraState::Available,
        _ => CameraState::Discontinued,
    }
}

pub(super) fn offers(model: &Model, state: CameraState, rng: &mut SplitMix64) -> Result<Vec<OfferFacts>, PlanError> {
    let usd = list_price_usd(model, rng);
    let mut offers = Vec::new();
    for place in &PLACES {
        let conditions: &[(Condition, u64)] = match state {
            CameraState::Announced => &[],
            CameraState::Available => &[(Condition::New, 70), (Condition::Refurbished, 15), (Condition::Used, 20)],
            CameraState::Discontinued => &[(Condition::Used, 14)],
        };
        for (condition, chance) in conditions {
            if rng.percent(*chance) {
                offers.push(offer(place, model, *condition, usd, rng)?);
            }
        }
    }
    Ok(offers)
}

fn list_price_usd(model: &Model, rng: &mut SplitMix64) -> u64 {
    let (low, high) = match model.kind {
        CameraKind::MediumFormat => (3_200, 6_400),
        CameraKind::Rangefinder => (2_400, 5_200),
        CameraKind::Mirrorless | CameraKind::Slr if model.crop_factor <= 1.3 => (1_200, 3_600),
        CameraKind::Mirrorless | CameraKind::Slr => (480, 1_500),
        CameraKind::Compact if model.crop_factor <= 3.0 => (420, 1_300),
        CameraKind::Drone => (400, 1_600),
        _ => (120, 460),
    };
    rng.within(low, high)
}

fn offer(place: &Place, model: &Model, condition: Condition, usd: u64, rng: &mut SplitMix64) -> Result<OfferFacts, PlanError> {
    let percent = match condition {
        Condition::New => rng.within(96, 108),
        Condition::Refurbished => rng.within(72, 84),
        Condition::Used => rng.within(34, 62),
    };
    let exact = usd * place.minor_per_usd * percent / 100;
    // 1,899 and not 1,903.27: down to the step, and one off.
    let price = (exact / place.step).max(1) * place.step - place.step / 10;
    let (store, host) = *rng.pick(&place.stores);
    let data = |what: &str| PlanError::Data(format!("{what} of {}", place.market));
    let currency = Currency::parse(place.currency).map_err(|_| data("currency"))?;
    Ok(OfferFacts {
        market: Market::parse(place.market).map_err(|_| data("market"))?,
        store: store.to_owned(),
        price: Money::new(i64::try_from(price).unwrap_or(i64::MAX), currency).map_err(|_| data("price"))?,
        condition,
        url: OfferUrl::parse(&format!("https://{host}/cameras/{}?condition={condition}", model.slug)).map_err(|_| data("url"))?,
    })
}
