//! JSON bodies, read field by field, so that every mistake is reported at once: missing
//! members, wrong types and broken rules together, each with its JSON Pointer.

use common::problem::{FieldError, Problem};
use serde_json::{Map, Value};

use super::kinds;
use crate::domain::Slug;

/// Mistakes listed at most; a body with more is hopeless anyway.
const MISTAKES_MAX: usize = 100;

/// Why one value was refused.
#[derive(Debug)]
pub struct Mistake {
    pub code: &'static str,
    pub detail: String,
}

impl Mistake {
    pub fn new(code: &'static str, detail: impl Into<String>) -> Mistake {
        Mistake { code, detail: detail.into() }
    }
}

/// A JSON object while it is being read.
#[derive(Debug)]
pub struct Form {
    /// What is left: members nobody asked for are mistakes.
    members: Map<String, Value>,
    pointer: String,
    mistakes: Vec<FieldError>,
}

impl Form {
    /// # Errors
    /// 400 when the body is not JSON, 422 when it is not an object.
    pub fn parse(body: &[u8]) -> Result<Form, Problem> {
        let value: Value = serde_json::from_slice(body).map_err(|error| {
            Problem::new(kinds::NOT_JSON).detail(format!("Line {}, column {}.", error.line(), error.column()))
        })?;
        match value {
            Value::Object(members) => Ok(Form { members, pointer: String::new(), mistakes: Vec::new() }),
            _ => {
                let mistake = FieldError { pointer: String::new(), code: "type", detail: "Expected an object.".to_owned() };
                Err(Problem::new(kinds::VALIDATION).errors(vec![mistake]))
            }
        }
    }

    /// A change must name something to change.
    pub fn refuse_empty(&mut self) {
        if self.members.is_empty() {
            self.mistake("", Mistake::new("empty", "Name something to change."));
        }
    }

    /// A member that must be there and not null.
    pub fn required<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, Mistake>) -> Option<T> {
        match self.members.remove(name) {
            None | Some(Value::Null) => {
                self.mistake(name, Mistake::new("required", "Is required."));
                None
            }
            Some(value) => self.keep(name, read(&value)),
        }
    }

    /// A member that may be absent or null.
    pub fn optional<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, Mistake>) -> Option<T> {
        let value = self.members.remove(name).filter(|value| !value.is_null())?;
        self.keep(name, read(&value))
    }

    /// A member of a change: absent leaves as is (`None`), null clears (`Some(None)`).
    pub fn change<T>(&mut self, name: &str, read: impl FnOnce(&Value) -> Result<T, Mistake>) -> Option<Option<T>> {
        match self.members.remove(name)? {
            Value::Null => Some(None),
            value => self.keep(name, read(&value)).map(Some),
        }
    }

    /// Whether there is such a member, and it is not null.
    pub fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// A list of objects; absent or null is empty.
    pub fn list<T>(&mut self, name: &str, count_max: usize, mut read: impl FnMut(&mut Form) -> Option<T>) -> Vec<T> {
        let items = match self.members.remove(name) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) if items.len() <= count_max => items,
            Some(Value::Array(_)) => {
                self.mistake(name, Mistake::new("too_many", format!("At most {count_max}.")));
                return Vec::new();
            }
            Some(_) => {
                self.mistake(name, Mistake::new("type", "Expected a list."));
                return Vec::new();
            }
        };
        let mut made = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let pointer = format!("{}/{name}/{index}", self.pointer);
            let Value::Object(members) = item else {
                self.note(pointer, Mistake::new("type", "Expected an object."));
                continue;
            };
            let mut form = Form { members, pointer, mistakes: Vec::new() };
            made.extend(read(&mut form));
            form.refuse_the_rest();
            self.mistakes.append(&mut form.mistakes);
        }
        made
    }

    /// A rule across several members, reported at `name`.
    pub fn mistake(&mut self, name: &str, mistake: Mistake) {
        // The empty name is the object itself.
        let slash = if name.is_empty() { "" } else { "/" };
        let pointer = format!("{}{slash}{}", self.pointer, name.replace('~', "~0").replace('/', "~1"));
        self.note(pointer, mistake);
    }

    /// Ends the reading. `made` is `None` only after a mistake.
    ///
    /// # Errors
    /// 422 with every mistake.
    pub fn finish<T>(mut self, made: Option<T>) -> Result<T, Problem> {
        self.refuse_the_rest();
        match made {
            Some(made) if self.mistakes.is_empty() => Ok(made),
            _ => {
                self.mistakes.truncate(MISTAKES_MAX);
                Err(Problem::new(kinds::VALIDATION).errors(self.mistakes))
            }
        }
    }

    fn refuse_the_rest(&mut self) {
        for name in std::mem::take(&mut self.members).into_iter().map(|(name, _)| name).take(MISTAKES_MAX) {
            let name: String = name.chars().take(64).collect();
            self.mistake(&name, Mistake::new("unknown", "There is no such member here."));
        }
    }

    fn keep<T>(&mut self, name: &str, outcome: Result<T, Mistake>) -> Option<T> {
        outcome.map_err(|mistake| self.mistake(name, mistake)).ok()
    }

    fn note(&mut self, pointer: String, mistake: Mistake) {
        self.mistakes.push(FieldError { pointer, code: mistake.code, detail: mistake.detail });
    }
}

/// One line of text: trimmed, not empty, no control characters.
pub fn line(chars_max: usize) -> impl Fn(&Value) -> Result<String, Mistake> {
    move |value| {
        let text = string(value)?.trim();
        if text.is_empty() {
            return Err(Mistake::new("empty", "Must not be empty."));
        }
        if text.contains(char::is_control) {
            return Err(Mistake::new("control_character", "Must be one line without control characters."));
        }
        at_most(text, chars_max)
    }
}

/// Text of several lines; may be empty. Control characters other than tab and line ends are
/// refused: PostgreSQL cannot hold a NUL, and the others help nobody.
pub fn text(chars_max: usize) -> impl Fn(&Value) -> Result<String, Mistake> {
    move |value| {
        let text = string(value)?;
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(Mistake::new("control_character", "Contains a control character."));
        }
        at_most(text, chars_max)
    }
}

/// A string in the form that a domain type's parser accepts.
pub fn parsed<T, E: std::fmt::Display>(parse: impl Fn(&str) -> Result<T, E>) -> impl Fn(&Value) -> Result<T, Mistake> {
    move |value| parse(string(value)?).map_err(|error| Mistake::new("invalid", sentence(&error.to_string())))
}

/// `slug`, or what `name` suggests when it is absent.
pub fn slug_or(form: &mut Form, name: Option<&str>) -> Option<Slug> {
    if form.has("slug") {
        return form.optional("slug", parsed(Slug::parse));
    }
    // Without a name there is a mistake already.
    let suggested = Slug::suggest(name?);
    if suggested.is_none() {
        form.mistake("slug", Mistake::new("required", "Is required: none can be made of the name."));
    }
    suggested
}

/// A whole number within `range`.
pub fn whole(range: std::ops::RangeInclusive<i64>) -> impl Fn(&Value) -> Result<i64, Mistake> {
    move |value| {
        let number = value.as_i64().ok_or_else(|| Mistake::new("type", "Expected a whole number."))?;
        if range.contains(&number) {
            return Ok(number);
        }
        Err(Mistake::new("out_of_range", format!("Must lie between {} and {}.", range.start(), range.end())))
    }
}

pub fn string(value: &Value) -> Result<&str, Mistake> {
    value.as_str().ok_or_else(|| Mistake::new("type", "Expected a string."))
}

fn at_most(text: &str, chars_max: usize) -> Result<String, Mistake> {
    if text.chars().count() > chars_max {
        return Err(Mistake::new("too_long", format!("At most {chars_max} characters.")));
    }
    Ok(text.to_owned())
}

/// An error's text, as people read it.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let rest = chars.as_str();
    if rest.ends_with('.') { format!("{first}{rest}") } else { format!("{first}{rest}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_every_mistake_with_its_pointer() {
        let body = br#"{"title": 7, "rating": 900, "photographs": [{"alt": "a"}, 3], "a/b": 1}"#;
        let mut form = Form::parse(body).unwrap();
        let title = form.required("title", line(10));
        let summary = form.required("summary", line(10));
        let rating = form.optional("rating", whole(0..=100));
        let photographs = form.list("photographs", 5, |item| {
            let sha256 = item.required("sha256", line(64));
            let alt = item.required("alt", line(10));
            sha256.zip(alt)
        });
        assert!(photographs.is_empty());
        let problem = form.finish(title.zip(summary).zip(rating)).unwrap_err();
        let found: Vec<_> = problem.errors.iter().map(|error| (error.pointer.as_str(), error.code)).collect();
        let expected = [
            ("/title", "type"),
            ("/summary", "required"),
            ("/rating", "out_of_range"),
            ("/photographs/0/sha256", "required"),
            ("/photographs/1", "type"),
            ("/a~1b", "unknown"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn tells_null_from_absent_in_a_change() {
        let mut form = Form::parse(br#"{"bio": null}"#).unwrap();
        assert_eq!(form.change("bio", line(10)), Some(None));
        assert_eq!(form.change("name", line(10)), None);
    }

    #[test]
    fn refuses_what_is_not_json_or_not_an_object() {
        assert_eq!(Form::parse(b"{").unwrap_err().kind, kinds::NOT_JSON);
        assert_eq!(Form::parse(b"[]").unwrap_err().kind, kinds::VALIDATION);
    }
}
