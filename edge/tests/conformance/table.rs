//! The table, by families of sections.

pub mod ages;
pub mod conditions;
pub mod directives;
pub mod freshness;
pub mod invalidation;
pub mod messages;
pub mod no_vary_search;
pub mod ranges;
pub mod stale;
pub mod status_field;
pub mod storing;
pub mod targeted;
pub mod validation;
pub mod vary;
