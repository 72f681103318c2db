//! The parts that several commands need, from the settings.

use std::sync::Arc;

use origin::{
    config::Config,
    manuscripts::{self, Manuscripts},
    objects,
    photos::Photos,
    store::{Db, startup},
};

use super::Failure;

pub(super) struct Services {
    pub(super) db: Db,
    pub(super) manuscripts: Arc<dyn Manuscripts>,
    pub(super) photos: Photos,
}

impl Services {
    pub(super) async fn open(config: &Config) -> Result<Services, Failure> {
        let db = Db::new(&config.database)?;
        let manuscripts = manuscripts::open(&config.manuscripts.url, db.pool()).await?;
        let photos = Photos::new(objects::open(&config.photos.url, config.keys.clone())?);
        Ok(Services { db, manuscripts, photos })
    }
}

/// Rule R3, and the schema: what must be right before anything else is done.
pub(super) async fn refuse(db: &Db) -> Result<(), Failure> {
    let mut wrong = startup::mistakes(db).await?;
    let pending = startup::pending_migrations(db).await?;
    wrong.extend(pending.into_iter().map(|name| format!("the schema lacks {name}: run origin migrate")));
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Wrong(wrong)) }
}
