//! Who may do what: the table of api.md as code.

use crate::domain::locale::names;

names! {
    /// What an editor is trusted with.
    Role, "contributor, author, editor or admin", {
        Contributor = "contributor",
        Author = "author",
        Editor = "editor",
        Admin = "admin",
    }
}

/// Whether the thing acted on is the editor's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    Own,
    Others,
}

/// What can be asked for, beyond reading what is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create, read and save drafts; for others' reviews this is "edit anyone's".
    WriteDraft,
    UploadPhotograph,
    SubmitForReview,
    /// Also a change of the slug of what is published.
    Publish,
    Schedule,
    Archive,
    ManageCameras,
    ManageOffers,
    /// List, add, change role, suspend, reinstate.
    ManageEditors,
    /// End sessions: one's own, or anybody's.
    RevokeSessions,
    ReadAuditLog,
}

impl Action {
    pub const ALL: &'static [Action] = &[
        Action::WriteDraft,
        Action::UploadPhotograph,
        Action::SubmitForReview,
        Action::Publish,
        Action::Schedule,
        Action::Archive,
        Action::ManageCameras,
        Action::ManageOffers,
        Action::ManageEditors,
        Action::RevokeSessions,
        Action::ReadAuditLog,
    ];
}

impl Role {
    /// Whether this role may do `action` to a thing that is its own or somebody else's.
    /// Ownership means nothing for actions that have no owner.
    pub const fn may(self, action: Action, ownership: Ownership) -> bool {
        let least = match (action, ownership) {
            (Action::RevokeSessions | Action::WriteDraft | Action::SubmitForReview, Ownership::Own)
            | (Action::UploadPhotograph, _) => Role::Contributor,
            (Action::Publish, Ownership::Own) => Role::Author,
            (Action::WriteDraft | Action::SubmitForReview | Action::Publish, Ownership::Others)
            | (Action::Schedule | Action::Archive | Action::ManageCameras | Action::ManageOffers, _) => Role::Editor,
            (Action::ManageEditors | Action::ReadAuditLog, _) | (Action::RevokeSessions, Ownership::Others) => Role::Admin,
        };
        self as u8 >= least as u8
    }
}

#[cfg(test)]
#[path = "role_tests.rs"]
mod tests;
