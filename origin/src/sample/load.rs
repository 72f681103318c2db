//! Writes the plan: photographs and manuscripts first, then numbered transactions of bounded
//! size, each an event like any other.
//!
//! A batch is one transaction, so it is there or it is not: loading again, after a crash or
//! on a database that has everything, skips what is there.

use std::io::Cursor;

use bytes::Bytes;
use common::{Secret, Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use image::ImageFormat;

use super::{SampleCamera, SamplePlan, SampleReview, SampleText, pictures};
use crate::{
    domain::{
        Draft, Photograph, Rating, RevisionId, Sha256, camera::CameraFacts, editor::NewEditor, photograph::Placement,
        review::NewReview,
    },
    manuscripts::{ManuscriptError, Manuscripts, RenderError, Renderer, Revision},
    objects::ObjectError,
    photos::{self, PhotoError, Photos, Pipeline, Variant},
    store::{Db, Snapshot, StoreError, WriteTx, cameras, editorial, editors, offers, photographs, reviews},
};

/// Cameras, with their offers, of one transaction: about 300 tags, below what an event may
/// carry.
pub const CAMERAS_PER_WRITE_MAX: usize = 50;
/// Reviews of one transaction.
pub const REVIEWS_PER_WRITE_MAX: usize = 25;
/// Manuscripts stored at the same time.
const MANUSCRIPTS_AT_ONCE_MAX: usize = 8;

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Manuscript(#[from] ManuscriptError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("a drawn picture: {0}")]
    Picture(#[from] PhotoError),
    #[error(transparent)]
    Photos(#[from] ObjectError),
    #[error("the sample data: {0}")]
    Data(String),
}

/// Where the plan goes.
#[derive(Clone, Copy)]
pub struct Sinks<'a> {
    pub db: &'a Db,
    pub manuscripts: &'a dyn Manuscripts,
    pub photos: &'a Photos,
    pub pipeline: &'a Pipeline,
    pub renderer: &'a Renderer,
}

/// What was new; all zero when everything was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub editors: usize,
    pub pictures: usize,
    pub cameras: usize,
    pub offers: usize,
    pub reviews: usize,
    pub texts: usize,
}

/// All sample editors sign in with the password that `password_hash` is of. `progress` hears
/// what has been loaded so far.
///
/// # Errors
/// If a store fails. Everything that was committed stays, and loading again goes on there.
pub async fn load(
    plan: &SamplePlan,
    sinks: Sinks<'_>,
    password_hash: &Secret,
    mut progress: impl FnMut(&Loaded),
) -> Result<Loaded, LoadError> {
    // The last one is there when all is.
    if let Some(last) = plan.reviews.last()
        && is_there(sinks.db, last).await?
    {
        return Ok(Loaded::default());
    }
    let mut loaded = Loaded { editors: load_editors(plan, sinks, password_hash).await?, ..Loaded::default() };
    progress(&loaded);
    let names = load_pictures(plan, sinks, &mut loaded).await?;
    progress(&loaded);
    for batch in plan.cameras.chunks(CAMERAS_PER_WRITE_MAX) {
        load_cameras(batch, &names, sinks, &mut loaded).await?;
        progress(&loaded);
    }
    for batch in plan.reviews.chunks(REVIEWS_PER_WRITE_MAX) {
        load_reviews(batch, &names, sinks, &mut loaded).await?;
        progress(&loaded);
    }
    Ok(loaded)
}

async fn load_editors(plan: &SamplePlan, sinks: Sinks<'_>, password_hash: &Secret) -> Result<usize, LoadError> {
    let Some(first) = plan.editors.first() else { return Ok(0) };
    if editors::find_by_email(sinks.db, &first.email).await?.is_some() {
        return Ok(0);
    }
    let mut tx = WriteTx::begin(sinks.db, None).await?;
    for editor in &plan.editors {
        let new = NewEditor {
            id: editor.id,
            email: editor.email.clone(),
            name: editor.name.to_owned(),
            slug: editor.slug.clone(),
            bio: editor.bio.to_owned(),
            role: editor.role,
            password_hash: password_hash.clone(),
        };
        editors::add(&mut tx, &new).await?;
    }
    tx.commit(None).await?;
    Ok(plan.editors.len())
}

/// Through the pipeline that uploads go through. Returns the pictures' names, in order.
async fn load_pictures(plan: &SamplePlan, sinks: Sinks<'_>, loaded: &mut Loaded) -> Result<Vec<Sha256>, LoadError> {
    let uploader = plan.editors.first().ok_or_else(|| LoadError::Data("there are no editors".to_owned()))?.id;
    let mut names = Vec::with_capacity(pictures::PICTURES);
    for number in 0..pictures::PICTURES {
        let mut upload = Cursor::new(Vec::new());
        let drawn = pictures::draw(plan.seed, number);
        drawn.write_to(&mut upload, ImageFormat::Png).map_err(|error| LoadError::Data(error.to_string()))?;
        let processed = sinks.pipeline.process(Bytes::from(upload.into_inner())).await?;
        sinks.photos.put_all(&processed).await?;
        let photograph = Photograph {
            sha256: processed.id,
            width: processed.width,
            height: processed.height,
            content_type: photos::pipeline::CONTENT_TYPE.to_owned(),
            uploader,
            widths: Variant::widths(),
        };
        let mut tx = WriteTx::begin(sinks.db, None).await?;
        if photographs::add(&mut tx, &photograph).await? {
            tx.commit(None).await?;
            loaded.pictures += 1;
        }
        names.push(processed.id);
    }
    Ok(names)
}

async fn load_cameras(batch: &[SampleCamera], names: &[Sha256], sinks: Sinks<'_>, loaded: &mut Loaded) -> Result<(), LoadError> {
    let Some(first) = batch.first() else { return Ok(()) };
    let mut snapshot = Snapshot::begin(sinks.db).await?;
    let is_there = cameras::by_slug(&mut snapshot, &first.model.slug).await?.is_some();
    snapshot.end().await;
    if is_there {
        return Ok(());
    }
    let mut tx = WriteTx::begin(sinks.db, None).await?;
    for camera in batch {
        let facts = CameraFacts {
            maker: camera.model.maker.clone(),
            model: camera.model.model.clone(),
            kind: camera.model.kind,
            mount: camera.model.mount.clone(),
            crop_factor: Some(camera.model.crop_factor),
            state: camera.state,
            picture: camera.picture.and_then(|number| names.get(number).copied()),
        };
        cameras::upsert(&mut tx, camera.id, &camera.model.slug, &facts, None).await?;
        for (id, facts) in &camera.offers {
            offers::add(&mut tx, *id, &camera.model.slug, facts).await?;
        }
        loaded.offers += camera.offers.len();
    }
    tx.commit(None).await?;
    loaded.cameras += batch.len();
    Ok(())
}

async fn load_reviews(batch: &[SampleReview], names: &[Sha256], sinks: Sinks<'_>, loaded: &mut Loaded) -> Result<(), LoadError> {
    let batch = missing(sinks.db, batch).await?;
    if batch.is_empty() {
        return Ok(());
    }
    let mut drafts = Vec::with_capacity(batch.len());
    for review in &batch {
        let drafts_of_one = review.texts.iter().map(|(revision, text)| draft(review, *revision, text, names, sinks.renderer));
        drafts.push(drafts_of_one.collect::<Result<Vec<(Revision, Draft)>, LoadError>>()?);
    }
    // Before anything points at them, as with every write.
    let stored = stream::iter(drafts.iter().flatten()).map(|(manuscript, _)| sinks.manuscripts.insert(manuscript));
    stored.buffer_unordered(MANUSCRIPTS_AT_ONCE_MAX).try_collect::<()>().await?;

    let mut tx = WriteTx::begin(sinks.db, None).await?;
    for (review, drafts) in batch.iter().zip(&drafts) {
        let new = NewReview { id: review.id, slug: review.slug.clone(), camera: review.camera.clone(), author: review.author };
        let mut version = None;
        for (_, draft) in drafts {
            let saved = match version {
                None => reviews::create(&mut tx, &new, draft).await?,
                Some(version) => reviews::save_draft(&mut tx, review.id, version, draft).await?,
            };
            version = Some(reviews::publish(&mut tx, review.id, draft.locale, saved.version).await?.version);
        }
        loaded.texts += drafts.len();
    }
    tx.commit(None).await?;
    loaded.reviews += batch.len();
    Ok(())
}

/// A batch is there or it is not; but an earlier load of fewer reviews may have ended inside
/// of what is one batch now.
async fn missing<'a>(db: &Db, batch: &'a [SampleReview]) -> Result<Vec<&'a SampleReview>, LoadError> {
    let mut missing: Vec<&SampleReview> = batch.iter().collect();
    while let Some(first) = missing.first() {
        if !is_there(db, first).await? {
            break;
        }
        missing.remove(0);
    }
    Ok(missing)
}

async fn is_there(db: &Db, review: &SampleReview) -> Result<bool, LoadError> {
    let mut snapshot = Snapshot::begin(db).await?;
    let found = editorial::view(&mut snapshot, review.id).await;
    snapshot.end().await;
    match found {
        Ok(_) => Ok(true),
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn draft(
    review: &SampleReview,
    revision: RevisionId,
    text: &SampleText,
    names: &[Sha256],
    renderer: &Renderer,
) -> Result<(Revision, Draft), LoadError> {
    let picture = *names.get(text.picture).ok_or_else(|| LoadError::Data(format!("there is no picture {}", text.picture)))?;
    let markdown = text.markdown(picture);
    let plain_text = renderer.render(&markdown)?.text;
    let manuscript = Revision {
        id: revision.0,
        review: review.id.0,
        locale: text.locale.to_string(),
        author: review.author.0,
        markdown,
        created_at: Timestamp::from_unix_ms(i64::try_from(review.written_ms).unwrap_or(0)),
    };
    let draft = Draft {
        revision,
        locale: text.locale,
        title: text.title.clone(),
        summary: text.summary.clone(),
        plain_text,
        photographs: vec![Placement { sha256: picture, alt: text.alt.clone() }],
        rating: Rating::try_from(review.rating).ok(),
        saved_by: review.author,
    };
    Ok((manuscript, draft))
}
