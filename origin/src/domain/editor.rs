//! People who write.

use common::{Secret, Timestamp};

use crate::domain::{EditorId, Role, Slug, Version};

/// Somebody who can sign in, as admins see them. The password's hash is not part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor {
    pub id: EditorId,
    pub email: String,
    pub name: String,
    pub slug: Slug,
    pub bio: String,
    pub role: Role,
    /// Since when sign-in is refused.
    pub suspended_at: Option<Timestamp>,
    pub version: Version,
    pub created_at: Timestamp,
}

/// What signing in needs.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub editor: Editor,
    /// argon2id in PHC format.
    pub password_hash: Secret,
}

/// What adding an editor needs.
#[derive(Clone, Debug)]
pub struct NewEditor {
    pub id: EditorId,
    pub email: String,
    pub name: String,
    pub slug: Slug,
    pub bio: String,
    pub role: Role,
    /// argon2id in PHC format.
    pub password_hash: Secret,
}

/// An author as named under a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorRef {
    pub slug: Slug,
    pub name: String,
}

/// The author's public page, without the reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorProfile {
    pub slug: Slug,
    pub name: String,
    pub bio: String,
}

/// An open sign-in and whose it is. Never a suspended editor's.
#[derive(Clone, Debug)]
pub struct Session {
    pub editor: Editor,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
