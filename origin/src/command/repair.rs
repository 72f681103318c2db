//! `origin check --repair`: what can be made again of what other stores hold. Run after a store was lost, it fills the
//! new one; what cannot be mended, the check after it names.

use origin::{
    config::Config,
    domain::Photograph,
    manuscripts::{GET_MANY_MAX, ManuscriptError},
    objects::{ObjectError, Objects},
    photos::{PhotoKey, Pipeline, Variant},
    store::{archived, inventory},
};
use ulid::Ulid;

use super::{
    Failure,
    archive::{self, Unpacked},
    services::Services,
};

/// What was made again.
#[derive(Default)]
pub(super) struct Repaired {
    pub(super) texts: usize,
    pub(super) pictures: usize,
}

pub(super) async fn run(config: &Config, services: &Services) -> Result<Repaired, Failure> {
    let texts = match &config.text_archive {
        Some(_) => texts(&*archive::open(config)?, services).await?,
        None => 0,
    };
    Ok(Repaired { texts, pictures: pictures(services).await? })
}

/// Texts that the archive holds and the store does not.
async fn texts(objects: &dyn Objects, services: &Services) -> Result<usize, Failure> {
    let (mut after, mut mended, mut unpacked) = (None, 0, Unpacked::default());
    loop {
        let page = archived::held(&services.db, after, GET_MANY_MAX).await?;
        let Some((last, _)) = page.last() else { return Ok(mended) };
        after = Some(*last);
        let ids: Vec<Ulid> = page.iter().map(|(revision, _)| revision.0).collect();
        if services.manuscripts.get_many(&ids).await.is_ok() {
            continue;
        }
        for (revision, object) in &page {
            match services.manuscripts.get(revision.0).await {
                Err(ManuscriptError::NotFound(_)) => {}
                Err(error @ ManuscriptError::Unavailable(_)) => return Err(error.into()),
                // There, or damaged: what is stored is never overwritten, and the check will say it.
                Ok(_) | Err(_) => continue,
            }
            // One object that is of no use does not keep the others from being used.
            let texts = unpacked.of(objects, object, |error| eprintln!("{error}")).await?;
            if let Some(text) = texts.and_then(|texts| texts.get(&revision.0)) {
                services.manuscripts.insert(text).await?;
                mended += 1;
            }
        }
    }
}

/// Widths that are missing, from the stripped original.
async fn pictures(services: &Services) -> Result<usize, Failure> {
    let pipeline = Pipeline::default();
    let (mut after, mut mended) = (None, 0);
    loop {
        let page = inventory::photographs(&services.db, after).await?;
        let Some(last) = page.last() else { return Ok(mended) };
        after = Some(last.sha256);
        for photograph in &page {
            if is_whole(services, photograph).await? {
                continue;
            }
            let original = PhotoKey { id: photograph.sha256, variant: Variant::Original };
            let original = match services.photos.get(&original).await {
                Ok(original) => original,
                Err(error @ ObjectError::Unavailable(_)) => return Err(error.into()),
                // Without it nothing can be made; the check will say what is missing.
                Err(_) => continue,
            };
            let Ok(made) = pipeline.process(original).await else { continue };
            for image in &made.variants {
                services.photos.put(&PhotoKey { id: photograph.sha256, variant: image.variant }, image.bytes.clone()).await?;
            }
            mended += 1;
        }
    }
}

async fn is_whole(services: &Services, photograph: &Photograph) -> Result<bool, Failure> {
    for width in &photograph.widths {
        let Some(variant) = Variant::parse_width(&width.to_string()) else { continue };
        match services.photos.get(&PhotoKey { id: photograph.sha256, variant }).await {
            Ok(_) => {}
            Err(ObjectError::NotFound(_)) => return Ok(false),
            Err(error @ ObjectError::Unavailable(_)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(true)
}
