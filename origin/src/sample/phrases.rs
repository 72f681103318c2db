//! What a sample review is put together from, in one language. `{camera}` and `{kind}` are
//! filled in. Several languages have the same shape, so that each can be searched in.

use crate::domain::{CameraKind, Locale};

pub(super) struct Phrases {
    /// What begins every summary and says that nobody tested anything.
    pub(super) sample: &'static str,
    /// What ends every text and says it in full.
    pub(super) disclaimer: &'static str,
    pub(super) titles: &'static [&'static str],
    pub(super) summaries: &'static [&'static str],
    pub(super) openings: &'static [&'static str],
    pub(super) sections: &'static [Section],
    pub(super) pros: &'static [&'static str],
    pub(super) cons: &'static [&'static str],
    pub(super) pros_heading: &'static str,
    pub(super) cons_heading: &'static str,
    pub(super) verdict_heading: &'static str,
    pub(super) verdicts: &'static [&'static str],
    /// What a picture shows, for those who cannot see it.
    pub(super) alts: &'static [&'static str],
    pub(super) kinds: fn(CameraKind) -> &'static str,
}

pub(super) struct Section {
    pub(super) heading: &'static str,
    pub(super) paragraphs: &'static [&'static str],
}

pub(super) fn of(locale: Locale) -> &'static Phrases {
    match locale {
        Locale::PtBr => &super::phrases_pt::PHRASES,
        Locale::Es => &super::phrases_es::PHRASES,
        Locale::En => &super::phrases_en::PHRASES,
    }
}
