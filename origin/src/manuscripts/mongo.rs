//! Manuscripts in MongoDB: one document per revision in the collection `manuscripts`.

use std::{sync::Arc, time::Duration};

use common::{Clock as _, Rotated, Secret, SystemClock, Timestamp};
use futures_util::{TryStreamExt as _, future::BoxFuture};
use mongodb::{
    Client, Collection, Database,
    bson::{DateTime, Document, doc},
    error::{ErrorKind, WriteFailure},
    options::{Acknowledgment, ClientOptions, CollectionOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern},
};
use parking_lot::Mutex;
use ulid::Ulid;

use super::{ManuscriptError, Manuscripts, Revision, bounded, check_count, check_length, in_order};

const COLLECTION: &str = "manuscripts";
/// The database if the URL names none.
const DATABASE_DEFAULT: &str = "rcr";
const POOL_CONNECTIONS_MAX: u32 = 16;
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(2);
const SERVER_SELECTION_WAIT_MAX: Duration = Duration::from_secs(3);
/// How long the server may wait for a majority. Within [`super::OPERATION_WAIT_MAX`], so
/// that its reason is heard.
const MAJORITY_WAIT_MAX: Duration = Duration::from_secs(4);
/// A URL that opened nothing is tried again, as what is behind it may come: each try waits for a server to be selected.
const REFUSED_RETRY_AFTER: Duration = Duration::from_secs(10);
/// MongoDB's code for a second document under the same unique key.
const DUPLICATE_KEY: i32 = 11_000;

pub struct MongoManuscripts {
    url: Rotated,
    opened: Mutex<Arc<Opened>>,
    refused: tokio::sync::Mutex<Option<Refused>>,
}

/// A URL that opened nothing, and when it was tried.
struct Refused {
    url: Secret,
    at: Duration,
}

/// A client, and the URL that it was made of.
struct Opened {
    url: Secret,
    database: Database,
    collection: Collection<Document>,
}

impl MongoManuscripts {
    /// Reads the URL; connects when first used, so that an origin starts without MongoDB and
    /// says so in `/readyz`.
    ///
    /// # Errors
    /// If the URL cannot be read.
    pub async fn connect(url: Rotated) -> Result<MongoManuscripts, ManuscriptError> {
        let opened = Opened::new(url.current()).await?;
        Ok(MongoManuscripts { url, opened: Mutex::new(Arc::new(opened)), refused: tokio::sync::Mutex::default() })
    }

    /// The client that the URL asks for now: when `MANUSCRIPTS_URL_FILE` was replaced, another one, as soon as it is known to
    /// be answered.
    async fn opened(&self) -> Arc<Opened> {
        let (url, opened) = (self.url.current(), Arc::clone(&self.opened.lock()));
        if opened.url.matches(url.expose()) {
            return opened;
        }
        // One at a time; the others go on as before.
        let Ok(mut refused) = self.refused.try_lock() else { return opened };
        let known = refused.as_ref().filter(|refused| refused.url.matches(url.expose()));
        let now = SystemClock.now();
        if known.is_some_and(|known| now.saturating_sub(known.at) < REFUSED_RETRY_AFTER) {
            return opened;
        }
        match Opened::answering(url.clone()).await {
            Ok(other) => {
                tracing::info!("MANUSCRIPTS_URL_FILE was replaced: MongoDB is asked anew");
                let other = Arc::new(other);
                *self.opened.lock() = Arc::clone(&other);
                other
            }
            Err(error) => {
                if known.is_none() {
                    tracing::error!(%error, "MANUSCRIPTS_URL_FILE is of no use; the URL before it stays");
                }
                *refused = Some(Refused { url, at: now });
                opened
            }
        }
    }

    async fn find(&self, id: Ulid) -> Result<Revision, ManuscriptError> {
        let found = self.opened().await.collection.find_one(doc! { "_id": id.to_string() }).await;
        from_document(id, &found.map_err(|error| unavailable(&error))?.ok_or(ManuscriptError::NotFound(id))?)
    }
}

impl Opened {
    async fn answering(url: Secret) -> Result<Opened, ManuscriptError> {
        let opened = Opened::new(url).await?;
        opened.ping().await?;
        Ok(opened)
    }

    async fn ping(&self) -> Result<(), ManuscriptError> {
        self.database.run_command(doc! { "ping": 1 }).await.map(drop).map_err(|error| unavailable(&error))
    }

    async fn new(url: Secret) -> Result<Opened, ManuscriptError> {
        let mut options = ClientOptions::parse(url.expose()).await.map_err(|error| unavailable(&error))?;
        options.app_name = Some("rcr-origin".to_owned());
        options.max_pool_size = Some(POOL_CONNECTIONS_MAX);
        options.connect_timeout = Some(CONNECT_WAIT_MAX);
        options.server_selection_timeout = Some(SERVER_SELECTION_WAIT_MAX);
        let name = options.default_database.clone().unwrap_or_else(|| DATABASE_DEFAULT.to_owned());
        let client = Client::with_options(options).map_err(|error| unavailable(&error))?;
        let database = client.database(&name);
        // Set here and not left to the URL: the write path's promise rests on them (R4).
        let durable = WriteConcern::builder().w(Acknowledgment::Majority).journal(true).w_timeout(MAJORITY_WAIT_MAX).build();
        let collection = database.collection_with_options(
            COLLECTION,
            CollectionOptions::builder()
                .write_concern(durable)
                .read_concern(ReadConcern::majority())
                // While a primary is being elected any member may be asked: a revision never changes, so where it is found
                // it is right, and where it is not yet that is a 503, as if nobody answered.
                .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::PrimaryPreferred { options: None }))
                .build(),
        );
        Ok(Opened { url, database, collection })
    }
}

impl Manuscripts for MongoManuscripts {
    fn insert<'a>(&'a self, revision: &'a Revision) -> BoxFuture<'a, Result<(), ManuscriptError>> {
        Box::pin(bounded(async move {
            check_length(revision)?;
            match self.opened().await.collection.insert_one(to_document(revision)).await {
                Ok(_) => Ok(()),
                Err(error) if is_duplicate(&error) => {
                    let stored = self.find(revision.id).await?;
                    if stored == *revision { Ok(()) } else { Err(ManuscriptError::Conflict(revision.id)) }
                }
                Err(error) => Err(unavailable(&error)),
            }
        }))
    }

    fn get(&self, id: Ulid) -> BoxFuture<'_, Result<Revision, ManuscriptError>> {
        Box::pin(bounded(self.find(id)))
    }

    fn get_many<'a>(&'a self, ids: &'a [Ulid]) -> BoxFuture<'a, Result<Vec<Revision>, ManuscriptError>> {
        Box::pin(bounded(async move {
            check_count(ids)?;
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let keys: Vec<String> = ids.iter().map(Ulid::to_string).collect();
            let opened = self.opened().await;
            let cursor = opened.collection.find(doc! { "_id": { "$in": keys } }).await.map_err(|error| unavailable(&error))?;
            let documents: Vec<Document> = cursor.try_collect().await.map_err(|error| unavailable(&error))?;
            let mut found = Vec::with_capacity(documents.len());
            for document in &documents {
                let key = document.get_str("_id").ok().and_then(|key| Ulid::from_string(key).ok());
                let id = key.ok_or_else(|| ManuscriptError::Damaged { id: Ulid::nil(), why: "_id is not a ULID".to_owned() })?;
                found.push(from_document(id, document)?);
            }
            in_order(ids, found)
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ManuscriptError>> {
        Box::pin(bounded(async move { self.opened().await.ping().await }))
    }
}

/// Times are BSON dates (64-bit milliseconds), never doubles.
fn to_document(revision: &Revision) -> Document {
    doc! {
        "_id": revision.id.to_string(),
        "review": revision.review.to_string(),
        "locale": &revision.locale,
        "author": revision.author.to_string(),
        "markdown": &revision.markdown,
        "created_at": DateTime::from_millis(revision.created_at.unix_ms()),
    }
}

fn from_document(id: Ulid, document: &Document) -> Result<Revision, ManuscriptError> {
    let damaged = |why: String| ManuscriptError::Damaged { id, why };
    let text = |name: &str| document.get_str(name).map_err(|error| damaged(format!("{name}: {error}")));
    let ulid = |name: &str| Ulid::from_string(text(name)?).map_err(|error| damaged(format!("{name}: {error}")));
    let created_at = document.get_datetime("created_at").map_err(|error| damaged(format!("created_at: {error}")))?;
    Ok(Revision {
        id,
        review: ulid("review")?,
        locale: text("locale")?.to_owned(),
        author: ulid("author")?,
        markdown: text("markdown")?.to_owned(),
        created_at: Timestamp::from_unix_ms(created_at.timestamp_millis()),
    })
}

fn is_duplicate(error: &mongodb::error::Error) -> bool {
    matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(write)) if write.code == DUPLICATE_KEY)
}

fn unavailable(error: &mongodb::error::Error) -> ManuscriptError {
    ManuscriptError::Unavailable(error.to_string())
}
