//! `Cache-Control` and `CDN-Cache-Control`, parsed.

use common::headers::CDN_CACHE_CONTROL;
use http::{HeaderMap, HeaderName, header};
use sfv::{BareItem, ListEntry};

use super::structured;

/// The longest time a directive can say, in seconds: RFC 9111 §1.2.2 names 2^31 as what
/// larger numbers become.
const DELTA_SECONDS_MAX: u32 = 1 << 31;

/// The response directives that matter to a shared cache. Times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    pub no_store: bool,
    /// Without field names; with them see [`withheld_fields`].
    pub no_cache: bool,
    /// Without field names; with them see [`withheld_fields`].
    pub private: bool,
    pub must_revalidate: bool,
    pub proxy_revalidate: bool,
    pub must_understand: bool,
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

    /// From `CDN-Cache-Control` (RFC 9213): a Structured Field, so one mistake anywhere makes
    /// the whole field count for nothing. `None` too if there is none.
    pub fn cdn_cache_control(headers: &HeaderMap) -> Option<Directives> {
        let mut found = Directives::default();
        for (name, member) in structured::dictionary(headers, &CDN_CACHE_CONTROL)? {
            found.take_structured(name.as_str(), &member);
        }
        Some(found)
    }

    fn take(&mut self, name: &str, argument: Option<&str>) {
        match name {
            "no-store" => self.no_store = true,
            "no-cache" => self.no_cache |= !argument.is_some_and(names_a_field),
            "private" => self.private |= !argument.is_some_and(names_a_field),
            "must-revalidate" => self.must_revalidate = true,
            "proxy-revalidate" => self.proxy_revalidate = true,
            "must-understand" => self.must_understand = true,
            "max-age" => self.broken_lifetime |= !set_once(&mut self.max_age, argument),
            "s-maxage" => self.broken_lifetime |= !set_once(&mut self.s_maxage, argument),
            // A window that cannot be read is no window.
            "stale-while-revalidate" => drop(set_once(&mut self.stale_while_revalidate, argument)),
            "stale-if-error" => drop(set_once(&mut self.stale_if_error, argument)),
            _ => {}
        }
    }

    /// A flag is a Boolean and a time an Integer. Anything else but an explicit "no" sets a
    /// flag: with field names too, which is stricter, and allowed.
    fn take_structured(&mut self, name: &str, member: &ListEntry) {
        let said = structured::item(member);
        let on = said.and_then(BareItem::as_boolean) != Some(false);
        let seconds = said.and_then(BareItem::as_integer).and_then(|number| u64::try_from(i64::from(number)).ok());
        let seconds =
            seconds.map(|seconds| u32::try_from(seconds).map_or(DELTA_SECONDS_MAX, |number| number.min(DELTA_SECONDS_MAX)));
        match name {
            "no-store" => self.no_store = on,
            "no-cache" => self.no_cache = on,
            "private" => self.private = on,
            "must-revalidate" => self.must_revalidate = on,
            "proxy-revalidate" => self.proxy_revalidate = on,
            "must-understand" => self.must_understand = on,
            "max-age" => (self.max_age, self.broken_lifetime) = (seconds, self.broken_lifetime || seconds.is_none()),
            "s-maxage" => (self.s_maxage, self.broken_lifetime) = (seconds, self.broken_lifetime || seconds.is_none()),
            "stale-while-revalidate" => self.stale_while_revalidate = seconds,
            "stale-if-error" => self.stale_if_error = seconds,
            _ => {}
        }
    }
}

/// The fields that `no-cache="..."` and `private="..."` name: they are for the request that
/// caused the answer, and not to be shown from the store (RFC 9111 §5.2.2.4, §5.2.2.7).
pub fn withheld_fields(headers: &HeaderMap) -> Vec<HeaderName> {
    let mut named = Vec::new();
    let lines = headers.get_all(header::CACHE_CONTROL).iter().filter(|line| line.as_bytes().contains(&b'='));
    for (name, argument) in lines.flat_map(|line| members(line.as_bytes())) {
        if let Some(argument) = argument.filter(|_| ["no-cache", "private"].iter().any(|one| one.eq_ignore_ascii_case(name))) {
            named.extend(argument.split(',').filter_map(|field| HeaderName::from_bytes(field.trim().as_bytes()).ok()));
        }
    }
    // A targeted field speaks instead (RFC 9213 §2.2), and names none.
    if !named.is_empty() && Directives::cdn_cache_control(headers).is_some() {
        named.clear();
    }
    named
}

/// Whether the reader wants an answer only if it costs no request (RFC 9111 §5.2.1.7).
pub fn only_if_cached(request: &HeaderMap) -> bool {
    let lines = request.get_all(header::CACHE_CONTROL).iter();
    lines.flat_map(|line| members(line.as_bytes())).any(|(name, _)| name.eq_ignore_ascii_case("only-if-cached"))
}

fn names_a_field(argument: &str) -> bool {
    argument.split(',').any(|name| HeaderName::from_bytes(name.trim().as_bytes()).is_ok())
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
    }

    #[test]
    fn a_lifetime_that_cannot_be_read_is_stale() {
        for bad in ["max-age=", "max-age=-1", "max-age=1.5", "max-age=one", "max-age", "s-maxage=1 0"] {
            assert!(parse(bad).broken_lifetime, "{bad}");
        }
    }

    #[test]
    fn named_fields_are_withheld_and_no_more() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, "max-age=60, No-Cache=\"x-a, x-b\", private=x-c".parse().unwrap());
        assert_eq!(withheld_fields(&headers), ["x-a", "x-b", "x-c"]);
        let directives = Directives::cache_control(&headers);
        assert!(!directives.no_cache && !directives.private);
        assert!(parse("private=\"\"").private && parse("no-cache=\"(\"").no_cache && parse("no-cache=\"a\", no-cache").no_cache);
        headers.insert(CDN_CACHE_CONTROL, "max-age=60".parse().unwrap());
        assert!(withheld_fields(&headers).is_empty());
    }

    #[test]
    fn a_targeted_field_counts_whole_or_not_at_all() {
        assert_eq!(cdn("max-age=60, stale-if-error=9").and_then(|d| d.stale_if_error), Some(9));
        assert_eq!(cdn("max-age=60;x=1").and_then(|d| d.max_age), Some(60));
        assert_eq!(cdn("no-store=?0").map(|d| d.no_store), Some(false));
        assert_eq!(cdn("Max-Age=60"), None);
        assert_eq!(cdn("max-age=60, &"), None);
        assert_eq!(cdn(""), None);
        assert_eq!(cdn("max-age=60, max-age=5").and_then(|d| d.max_age), Some(5));
        assert_eq!(cdn("max-age=99999999999").and_then(|d| d.max_age), Some(DELTA_SECONDS_MAX));
        for wrong in ["max-age=1.5", "max-age=\"60\"", "max-age=-1", "max-age", "max-age=(60)"] {
            assert!(cdn(wrong).unwrap().broken_lifetime, "{wrong}");
        }
        assert_eq!(cdn("private=\"x\"").map(|d| d.private), Some(true));
    }
}
