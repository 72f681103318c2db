//! Sample data: real cameras, and everything else made up by a generator with a fixed seed.
//!
//! The plan is plain data, the same on every machine; `load` writes it through the same
//! functions that editors' requests use. Everything that could be taken for real says that it
//! is not: summaries begin with "Sample:", texts end with what that means, shops carry it in
//! their names and live below `.example`.

pub mod cameras;
pub mod load;
mod market;
mod people;
mod phrases;
mod phrases_en;
mod phrases_es;
mod phrases_pt;
pub mod pictures;
mod rng;
mod texts;

use crate::domain::{CameraId, CameraState, EditorId, Locale, OfferId, ReviewId, RevisionId, Role, Slug, offer::OfferFacts};

use cameras::Model;
pub use load::{LoadError, Loaded, Sinks, load};
use people::PEOPLE;
pub use rng::SplitMix64;
pub use texts::SampleText;

/// Which sample data: another number, another newsroom.
pub const SEED: u64 = 0x5243_5253_414D_504C;
/// How many reviews there are unless another number is asked for; a fifth of them in all
/// three languages.
pub const REVIEWS: usize = 600;
/// One review in so many is translated.
const TRANSLATED_EVERY: usize = 5;
/// 2026-01-01T00:00:00Z: when the ids of the sample data say that it was made.
const EPOCH_MS: u64 = 1_767_225_600_000;
/// Between one review and the next.
const REVIEW_EVERY_MS: u64 = 4 * 3600 * 1000;

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The data in this program is not what it should be. A bug.
    #[error("the sample data: {0}")]
    Data(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct SamplePlan {
    pub seed: u64,
    /// Rows of `cameras.csv`, before cleaning.
    pub rows_read: usize,
    pub editors: Vec<SampleEditor>,
    pub cameras: Vec<SampleCamera>,
    pub reviews: Vec<SampleReview>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SampleEditor {
    pub id: EditorId,
    pub email: String,
    pub name: &'static str,
    pub slug: Slug,
    pub bio: &'static str,
    pub role: Role,
    pub locale: Locale,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SampleCamera {
    pub id: CameraId,
    pub model: Model,
    pub state: CameraState,
    /// Which of the drawn pictures; most cameras have none.
    pub picture: Option<usize>,
    pub offers: Vec<(OfferId, OfferFacts)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SampleReview {
    pub id: ReviewId,
    pub slug: Slug,
    pub camera: Slug,
    pub author: EditorId,
    /// In tenths.
    pub rating: u8,
    pub written_ms: u64,
    /// The first one is the review's first language.
    pub texts: Vec<(RevisionId, SampleText)>,
}

impl SamplePlan {
    /// A shorter plan is the beginning of a longer one.
    ///
    /// # Errors
    /// If the data in this program is not what it was when this was written.
    pub fn new(seed: u64, reviews: usize) -> Result<SamplePlan, PlanError> {
        let cleaned = cameras::clean()?;
        let editors = editors(seed)?;
        let cameras = cleaned.models.into_iter().enumerate().map(|(n, model)| camera(seed, n, model));
        let cameras = cameras.collect::<Result<Vec<SampleCamera>, PlanError>>()?;
        let reviews =
            (0..reviews).map(|n| review(seed, n, &cameras, &editors)).collect::<Result<Vec<SampleReview>, PlanError>>()?;
        Ok(SamplePlan { seed, rows_read: cleaned.rows_read, editors, cameras, reviews })
    }

    pub fn offer_count(&self) -> usize {
        self.cameras.iter().map(|camera| camera.offers.len()).sum()
    }

    pub fn text_count(&self) -> usize {
        self.reviews.iter().map(|review| review.texts.len()).sum()
    }
}

fn editors(seed: u64) -> Result<Vec<SampleEditor>, PlanError> {
    let mut rng = SplitMix64::new(seed, "editors");
    let made = PEOPLE.iter().map(|person| {
        Ok(SampleEditor {
            id: EditorId(rng.ulid(EPOCH_MS)),
            email: format!("{}@{}", person.slug, people::DOMAIN),
            name: person.name,
            slug: slug(person.slug)?,
            bio: person.bio,
            role: person.role,
            locale: person.locale,
        })
    });
    made.collect()
}

fn camera(seed: u64, number: usize, model: Model) -> Result<SampleCamera, PlanError> {
    /// One camera in so many has a picture on its page.
    const PICTURED_EVERY: usize = 4;
    // A stream for each camera: one more row in the file changes no other camera.
    let mut rng = SplitMix64::new(seed, model.slug.as_str());
    let state = market::state(&model, &mut rng);
    let offers = market::offers(&model, state, &mut rng)?;
    Ok(SampleCamera {
        id: CameraId(rng.ulid(EPOCH_MS)),
        state,
        picture: number.is_multiple_of(PICTURED_EVERY).then_some(number / PICTURED_EVERY % pictures::PICTURES),
        offers: offers.into_iter().map(|facts| (OfferId(rng.ulid(EPOCH_MS)), facts)).collect(),
        model,
    })
}

fn review(seed: u64, number: usize, cameras: &[SampleCamera], editors: &[SampleEditor]) -> Result<SampleReview, PlanError> {
    let mut rng = SplitMix64::new(seed, &format!("review {number}"));
    let all = Locale::ALL;
    let first = all[number % all.len()];
    let writers: Vec<&SampleEditor> =
        editors.iter().filter(|editor| editor.locale == first && editor.role != Role::Contributor).collect();
    if writers.is_empty() || cameras.is_empty() {
        return Err(PlanError::Data(format!("nobody writes in {first}, or about nothing")));
    }
    let author = rng.pick(&writers).id;
    // What is announced has not been tested by anybody, not even in a sample.
    let mut camera = rng.pick(cameras);
    while camera.state == CameraState::Announced {
        camera = rng.pick(cameras);
    }
    let written_ms = EPOCH_MS + number as u64 * REVIEW_EVERY_MS;
    let languages = if number.is_multiple_of(TRANSLATED_EVERY) { all.len() } else { 1 };
    let picture = usize::try_from(rng.below(pictures::PICTURES as u64)).unwrap_or(0);
    let locales = all.iter().cycle().skip(number % all.len()).take(languages);
    let texts = locales
        .map(|locale| (RevisionId(rng.ulid(written_ms)), SampleText::compose(&camera.model, *locale, picture, &mut rng)))
        .collect();
    Ok(SampleReview {
        id: ReviewId(rng.ulid(written_ms)),
        slug: slug(&format!("sample-{number:04}-{}", camera.model.slug))?,
        camera: camera.model.slug.clone(),
        author,
        rating: u8::try_from(rng.within(45, 95)).unwrap_or(45),
        written_ms,
        texts,
    })
}

fn slug(text: &str) -> Result<Slug, PlanError> {
    Slug::parse(text).map_err(|error| PlanError::Data(format!("{text}: {error}")))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
