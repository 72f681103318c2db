//! `Cache-Control` and `CDN-Cache-Control`, parsed.

use http::{HeaderMap, HeaderName, header};

use common::headers::CDN_CACHE_CONTROL;

/// The longest time a directive can say, in seconds: RFC 9111 §1.2.2 names 2^31 as what
/// larger numbers become.
const DELTA_SECONDS_MAX: u32 = 1 << 31;

/// The response directives that matter to a shared cache. Times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    pub no_store: bool,
    /// Without field names. With field names it is treated the same: stricter, and allowed.
    pub no_cache: bool,
    pub private: bool,
    pub public: bool,
    pub must_revalidate: bool,
    pub proxy_revalidate: bool,
    pub max_age: Option<u32>,
    pub s_maxage: Option<u32>,
    pub stale_while_revalidate: Option<u32>,
    pub stale_if_error: Option<u32>,
    /// A lifetime that could not be read: stale at once (RFC 9111 §4.2.1).
    pub broken_lifetime: bool,
}

impl Directives {
    /// From `Cache-Control`, all its lines together.
    pub fn cache_control(headers: &HeaderMap) -> Directives {
        let mut found = Directives::default();
        for value in headers.get_all(header::CACHE_CONTROL) {
            for (name, argument) in members(value.as_bytes()) {
                found.take(&name.to_ascii_lowercase(), argument.as_deref());
            }
        }
        found
    }

    /// From `CDN-Cache-Control` (RFC 9213): a Structured Field dictionary, so one mistake
    /// anywhere makes the whole field count for nothing. `None` too if there is none.
    pub fn cdn_cache_control(headers: &HeaderMap) -> Option<Directives> {
        let text = joined(headers, &CDN_CACHE_CONTROL)?;
        let mut found = Directives::default();
        let mut any = false;
        for (name, argument) in members(text.as_bytes()) {
            let legal_key = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '*')
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.*".contains(&b));
            if !legal_key {
                return None;
            }
            let argument = argument.as_deref().map(|text| text.split(';').next().unwrap_or(text).trim_end());
            if argument.is_some_and(|text| !is_bare_item(text)) {
                return None;
            }
            // `?0` is an explicit "no".
            if argument != Some("?0") {
                found.take(name, argument.filter(|text| *text != "?1"));
            }
            any = true;
        }
        any.then_some(found)
    }

    fn take(&mut self, name: &str, argument: Option<&str>) {
        match name {
            "no-store" => self.no_store = true,
            "no-cache" => self.no_cache = true,
            "private" => self.private = true,
            "public" => self.public = true,
            "must-revalidate" => self.must_revalidate = true,
            "proxy-revalidate" => self.proxy_revalidate = true,
            "max-age" => self.broken_lifetime |= !set_once(&mut self.max_age, argument),
            "s-maxage" => self.broken_lifetime |= !set_once(&mut self.s_maxage, argument),
            // A window that cannot be read is no window.
            "stale-while-revalidate" => drop(set_once(&mut self.stale_while_revalidate, argument)),
            "stale-if-error" => drop(set_once(&mut self.stale_if_error, argument)),
            _ => {}
        }
    }
}

/// The first of several wins (RFC 9111 §4.2.1 lets us choose); `false` if it is no number.
fn set_once(field: &mut Option<u32>, argument: Option<&str>) -> bool {
    let Some(seconds) = argument.and_then(delta_seconds) else { return false };
    field.get_or_insert(seconds);
    true
}

/// `1*DIGIT`; too large a number becomes the largest.
pub fn delta_seconds(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(DELTA_SECONDS_MAX).min(DELTA_SECONDS_MAX))
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let mut lines = headers.get_all(name).iter().map(|value| value.to_str());
    let mut text = lines.next()?.ok()?.to_owned();
    for line in lines {
        text.push(',');
        text.push_str(line.ok()?);
    }
    Some(text)
}

/// An integer, a token, a string or a boolean: what a directive's argument can be.
fn is_bare_item(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    !text.is_empty()
        && (number.bytes().all(|b| b.is_ascii_digit())
            || text == "?0"
            || text == "?1"
            || text.starts_with('"')
            || text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*'))
}

/// The comma-separated members of a field: name and argument, quotes removed. Tolerant: an
/// unclosed quote ends with the field.
fn members(field: &[u8]) -> impl Iterator<Item = (&str, Option<std::borrow::Cow<'_, str>>)> {
    split_quoted(field).filter_map(|member| {
        let member = std::str::from_utf8(member).ok()?.trim_matches([' ', '\t']);
        if member.is_empty() {
            return None;
        }
        let Some((name, argument)) = member.split_once('=') else { return Some((member, None)) };
        let argument = match argument.strip_prefix('"') {
            Some(quoted) => unquote(quoted).into(),
            None => argument.into(),
        };
        Some((name, Some(argument)))
    })
}

fn unquote(quoted: &str) -> String {
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    text
}

/// Splits at commas outside quotes.
fn split_quoted(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    field.split(move |&byte| {
        let separates = byte == b',' && !quoted;
        if escaped {
            escaped = false;
        } else if byte == b'\\' && quoted {
            escaped = true;
        } else if byte == b'"' {
            quoted = !quoted;
        }
        separates
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Directives {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, value.parse().unwrap());
        Directives::cache_control(&headers)
    }

    fn cdn(value: &str) -> Option<Directives> {
        let mut headers = HeaderMap::new();
        headers.insert(CDN_CACHE_CONTROL, value.parse().unwrap());
        Directives::cdn_cache_control(&headers)
    }

    #[test]
    fn reads_odd_forms() {
        assert_eq!(parse("MAX-AGE=60").max_age, Some(60));
        assert_eq!(parse("max-age=\"60\"").max_age, Some(60));
        assert_eq!(parse(" , max-age=60 ,, s-maxage=5").s_maxage, Some(5));
        assert_eq!(parse("max-age=1, max-age=2").max_age, Some(1));
        assert_eq!(parse("max-age=99999999999").max_age, Some(DELTA_SECONDS_MAX));
        assert_eq!(parse("x=\"no-store, max-age=60\""), Directives::default());
        assert!(parse("private=\"set-cookie\"").private);
    }

    #[test]
    fn a_lifetime_that_cannot_be_read_is_stale() {
        for bad in ["max-age=", "max-age=-1", "max-age=1.5", "max-age=one", "max-age", "s-maxage=1 0"] {
            assert!(parse(bad).broken_lifetime, "{bad}");
        }
    }

    #[test]
    fn a_targeted_field_counts_whole_or_not_at_all() {
        assert_eq!(cdn("max-age=60, stale-if-error=9").and_then(|d| d.stale_if_error), Some(9));
        assert_eq!(cdn("max-age=60;x=1").and_then(|d| d.max_age), Some(60));
        assert_eq!(cdn("no-store=?0").map(|d| d.no_store), Some(false));
        assert_eq!(cdn("Max-Age=60"), None);
        assert_eq!(cdn("max-age=60, &"), None);
        assert_eq!(cdn(""), None);
    }
}
