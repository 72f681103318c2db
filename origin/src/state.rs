//! What every handler works with.

use std::sync::Arc;

use common::{Clock, Rotated, entropy::Entropy};

use crate::{
    api::{shared::Shared, views::photograph::MediaBase},
    feed::Feed,
    manuscripts::{Manuscripts, Renderer},
    photos::{Photos, Pipeline},
    store::Db,
};

/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub db: Db,
    pub feed: Feed,
    pub manuscripts: Arc<dyn Manuscripts>,
    /// Markdown to sanitised HTML.
    pub renderer: Arc<Renderer>,
    pub photos: Photos,
    /// Uploads to photographs, in a bounded worker.
    pub pipeline: Pipeline,
    /// What photographs' links begin with.
    pub media: MediaBase,
    /// A list of them: [`crate::config::edge_tokens`].
    pub edge_tokens: Option<Rotated>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    /// Counters, limiters and places of the API.
    pub api: Arc<Shared>,
}
