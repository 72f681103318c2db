//! Photographs: immutable, and named after their content, so that storing one again is
//! always the same as having stored it.
//!
//! Two stores, chosen by `PHOTOS_URL`, pass one contract test (`tests/photos.rs`).

mod disk;
mod jpeg;
mod key;
pub mod pipeline;
mod s3;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::Secret;
use futures_util::future::BoxFuture;

pub use disk::DiskPhotos;
pub use key::{PhotoKey, Variant};
pub use pipeline::{PhotoError, Pipeline, Place, Processed};
pub use s3::{S3Config, S3Photos};

use crate::aws::Keys;

/// The largest object: a stripped original of the most pixels the pipeline lets through.
pub const OBJECT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long any one operation may take, retries included.
pub const OPERATION_WAIT_MAX: Duration = Duration::from_secs(15);

/// A stored photograph. Small enough to be held whole: variants are some 300 kB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub bytes: Bytes,
    pub content_type: String,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no photograph {0}")]
    NotFound(PhotoKey),
    #[error("the photograph store cannot be reached: {0}")]
    Unavailable(String),
    #[error("photograph {key} in the store is damaged: {why}")]
    Damaged { key: PhotoKey, why: String },
    #[error("the object is {bytes} bytes long; at most {OBJECT_BYTES_MAX} are allowed")]
    TooLarge { bytes: usize },
}

pub trait Photos: Send + Sync + 'static {
    /// Durable when it returns. Storing a key that is there already succeeds and changes
    /// nothing.
    fn put<'a>(&'a self, key: &'a PhotoKey, bytes: Bytes, content_type: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;

    fn get<'a>(&'a self, key: &'a PhotoKey) -> BoxFuture<'a, Result<Stored, StoreError>>;

    /// Whether the store can be used now, for `/readyz`.
    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// The store of `PHOTOS_URL`: `file:///folder` or `s3://bucket?endpoint=…&region=…`. Only the
/// second needs keys.
///
/// # Errors
/// If the URL is neither, or the folder cannot be made.
pub fn open(url: &Secret, keys: Option<Keys>) -> Result<Arc<dyn Photos>, StoreError> {
    if let Some(folder) = url.expose().strip_prefix("file://") {
        return Ok(Arc::new(DiskPhotos::open(folder)?));
    }
    let keys =
        keys.ok_or_else(|| StoreError::Unavailable("PHOTOS_URL needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned()))?;
    let config = S3Config::parse(url.expose(), keys).map_err(|why| StoreError::Unavailable(format!("PHOTOS_URL: {why}")))?;
    Ok(Arc::new(S3Photos::new(&config)))
}

/// Stores everything the pipeline made. The original comes last: where it is, all is.
///
/// # Errors
/// If any object cannot be stored. What was stored before is harmless: the next upload of the
/// same photograph finds it.
pub async fn put_all(photos: &dyn Photos, processed: &Processed) -> Result<(), StoreError> {
    for image in &processed.variants {
        let key = PhotoKey { id: processed.id, variant: image.variant };
        photos.put(&key, image.bytes.clone(), pipeline::CONTENT_TYPE).await?;
    }
    let key = PhotoKey { id: processed.id, variant: Variant::Original };
    photos.put(&key, processed.original.clone(), pipeline::CONTENT_TYPE).await
}

fn check_size(bytes: &[u8]) -> Result<(), StoreError> {
    if bytes.len() > OBJECT_BYTES_MAX { Err(StoreError::TooLarge { bytes: bytes.len() }) } else { Ok(()) }
}

/// Bounds any store operation.
async fn bounded<T>(operation: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(OPERATION_WAIT_MAX, operation)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable(format!("no answer within {} s", OPERATION_WAIT_MAX.as_secs()))))
}
