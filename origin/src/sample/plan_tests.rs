use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::Condition;

fn plan() -> SamplePlan {
    SamplePlan::new(SEED, REVIEWS).unwrap()
}

#[test]
fn is_the_same_each_time_and_another_with_another_seed() {
    assert_eq!(plan(), plan());
    assert_eq!(plan().reviews[..7], SamplePlan::new(SEED, 7).unwrap().reviews);
    assert_ne!(plan().reviews, SamplePlan::new(SEED + 1, REVIEWS).unwrap().reviews);
}

#[test]
fn every_name_and_id_is_there_once() {
    let plan = plan();
    let slugs: BTreeSet<&Slug> = plan.reviews.iter().map(|review| &review.slug).collect();
    assert_eq!(slugs.len(), REVIEWS);
    let revisions: BTreeSet<RevisionId> = plan.reviews.iter().flat_map(|review| review.texts.iter().map(|text| text.0)).collect();
    assert_eq!(revisions.len(), plan.text_count());
    let offers: BTreeSet<OfferId> = plan.cameras.iter().flat_map(|camera| camera.offers.iter().map(|offer| offer.0)).collect();
    assert_eq!(offers.len(), plan.offer_count());
}

#[test]
fn writes_in_three_languages_about_real_cameras() {
    let plan = plan();
    let cameras: BTreeSet<&Slug> = plan.cameras.iter().map(|camera| &camera.model.slug).collect();
    let mut first = BTreeMap::new();
    for review in &plan.reviews {
        *first.entry(review.texts[0].1.locale).or_insert(0) += 1;
        assert!(cameras.contains(&review.camera));
    }
    assert_eq!(first.into_iter().collect::<Vec<_>>(), [(Locale::PtBr, 200), (Locale::Es, 200), (Locale::En, 200)]);
    assert_eq!(plan.text_count(), REVIEWS + 2 * REVIEWS.div_ceil(5));
}

#[test]
fn says_of_everything_that_it_is_a_sample() {
    let plan = plan();
    let picture = crate::domain::Sha256::of(b"");
    for (_, text) in plan.reviews.iter().flat_map(|review| &review.texts) {
        let (word, sentence) = match text.locale {
            Locale::PtBr => ("Amostra:", "Isto é uma amostra."),
            Locale::Es => ("Muestra:", "Esto es una muestra."),
            Locale::En => ("Sample:", "This is a sample."),
        };
        let markdown = text.markdown(picture);
        assert!(text.summary.starts_with(word) && markdown.contains(sentence), "{markdown}");
        for left in ["{camera}", "{kind}"] {
            assert!(!format!("{}{}{markdown}", text.title, text.summary).contains(left), "{markdown}");
        }
    }
    for (_, offer) in plan.cameras.iter().flat_map(|camera| &camera.offers) {
        assert!(offer.url.as_str().split('/').nth(2).unwrap().ends_with(".example"), "{}", offer.url);
        assert!(
            ["(amostra)", "(muestra)", "(sample)", "(Muster)"].iter().any(|word| offer.store.ends_with(word)),
            "{}",
            offer.store
        );
    }
}

#[test]
fn the_market_is_plausible() {
    let plan = plan();
    let mut per_market = BTreeMap::new();
    for camera in &plan.cameras {
        let new = camera.offers.iter().any(|(_, offer)| offer.condition == Condition::New);
        match camera.state {
            CameraState::Announced => assert!(camera.offers.is_empty()),
            CameraState::Discontinued => assert!(!new),
            CameraState::Available => {}
        }
        for (_, offer) in &camera.offers {
            *per_market.entry(offer.market.to_string()).or_insert(0) += 1;
            assert!(offer.price.minor() > 0);
        }
    }
    let markets: Vec<&str> = per_market.keys().map(String::as_str).collect();
    assert_eq!(markets, ["AR", "BR", "CL", "DE", "JP", "US"]);
    assert!(per_market.values().all(|offers| *offers > 50), "{per_market:?}");
    let in_state = |state| plan.cameras.iter().filter(|camera| camera.state == state).count();
    for state in CameraState::ALL {
        assert!(in_state(*state) > 0, "{state}");
    }
}
