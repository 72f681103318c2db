//! The life of a review in one language.

use crate::domain::locale::names;

names! {
    /// `draft → in_review → scheduled → published → archived`. A published text whose draft
    /// is being worked on stays published.
    ReviewState, "draft, in_review, scheduled, published or archived", {
        Draft = "draft",
        InReview = "in_review",
        Scheduled = "scheduled",
        Published = "published",
        Archived = "archived",
    }
}

/// What moves a review from one state to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    SaveDraft,
    Submit,
    Schedule,
    /// Also: publish the draft beside a published text.
    Publish,
    Archive,
}

/// A step that the present state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is {from} cannot do this step: {step:?}")]
pub struct IllegalStep {
    pub from: ReviewState,
    pub step: Step,
}

impl ReviewState {
    /// The state after `step`.
    ///
    /// # Errors
    /// When this state does not allow it.
    pub const fn after(self, step: Step) -> Result<ReviewState, IllegalStep> {
        use ReviewState::{Archived, Draft, InReview, Published, Scheduled};
        match (self, step) {
            // Saving takes a text back from review or from the schedule: nobody may publish
            // what was changed after it was looked at.
            (Draft | InReview | Scheduled | Archived, Step::SaveDraft) => Ok(Draft),
            (Published, Step::SaveDraft | Step::Publish) => Ok(Published),
            (Draft, Step::Submit) => Ok(InReview),
            (Draft | InReview, Step::Schedule) => Ok(Scheduled),
            (Draft | InReview | Scheduled, Step::Publish) => Ok(Published),
            (Published, Step::Archive) => Ok(Archived),
            _ => Err(IllegalStep { from: self, step }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        use ReviewState::{Archived, Draft, InReview, Published, Scheduled};
        let steps = [Step::SaveDraft, Step::Submit, Step::Schedule, Step::Publish, Step::Archive];
        let table = [
            (Draft, [Some(Draft), Some(InReview), Some(Scheduled), Some(Published), None]),
            (InReview, [Some(Draft), None, Some(Scheduled), Some(Published), None]),
            (Scheduled, [Some(Draft), None, None, Some(Published), None]),
            (Published, [Some(Published), None, None, Some(Published), Some(Archived)]),
            (Archived, [Some(Draft), None, None, None, None]),
        ];
        for (from, expected) in table {
            assert_eq!(steps.map(|step| from.after(step).ok()), expected, "{from}");
        }
    }
}
