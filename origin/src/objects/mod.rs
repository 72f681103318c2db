//! Objects that never change, under names that are used once: photographs, and the archive of texts.
//!
//! Two stores pass one contract test (`tests/objects.rs`): a folder, and S3 or anything that speaks it.

mod disk;
mod s3;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use common::Secret;
use futures_util::future::BoxFuture;

pub use disk::Folder;
pub use s3::{Bucket, S3Config};

use crate::aws::Keys;

/// The largest object: a stripped original of the most pixels the photographs' pipeline lets through.
pub const OBJECT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How long any one operation may take, retries included.
pub const OPERATION_WAIT_MAX: Duration = Duration::from_secs(15);

#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    #[error("there is no object {0}")]
    NotFound(String),
    #[error("the object store cannot be reached: {0}")]
    Unavailable(String),
    #[error("object {name} in the store is damaged: {why}")]
    Damaged { name: String, why: String },
    #[error("the object is {bytes} bytes long; at most {OBJECT_BYTES_MAX} are allowed")]
    TooLarge { bytes: usize },
}

/// What others are told of an object. Only S3 keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    pub content_type: &'static str,
    pub cache_control: &'static str,
}

pub trait Objects: Send + Sync + 'static {
    /// Durable when it returns. Storing under a name that is taken succeeds and changes nothing. `name` is path segments of
    /// letters, digits and `-._`, divided by `/`: it comes from the program, not from a client.
    fn put<'a>(&'a self, name: &'a str, bytes: Bytes, label: Label) -> BoxFuture<'a, Result<(), ObjectError>>;

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Bytes, ObjectError>>;

    /// Whether the store can be used now, for `/readyz`.
    fn ping(&self) -> BoxFuture<'_, Result<(), ObjectError>>;
}

/// The store of a URL: `file:///folder` or `s3://bucket?endpoint=…&region=…`. Only the second needs keys.
///
/// # Errors
/// If the URL is neither, or the folder cannot be made.
pub fn open(url: &Secret, keys: Option<Keys>) -> Result<Arc<dyn Objects>, ObjectError> {
    if let Some(folder) = url.expose().strip_prefix("file://") {
        return Ok(Arc::new(Folder::open(folder)?));
    }
    let unusable = |why: String| ObjectError::Unavailable(why);
    let keys =
        keys.ok_or_else(|| unusable("S3 needs keys: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_KEYS_FILE".to_owned()))?;
    Ok(Arc::new(Bucket::new(&S3Config::parse(url.expose(), keys).map_err(unusable)?)))
}

fn check_size(bytes: &[u8]) -> Result<(), ObjectError> {
    if bytes.len() > OBJECT_BYTES_MAX { Err(ObjectError::TooLarge { bytes: bytes.len() }) } else { Ok(()) }
}

/// Bounds any store operation.
async fn bounded<T>(operation: impl Future<Output = Result<T, ObjectError>>) -> Result<T, ObjectError> {
    tokio::time::timeout(OPERATION_WAIT_MAX, operation)
        .await
        .unwrap_or_else(|_| Err(ObjectError::Unavailable(format!("no answer within {} s", OPERATION_WAIT_MAX.as_secs()))))
}
