//! `origin archive`: texts that no archive holds yet are stored in one. Run again, it goes on where it was.

use std::{collections::HashMap, sync::Arc};

use common::Secret;
use origin::{
    config::Config,
    domain::RevisionId,
    manuscripts::{
        GET_MANY_MAX, ManuscriptError, Revision,
        archive::{self, ArchiveError},
    },
    objects::{self, ObjectError, Objects},
    store::archived,
};
use ulid::Ulid;

use super::{
    Failure,
    services::{self, Services},
};

pub(super) async fn run(config: Config) -> Result<(), Failure> {
    let objects = open(&config)?;
    let services = Services::open(&config).await?;
    services::refuse(&services.db).await?;
    let (mut after, mut texts, mut stored, mut wrong) = (None, 0, 0, Vec::new());
    loop {
        let lacking = archived::lacking(&services.db, after, GET_MANY_MAX).await?;
        let Some(last) = lacking.last() else { break };
        after = Some(*last);
        let revisions = readable(&services, &lacking, &mut wrong).await?;
        if revisions.is_empty() {
            continue;
        }
        // First the object, then the note of it: whatever dies in between, nothing is noted that is not there.
        let object = archive::put(&*objects, &revisions).await?;
        let ids: Vec<_> = revisions.iter().map(|revision| revision.id).collect();
        archived::note(&services.db, &ids, &object).await?;
        texts += ids.len();
        stored += 1;
    }
    println!("archived {texts} texts in {stored} objects");
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Wrong(wrong)) }
}

/// One that is missing must not keep the others from being backed up.
async fn readable(services: &Services, ids: &[RevisionId], wrong: &mut Vec<String>) -> Result<Vec<Revision>, Failure> {
    let all: Vec<_> = ids.iter().map(|revision| revision.0).collect();
    if let Ok(revisions) = services.manuscripts.get_many(&all).await {
        return Ok(revisions);
    }
    let mut found = Vec::new();
    for id in all {
        match services.manuscripts.get(id).await {
            Ok(revision) => found.push(revision),
            Err(error @ ManuscriptError::Unavailable(_)) => return Err(error.into()),
            Err(error) => wrong.push(format!("text {id}: {error}")),
        }
    }
    Ok(found)
}

/// The object of the archive that was read last: its texts lie beside one another, so it is asked for them in turn.
#[derive(Default)]
pub(super) struct Unpacked {
    object: String,
    texts: Option<HashMap<Ulid, Revision>>,
}

impl Unpacked {
    /// The texts in `object`. `None` if it is of no use, which `complain` is told once for all of them.
    pub(super) async fn of(
        &mut self,
        objects: &dyn Objects,
        object: &str,
        complain: impl FnOnce(ArchiveError),
    ) -> Result<Option<&HashMap<Ulid, Revision>>, Failure> {
        if self.object != object {
            self.texts = match archive::get(objects, object).await {
                Ok(texts) => Some(texts.into_iter().map(|text| (text.id, text)).collect()),
                Err(error @ ArchiveError::Objects(ObjectError::Unavailable(_))) => return Err(error.into()),
                Err(error) => {
                    complain(error);
                    None
                }
            };
            object.clone_into(&mut self.object);
        }
        Ok(self.texts.as_ref())
    }
}

/// The archive of `TEXT_ARCHIVE_URL`.
pub(super) fn open(config: &Config) -> Result<Arc<dyn Objects>, Failure> {
    let missing = || Failure::Wrong(vec!["TEXT_ARCHIVE_URL: is required for this".to_owned()]);
    let url: &Secret = config.text_archive.as_ref().ok_or_else(missing)?;
    Ok(objects::open(url, config.keys.clone())?)
}
