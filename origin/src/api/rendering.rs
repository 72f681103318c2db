//! Manuscripts as HTML: parsed and sanitised on threads of their own, and kept for a while.
//!
//! What is kept is under the id of a revision, which never changes (rule R1 allows that and
//! nothing else), so nothing here is ever out of date.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use common::Problem;
use parking_lot::Mutex;
use prometheus_client::metrics::gauge::Gauge;

use super::{
    limits::{HTML_KEPT_BYTES_MAX, RENDER_WAITERS_MAX, RENDERS_MAX},
    places::Places,
};
use crate::{
    domain::RevisionId,
    manuscripts::{RenderError, Rendered, Renderer},
};

/// The bounded workers and what they made.
pub struct Rendering {
    places: Places,
    kept: Mutex<Kept>,
    kept_bytes: Gauge,
}

impl Rendering {
    /// Says in `kept_bytes` how much it keeps.
    pub fn new(kept_bytes: Gauge) -> Rendering {
        let kept = Mutex::new(Kept::new(HTML_KEPT_BYTES_MAX));
        Rendering { places: Places::new(RENDERS_MAX, RENDER_WAITERS_MAX), kept, kept_bytes }
    }

    /// A text of the largest size takes some hundred milliseconds of a core.
    ///
    /// # Errors
    /// 503 when too many wait. Inside: when the text is more than can be shown.
    pub async fn render(&self, renderer: &Arc<Renderer>, markdown: String) -> Result<Result<Rendered, RenderError>, Problem> {
        let renderer = Arc::clone(renderer);
        self.places.run(move || renderer.render(&markdown)).await
    }

    /// The HTML of a revision, if it has been rendered lately.
    pub fn kept(&self, revision: RevisionId) -> Option<Arc<str>> {
        self.kept.lock().get(revision)
    }

    pub fn keep(&self, revision: RevisionId, html: &Arc<str>) {
        let mut kept = self.kept.lock();
        kept.insert(revision, html);
        self.kept_bytes.set(i64::try_from(kept.bytes).unwrap_or(i64::MAX));
    }
}

/// At most so many bytes of HTML. The oldest leaves first, however often it is read: edges
/// read a page once for each purge, so being read lately says little.
struct Kept {
    bytes_max: usize,
    bytes: usize,
    html: HashMap<RevisionId, Arc<str>>,
    /// In the order they came.
    order: VecDeque<RevisionId>,
}

impl Kept {
    fn new(bytes_max: usize) -> Kept {
        Kept { bytes_max, bytes: 0, html: HashMap::new(), order: VecDeque::new() }
    }

    fn get(&self, revision: RevisionId) -> Option<Arc<str>> {
        self.html.get(&revision).cloned()
    }

    fn insert(&mut self, revision: RevisionId, html: &Arc<str>) {
        if cost(html) > self.bytes_max || self.html.contains_key(&revision) {
            return;
        }
        self.html.insert(revision, Arc::clone(html));
        self.order.push_back(revision);
        self.bytes += cost(html);
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= self.html.remove(&oldest).map_or(0, |html| cost(&html));
        }
    }
}

/// With what the two collections need for it, so that short texts are bounded too.
fn cost(html: &str) -> usize {
    html.len() + 128
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn revision(number: u128) -> RevisionId {
        RevisionId(Ulid(number))
    }

    #[test]
    fn keeps_so_many_bytes_and_lets_the_oldest_go() {
        let html: Arc<str> = "x".repeat(1_000 - 128).into();
        let mut kept = Kept::new(3_000);
        for number in 0..10 {
            kept.insert(revision(number), &html);
            kept.insert(revision(number), &html);
            assert!(kept.bytes <= 3_000);
        }
        assert_eq!((kept.html.len(), kept.order.len(), kept.bytes), (3, 3, 3_000));
        assert!(kept.get(revision(6)).is_none() && kept.get(revision(7)).is_some());
        // One that is larger than all there is room for drives nobody out.
        kept.insert(revision(99), &"x".repeat(4_000).into());
        assert_eq!(kept.html.len(), 3);
    }

    #[test]
    fn what_is_kept_is_counted() {
        let bytes = Gauge::default();
        let rendering = Rendering::new(bytes.clone());
        for number in 0..3 {
            rendering.keep(revision(number), &"x".repeat(100).into());
        }
        assert_eq!(bytes.get(), 3 * (100 + 128));
    }

    #[tokio::test]
    async fn renders_on_a_thread() {
        let (rendering, renderer) = (Rendering::new(Gauge::default()), Arc::new(Renderer::new(None)));
        let rendered = rendering.render(&renderer, "*x*".to_owned()).await.unwrap().unwrap();
        assert_eq!(rendered.html.trim(), "<p><em>x</em></p>");
        let long = "x".repeat(crate::manuscripts::MARKDOWN_BYTES_MAX + 1);
        assert!(matches!(rendering.render(&renderer, long).await.unwrap(), Err(RenderError::TooLong { .. })));
    }
}
