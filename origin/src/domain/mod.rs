//! Types and rules without I/O. Imports nothing of ours but `common`.

pub mod camera;
pub mod cursor;
pub mod editor;
pub mod id;
pub mod idempotency;
pub mod locale;
pub mod offer;
pub mod page;
pub mod photograph;
pub mod purge;
pub mod receipt;
pub mod review;
pub mod review_state;
pub mod role;
pub mod slug;
pub mod tags;

pub use camera::{Camera, CameraKind, CameraState, CameraSummary};
pub use cursor::{Cursor, InvalidCursor};
pub use editor::{AuthorProfile, AuthorRef, Editor};
pub use id::{CameraId, EditorId, OfferId, ReviewId, RevisionId};
pub use idempotency::StoredAnswer;
pub use locale::{Locale, Market};
pub use offer::{Condition, Currency, Money, Offer};
pub use page::{Limit, Page, PageRequest};
pub use photograph::{Photograph, PlacedPhotograph, Sha256};
pub use purge::Purge;
pub use receipt::{EdgeReport, RegionReceipt};
pub use review::{
    Draft, EditorialLocale, EditorialReview, EditorialSummary, PublishedReview, PublishedSummary, Rating, SearchHit, Version,
};
pub use review_state::ReviewState;
pub use role::{Action, Ownership, Role};
pub use slug::Slug;
