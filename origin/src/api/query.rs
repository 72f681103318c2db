//! Query strings, strictly: what a route does not know is an error, so that a misspelt
//! parameter is never silently ignored and a made-up one never makes a new cache key.

use std::borrow::Cow;

use common::problem::{FieldError, Problem};

use super::{
    kinds,
    limits::{QUERY_BYTES_MAX, QUERY_PARAMS_MAX},
};

/// The parameters of one request, each known to its route and present once.
#[derive(Debug, Default)]
pub struct Query {
    values: Vec<(&'static str, String)>,
    mistakes: Vec<FieldError>,
}

impl Query {
    /// # Errors
    /// 414 when it is too long, 400 naming every parameter that is unknown, repeated or not
    /// UTF-8.
    pub fn parse(raw: Option<&str>, known: &'static [&'static str]) -> Result<Query, Problem> {
        let raw = raw.unwrap_or_default();
        if raw.len() > QUERY_BYTES_MAX {
            return Err(Problem::new(kinds::URI_TOO_LONG).extension("limit_bytes", QUERY_BYTES_MAX));
        }
        let mut query = Query::default();
        for (count, pair) in raw.split('&').filter(|pair| !pair.is_empty()).enumerate() {
            if count == QUERY_PARAMS_MAX {
                return Err(Problem::new(kinds::BAD_QUERY)
                    .detail(format!("At most {QUERY_PARAMS_MAX} parameters."))
                    .extension("limit_count", QUERY_PARAMS_MAX));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decode(name), decode(value)) {
                (Some(name), Some(value)) => query.take(known, &name, &value),
                _ => query.mistake("", "not_utf8", "A parameter's percent-encoding does not give UTF-8 text."),
            }
        }
        query.check()?;
        Ok(query)
    }

    fn take(&mut self, known: &'static [&'static str], name: &str, value: &str) {
        let Some(known) = known.iter().copied().find(|known| *known == name) else {
            return self.mistake(name, "unknown", "This address has no such parameter.");
        };
        if self.values.iter().any(|(seen, _)| *seen == known) {
            return self.mistake(name, "repeated", "Given more than once.");
        }
        if value.contains(char::is_control) {
            return self.mistake(name, "control_character", "Contains a control character.");
        }
        self.values.push((known, value.to_owned()));
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The parameter read by `read`, whose error says what was expected; `None` when it is
    /// absent or wrong. A mistake is kept for [`Query::check`].
    pub fn read<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let outcome = read(self.get(name)?);
        match outcome {
            Ok(value) => Some(value),
            Err(expected) => {
                self.mistake(name, "invalid", expected);
                None
            }
        }
    }

    pub fn mistake(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        // Attackers choose names: repeat only the beginning.
        let name: String = name.chars().take(64).collect();
        self.mistakes.push(FieldError { pointer: format!("?{name}"), code, detail: detail.into() });
    }

    /// # Errors
    /// 400 with every mistake noted so far.
    pub fn check(&mut self) -> Result<(), Problem> {
        if self.mistakes.is_empty() {
            return Ok(());
        }
        let mistakes = std::mem::take(&mut self.mistakes);
        let names: Vec<_> = mistakes.iter().map(|mistake| mistake.pointer.trim_start_matches('?')).collect();
        let detail = format!("Wrong: {}.", names.join(", "));
        Err(Problem::new(kinds::BAD_QUERY).detail(detail).errors(mistakes))
    }

    /// `path` with this query behind it.
    pub fn onto(&self, path: &str) -> String {
        let mut text = path.to_owned();
        for (index, (name, value)) in self.values.iter().enumerate() {
            text.push(if index == 0 { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            encode(value, &mut text);
        }
        text
    }

    /// This query with `name` set to `value`, for links to other pages.
    pub fn with(&self, name: &'static str, value: &str) -> String {
        let others = self.values.iter().filter(|(known, _)| *known != name);
        let mut text = String::new();
        for (name, value) in others.map(|(name, value)| (*name, value.as_str())).chain([(name, value)]) {
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(name);
            text.push('=');
            encode(value, &mut text);
        }
        text
    }
}

/// `No-Vary-Search` of a route that knows `params`: order never matters, and of the
/// parameters only these do.
pub fn no_vary_search(params: &[&str]) -> String {
    if params.is_empty() {
        return "key-order, params".to_owned();
    }
    let quoted: Vec<_> = params.iter().map(|name| format!("\"{name}\"")).collect();
    format!("key-order, params, except=({})", quoted.join(" "))
}

/// Percent-decoded, `+` as a space; `None` unless the result is UTF-8 without a stray `%`.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['%', '+']) {
        return Some(Cow::Borrowed(text));
    }
    percent_decode(text.replace('+', " ").as_bytes()).map(Cow::Owned)
}

/// Percent-decoded UTF-8; `None` when it is none, or an escape is broken.
pub fn percent_decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
            u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["locale", "limit"];

    fn pointers(raw: &str) -> Vec<String> {
        Query::parse(Some(raw), KNOWN).unwrap_err().errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn names_every_unknown_and_repeated_parameter() {
        assert_eq!(pointers("foo=1&locale=es&locale=en&bar"), ["?foo", "?locale", "?bar"]);
        assert_eq!(pointers("locale=%00"), ["?locale"]);
        assert_eq!(pointers("locale=%ff&locale=%4"), ["?", "?"]);
    }

    #[test]
    fn stops_counting_at_the_limit() {
        let raw = "a&".repeat(QUERY_PARAMS_MAX + 1);
        assert_eq!(Query::parse(Some(&raw), KNOWN).unwrap_err().kind, kinds::BAD_QUERY);
        let raw = "a&".repeat(10_000);
        assert_eq!(Query::parse(Some(&raw), KNOWN).unwrap_err().kind, kinds::URI_TOO_LONG);
    }

    #[test]
    fn decodes_and_links_back() {
        let query = Query::parse(Some("locale=pt%2DBR&limit=1+2"), KNOWN).unwrap();
        assert_eq!(query.get("limit"), Some("1 2"));
        assert_eq!(query.with("locale", "é"), "limit=1%202&locale=%C3%A9");
    }

    #[test]
    fn tells_caches_what_the_parser_knows() {
        assert_eq!(no_vary_search(KNOWN), "key-order, params, except=(\"locale\" \"limit\")");
        assert_eq!(no_vary_search(&[]), "key-order, params");
    }
}
