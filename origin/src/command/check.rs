//! `origin check`: whether the origin would run, and whether the other stores have what
//! PostgreSQL points at. Changes nothing, unless it is to repair first.

use origin::{
    config::Config,
    manuscripts::{GET_MANY_MAX, ManuscriptError},
    objects::{ObjectError, Objects},
    photos::{PhotoKey, Variant},
    store::{archived, inventory},
};

use super::{
    Failure,
    archive::{self, Unpacked},
    repair,
    services::{self, Services},
};

/// Findings that are listed one by one; the rest is counted.
const FINDINGS_MAX: usize = 50;

pub(super) async fn run(config: Config, repair: bool) -> Result<(), Failure> {
    let services = Services::open(&config).await?;
    services::refuse(&services.db).await?;
    services.manuscripts.ping().await?;
    services.photos.ping().await?;
    if repair {
        let repair::Repaired { texts, pictures } = repair::run(&config, &services).await?;
        println!("repaired {texts} texts and {pictures} photographs");
    }
    let mut wrong = Vec::new();
    let texts = check_texts(&services, &mut wrong).await?;
    let pictures = check_pictures(&services, &mut wrong).await?;
    println!("checked {texts} texts and {pictures} photographs");
    if config.text_archive.is_some() {
        let held = check_archive(&*archive::open(&config)?, &services, &mut wrong).await?;
        println!("read {held} texts in their archive");
    }
    if wrong.is_empty() {
        println!("nothing is wrong");
        return Ok(());
    }
    if wrong.len() > FINDINGS_MAX {
        let more = wrong.len() - FINDINGS_MAX;
        wrong.truncate(FINDINGS_MAX);
        wrong.push(format!("and {more} more"));
    }
    Err(Failure::Wrong(wrong))
}

async fn check_texts(services: &Services, wrong: &mut Vec<String>) -> Result<usize, Failure> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = inventory::revisions(&services.db, after).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(*last);
        count += page.len();
        let ids: Vec<_> = page.iter().map(|revision| revision.0).collect();
        if services.manuscripts.get_many(&ids).await.is_ok() {
            continue;
        }
        // One is missing or damaged: find out which.
        for id in ids {
            match services.manuscripts.get(id).await {
                Ok(_) => {}
                Err(error @ ManuscriptError::Unavailable(_)) => return Err(error.into()),
                Err(error) => wrong.push(format!("text {id}: {error}")),
            }
        }
    }
}

/// A backup is good for something only if it can be read: every object that is noted, and that it has what is said of it.
async fn check_archive(objects: &dyn Objects, services: &Services, wrong: &mut Vec<String>) -> Result<usize, Failure> {
    let (mut after, mut count, mut unpacked) = (None, 0, Unpacked::default());
    loop {
        let page = archived::held(&services.db, after, GET_MANY_MAX).await?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(*last);
        for (revision, object) in &page {
            let texts = unpacked.of(objects, object, |error| wrong.push(format!("the archive: {error}"))).await?;
            match texts.map(|texts| texts.contains_key(&revision.0)) {
                Some(true) => count += 1,
                Some(false) => wrong.push(format!("the archive: {object} does not have text {revision}")),
                None => {}
            }
        }
    }
}

async fn check_pictures(services: &Services, wrong: &mut Vec<String>) -> Result<usize, Failure> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = inventory::photographs(&services.db, after).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(last.sha256);
        count += page.len();
        for photograph in &page {
            let mut variants = vec![Variant::Original];
            for width in &photograph.widths {
                match Variant::parse_width(&width.to_string()) {
                    Some(variant) => variants.push(variant),
                    None => wrong.push(format!("photograph {}: no variant has the width {width}", photograph.sha256)),
                }
            }
            for variant in variants {
                let key = PhotoKey { id: photograph.sha256, variant };
                match services.photos.get(&key).await {
                    Ok(_) => {}
                    Err(error @ ObjectError::Unavailable(_)) => return Err(error.into()),
                    Err(error) => wrong.push(format!("photograph {}: {error}", photograph.sha256)),
                }
            }
        }
    }
}
