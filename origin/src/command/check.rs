//! `origin check`: whether the origin would run, and whether the other stores have what
//! PostgreSQL points at. Changes nothing, unless it is to repair first.

use origin::{
    config::Config,
    manuscripts::ManuscriptError,
    objects::ObjectError,
    photos::{PhotoKey, Variant},
    store::inventory,
};

use super::{
    Failure, repair,
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

async fn check_pictures(services: &Services, wrong: &mut Vec<String>) -> Result<usize, Failure> {
    let (mut after, mut count) = (None, 0);
    loop {
        let page = inventory::photographs(&services.db, after).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = Some(last.sha256);
        count += page.len();
        for photograph in &page {
            for width in &photograph.widths {
                let Some(variant) = Variant::parse_width(&width.to_string()) else {
                    wrong.push(format!("photograph {}: no variant has the width {width}", photograph.sha256));
                    continue;
                };
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
