//! A comparison as a part of the report and as lines for the terminal.

use super::comparison::{Change, Comparison, NOISE, Worth};
use super::markup::{Safe, head, marked, note, number, paragraph, table};
use super::words::escape;

pub fn html(comparison: &Comparison) -> String {
    let rows = comparison.changes.iter().map(|change| {
        let worth = Safe(format!("<b>{}</b>", word(change.worth)));
        let class = match change.worth {
            Worth::Better => "met",
            Worth::Worse => "missed",
            Worth::Different => "",
        };
        vec![head(&change.what, 1), number(&change.before), number(&change.now), number(&by(change)), marked(class, worth)]
    });
    let mut html = paragraph(&format!("The baseline: {}.", comparison.baseline));
    html += &items("The two runs were not made alike, which may explain a difference:", &comparison.unlike);
    html += &paragraph(&count(comparison));
    if !comparison.changes.is_empty() {
        html += &table(&["what", "baseline", "this run", "by", "that is"], rows.collect());
    }
    html += &items("Not compared:", &comparison.left_out);
    html + &note(NOISE)
}

impl Comparison {
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("compared with {}: {}", self.baseline, count(self))];
        lines.extend(self.unlike.iter().map(|words| format!("not made alike, {words}")));
        let widest = self.changes.iter().map(|change| change.what.chars().count()).max().unwrap_or(0);
        lines.extend(self.changes.iter().map(|change| {
            let (what, before, now, by) = (&change.what, &change.before, &change.now, by(change));
            format!("{:<9} {what:<widest$}  {before} → {now}  {by}", word(change.worth)).trim_end().to_owned()
        }));
        lines.extend(self.left_out.iter().map(|words| format!("not compared, {words}")));
        lines
    }
}

fn count(comparison: &Comparison) -> String {
    let of = |worth: Worth| comparison.changes.iter().filter(|change| change.worth == worth).count();
    let (better, worse, different) = (of(Worth::Better), of(Worth::Worse), of(Worth::Different));
    match (comparison.changes.len(), comparison.same) {
        (0, 0) => "Nothing could be compared.".to_owned(),
        (0, same) => format!("Nothing of {same} figures changed beyond noise."),
        (_, same) => {
            format!("Beyond noise, {worse} worse, {better} better, {different} different; {same} figures did not change.")
        }
    }
}

fn by(change: &Change) -> String {
    change.part.map_or_else(String::new, |part| format!("{:+.0} %", part * 100.0).replace('-', "−"))
}

const fn word(worth: Worth) -> &'static str {
    match worth {
        Worth::Better => "better",
        Worth::Worse => "worse",
        Worth::Different => "different",
    }
}

fn items(title: &str, all: &[String]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let all: String = all.iter().map(|words| format!("<li>{}</li>\n", escape(words))).collect();
    format!("<p>{}</p>\n<ul>\n{all}</ul>\n", escape(title))
}
