//! Photographs: immutable, and named after their content, so that storing one again is
//! always the same as having stored it.

mod jpeg;
mod key;
pub mod pipeline;

use std::sync::Arc;

use bytes::Bytes;

pub use key::{PhotoKey, Variant};
pub use pipeline::{PhotoError, Pipeline, Place, Processed};

use crate::objects::{Label, ObjectError, Objects};

/// Never overwritten, so any cache may keep it for ever.
const LABEL: Label = Label { content_type: pipeline::CONTENT_TYPE, cache_control: "public, max-age=31536000, immutable" };

/// The photographs in the store of `PHOTOS_URL`. Each is small enough to be held whole: variants are some 300 kB.
#[derive(Clone)]
pub struct Photos(Arc<dyn Objects>);

impl Photos {
    pub fn new(objects: Arc<dyn Objects>) -> Photos {
        Photos(objects)
    }

    /// A JPEG.
    pub async fn get(&self, key: &PhotoKey) -> Result<Bytes, ObjectError> {
        self.0.get(&key.to_string()).await
    }

    /// Durable when it returns. Storing a key that is there already succeeds and changes nothing.
    pub async fn put(&self, key: &PhotoKey, jpeg: Bytes) -> Result<(), ObjectError> {
        self.0.put(&key.to_string(), jpeg, LABEL).await
    }

    /// Stores everything the pipeline made. The original comes last: where it is, all is.
    ///
    /// # Errors
    /// If any object cannot be stored. What was stored before is harmless: the next upload of the
    /// same photograph finds it.
    pub async fn put_all(&self, processed: &Processed) -> Result<(), ObjectError> {
        for image in &processed.variants {
            self.put(&PhotoKey { id: processed.id, variant: image.variant }, image.bytes.clone()).await?;
        }
        self.put(&PhotoKey { id: processed.id, variant: Variant::Original }, processed.original.clone()).await
    }

    /// Whether the store can be used now, for `/readyz`.
    pub async fn ping(&self) -> Result<(), ObjectError> {
        self.0.ping().await
    }
}
