//! Puts a sample review together.

use super::{SplitMix64, cameras::Model, phrases, pictures::PICTURES};
use crate::domain::{Locale, Sha256};

/// A review in one language. The picture goes in once its name is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleText {
    pub locale: Locale,
    pub title: String,
    pub summary: String,
    /// Which of the drawn pictures is shown, and what it shows.
    pub picture: usize,
    pub alt: String,
    before_picture: String,
    after_picture: String,
}

impl SampleText {
    pub(super) fn compose(model: &Model, locale: Locale, picture: usize, rng: &mut SplitMix64) -> SampleText {
        let phrases = phrases::of(locale);
        let camera = format!("{} {}", model.maker, model.model);
        let fill = |template: &str| template.replace("{camera}", &camera).replace("{kind}", (phrases.kinds)(model.kind));
        let opening = fill(any(phrases.openings, rng));
        let mut rest = String::new();
        for section in phrases.sections {
            rest.push_str(&format!("## {}\n\n{}\n\n", section.heading, fill(any(section.paragraphs, rng))));
        }
        rest.push_str(&points(phrases.pros_heading, phrases.pros, rng));
        rest.push_str(&points(phrases.cons_heading, phrases.cons, rng));
        rest.push_str(&format!("## {}\n\n{}\n\n", phrases.verdict_heading, fill(any(phrases.verdicts, rng))));
        rest.push_str(&fill(phrases.disclaimer));
        rest.push('\n');
        SampleText {
            locale,
            title: fill(any(phrases.titles, rng)),
            summary: format!("{} {}", phrases.sample, fill(any(phrases.summaries, rng))),
            picture: picture % PICTURES,
            alt: any(phrases.alts, rng).to_owned(),
            before_picture: opening,
            after_picture: rest,
        }
    }

    /// The manuscript, once the picture has a name.
    pub fn markdown(&self, picture: Sha256) -> String {
        format!("{}\n\n![{}](/media/{picture}/960)\n\n{}", self.before_picture, self.alt, self.after_picture)
    }
}

fn any(list: &'static [&'static str], rng: &mut SplitMix64) -> &'static str {
    rng.pick::<&'static str>(list)
}

/// Two or three of the points, each once.
fn points(heading: &str, points: &[&str], rng: &mut SplitMix64) -> String {
    let count = points.len().min(usize::try_from(rng.within(2, 3)).unwrap_or(2));
    let first = usize::try_from(rng.below(points.len() as u64)).unwrap_or(0);
    let chosen: String = points.iter().cycle().skip(first).take(count).map(|point| format!("- {point}\n")).collect();
    format!("### {heading}\n\n{chosen}\n")
}
