//! What the layers below report, as problems: mapped here and nowhere else. The client learns
//! what it can act upon; the rest goes to the log under the same request id.

use common::problem::{FieldError, Problem};

use super::{
    conditional::{self, ETag},
    kinds,
};
use crate::{
    manuscripts::{ManuscriptError, RenderError},
    objects::ObjectError,
    store::StoreError,
};

/// How long a client should wait for something that is down.
const RETRY_AFTER_S: u64 = 2;

pub fn from_store(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound(what) => Problem::new(kinds::NOT_FOUND).detail(format!("There is no such {what}.")),
        StoreError::Stale { current } => conditional::stale(&ETag::version(current)),
        StoreError::Taken { field } => {
            Problem::new(kinds::CONFLICT).errors(vec![field_error(field, "taken", "Is taken already.")])
        }
        StoreError::Dangling { field } => invalid(field, "dangling", "Names nothing that exists."),
        StoreError::IllegalStep(step) => {
            Problem::new(kinds::CONFLICT).detail(super::form::sentence(&step.to_string())).extension("state", step.from.as_str())
        }
        StoreError::Incomplete(what) => Problem::new(kinds::CONFLICT).detail(format!("It cannot be published without {what}.")),
        StoreError::Unfit(why) => {
            tracing::error!(why, "the database is not fit for writes");
            unavailable()
        }
        StoreError::Suspended => Problem::new(kinds::UNAUTHENTICATED),
        StoreError::RoleChanged => Problem::new(kinds::FORBIDDEN),
        StoreError::LastAdmin => Problem::new(kinds::CONFLICT).detail("The last active admin must stay one."),
        StoreError::Superseded => Problem::new(kinds::IN_FLIGHT).detail("A later request took over this Idempotency-Key."),
        StoreError::Cursor(error) => bad_query("cursor", &error),
        StoreError::Unavailable(error) => {
            tracing::warn!(%error, "the database cannot be reached");
            unavailable()
        }
        StoreError::OutcomeUnknown(error) => {
            tracing::error!(%error, "it is unknown whether a write was committed");
            unavailable().detail("It is unknown whether the change was made. Repeat it with the same Idempotency-Key.")
        }
        StoreError::Unnumbered | StoreError::Corrupt(_) | StoreError::Sql(_) => internal(&error),
    }
}

/// One that is missing is a 503 and no 404: something points at it (rule R4).
pub fn from_manuscripts(error: ManuscriptError) -> Problem {
    match error {
        ManuscriptError::NotFound(_) | ManuscriptError::Unavailable(_) | ManuscriptError::Damaged { .. } => {
            tracing::error!(%error, "a manuscript could not be had");
            unavailable()
        }
        ManuscriptError::TooLong { .. } => invalid("body_markdown", "too_long", super::form::sentence(&error.to_string())),
        ManuscriptError::Conflict(_) | ManuscriptError::TooMany { .. } => internal(&error),
    }
}

pub fn from_render(error: RenderError) -> Problem {
    invalid("body_markdown", "too_complex", super::form::sentence(&error.to_string()))
}

/// Also of an object that is missing: its row says that it was stored.
pub fn from_objects(error: ObjectError) -> Problem {
    tracing::error!(%error, "a photograph could not be stored or read");
    unavailable()
}

/// 500: a mistake of ours, whatever it is.
pub fn internal(error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "an internal error");
    Problem::new(kinds::INTERNAL)
}

pub fn unavailable() -> Problem {
    Problem::new(kinds::UNAVAILABLE).retry_after_s(RETRY_AFTER_S)
}

/// 422 for one member of the body that only a lower layer could judge.
pub fn invalid(field: &str, code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::new(kinds::VALIDATION).errors(vec![field_error(field, code, detail)])
}

pub fn bad_query(name: &str, why: &dyn std::fmt::Display) -> Problem {
    let error = FieldError { pointer: format!("?{name}"), code: "invalid", detail: super::form::sentence(&why.to_string()) };
    Problem::new(kinds::BAD_QUERY).detail(format!("Wrong: {name}.")).errors(vec![error])
}

fn field_error(field: &str, code: &'static str, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: format!("/{field}"), code, detail: detail.into() }
}
