use super::*;

/// The table of api.md, row by row: contributor, author, editor, admin.
const TABLE: &[(Action, Ownership, [bool; 4])] = &[
    (Action::WriteDraft, Ownership::Own, [true, true, true, true]),
    (Action::WriteDraft, Ownership::Others, [false, false, true, true]),
    (Action::UploadPhotograph, Ownership::Own, [true, true, true, true]),
    (Action::UploadPhotograph, Ownership::Others, [true, true, true, true]),
    (Action::SubmitForReview, Ownership::Own, [true, true, true, true]),
    (Action::SubmitForReview, Ownership::Others, [false, false, true, true]),
    (Action::Publish, Ownership::Own, [false, true, true, true]),
    (Action::Publish, Ownership::Others, [false, false, true, true]),
    (Action::Schedule, Ownership::Own, [false, false, true, true]),
    (Action::Schedule, Ownership::Others, [false, false, true, true]),
    (Action::Archive, Ownership::Own, [false, false, true, true]),
    (Action::Archive, Ownership::Others, [false, false, true, true]),
    (Action::ManageCameras, Ownership::Own, [false, false, true, true]),
    (Action::ManageCameras, Ownership::Others, [false, false, true, true]),
    (Action::ManageOffers, Ownership::Own, [false, false, true, true]),
    (Action::ManageOffers, Ownership::Others, [false, false, true, true]),
    (Action::ManageEditors, Ownership::Own, [false, false, false, true]),
    (Action::ManageEditors, Ownership::Others, [false, false, false, true]),
    (Action::RevokeSessions, Ownership::Own, [true, true, true, true]),
    (Action::RevokeSessions, Ownership::Others, [false, false, false, true]),
    (Action::ReadAuditLog, Ownership::Own, [false, false, false, true]),
    (Action::ReadAuditLog, Ownership::Others, [false, false, false, true]),
];

#[test]
fn every_role_may_do_exactly_what_the_table_says() {
    for (action, ownership, expected) in TABLE {
        let actual: Vec<bool> = Role::ALL.iter().map(|role| role.may(*action, *ownership)).collect();
        assert_eq!(actual, expected, "{action:?} of {ownership:?}");
    }
}

#[test]
fn the_table_has_every_action() {
    for action in Action::ALL {
        assert_eq!(TABLE.iter().filter(|row| row.0 == *action).count(), 2, "{action:?}");
    }
}
