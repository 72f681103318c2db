//! Tags from the headers of a response: `Surrogate-Key`, `Cache-Tag`, and the `Cache-Groups`
//! of RFC 9875.

use common::{
    Tag,
    headers::{CACHE_GROUP_INVALIDATION, CACHE_GROUPS, CACHE_TAG, SURROGATE_KEY},
    tag::InvalidTag,
};
use http::{HeaderMap, HeaderName};

use super::by_hand::digest;
use crate::entry::TAGS_MAX;

/// A response with more tags than [`TAGS_MAX`], or one that is no [`Tag`]: what cannot be
/// purged is not stored (R8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalTags;

/// All tags of a response from `authority`, each once, in their order.
///
/// # Errors
/// When it must not be stored. A `Cache-Groups` that is not a list of strings is no mistake:
/// RFC 9651 §4.2 has it ignored.
pub fn tags(headers: &HeaderMap, authority: &str) -> Result<Vec<Tag>, IllegalTags> {
    let mut found = Vec::new();
    let mut add = |tag: Tag| {
        if !found.contains(&tag) {
            found.push(tag);
        }
        if found.len() > TAGS_MAX { Err(IllegalTags) } else { Ok(()) }
    };
    let mut each = |name: &HeaderName, separates: fn(char) -> bool| {
        for value in headers.get_all(name) {
            let text = value.to_str().map_err(|_| IllegalTags)?;
            for word in text.split(separates).map(str::trim).filter(|word| !word.is_empty()) {
                add(Tag::parse(word).map_err(|_| IllegalTags)?)?;
            }
        }
        Ok(())
    };
    each(&SURROGATE_KEY, |c| c.is_ascii_whitespace())?;
    each(&CACHE_TAG, |c| c == ',')?;
    for name in strings(headers, &CACHE_GROUPS).unwrap_or_default() {
        add(group(authority, &name))?;
    }
    Ok(found)
}

/// The groups that a response to an unsafe request invalidates (RFC 9875 §3).
pub fn invalidated_groups(headers: &HeaderMap, authority: &str) -> Vec<Tag> {
    let names = strings(headers, &CACHE_GROUP_INVALIDATION).unwrap_or_default();
    names.iter().map(|name| group(authority, name)).collect()
}

/// The tag of a group: groups of one name belong together only within one authority. Any
/// string names a group, so what a tag may not hold is written as `_` and two digits, and what
/// would be too long is named by its digest.
pub fn group(authority: &str, name: &str) -> Tag {
    let text = format!("group:{}:{}", escaped(authority), escaped(name));
    // Escaped, nothing but its length can make it illegal.
    Tag::parse(&text).unwrap_or_else(|InvalidTag| {
        Tag::digest("group-digest", digest(&[authority.as_bytes(), b"\0", name.as_bytes()].concat()))
    })
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("_{byte:02x}"));
        }
    }
    out
}

/// The members of a Structured Field that is a list of strings (RFC 9651 §3.1), parameters
/// left out; `None` if it is anything else.
fn strings(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str()).collect::<Result<_, _>>().ok()?;
    let text = lines.join(",");
    let mut rest = Reader(text.trim_matches(' ').as_bytes());
    let mut members = Vec::new();
    while !rest.0.is_empty() {
        members.push(rest.string()?);
        rest.parameters()?;
        rest.skip(b" \t");
        if rest.0.is_empty() {
            break;
        }
        rest.take(b',')?;
        rest.skip(b" \t");
        // A comma behind the last member is a mistake.
        if rest.0.is_empty() {
            return None;
        }
    }
    Some(members)
}

/// What is left to read of a field.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, expected: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[expected])?;
        Some(())
    }

    fn skip(&mut self, bytes: &[u8]) {
        while let Some((_, rest)) = self.0.split_first().filter(|(first, _)| bytes.contains(first)) {
            self.0 = rest;
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = String::new();
        loop {
            text.push(match self.next()? {
                b'"' => return Some(text),
                b'\\' => char::from(self.next().filter(|byte| matches!(byte, b'"' | b'\\'))?),
                byte @ 0x20..=0x7e => char::from(byte),
                _ => return None,
            });
        }
    }

    /// None is defined for these fields: read, and ignored.
    fn parameters(&mut self) -> Option<()> {
        while self.take(b';').is_some() {
            self.skip(b" ");
            let first = self.next()?;
            if !(first.is_ascii_lowercase() || first == b'*') {
                return None;
            }
            self.run(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(&byte));
            if self.take(b'=').is_none() {
                continue;
            }
            // A display string is a string behind a percent sign.
            if matches!(self.0, [b'"', ..] | [b'%', b'"', ..]) {
                self.skip(b"%");
                self.string()?;
            } else if self.run(|byte| byte.is_ascii_graphic() && !b",;\"".contains(&byte)) == 0 {
                return None;
            }
        }
        Some(())
    }

    fn run(&mut self, of: impl Fn(u8) -> bool) -> usize {
        let length = self.0.iter().take_while(|byte| of(**byte)).count();
        self.0 = &self.0[length..];
        length
    }
}

#[cfg(test)]
mod tests {
    use common::tag::TAG_BYTES_MAX;

    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn named(fields: &[(&'static str, &str)]) -> Result<Vec<String>, IllegalTags> {
        Ok(tags(&headers(fields), "h")?.iter().map(ToString::to_string).collect())
    }

    fn groups(value: &str) -> Option<Vec<String>> {
        strings(&headers(&[("cache-groups", value)]), &CACHE_GROUPS)
    }

    #[test]
    fn each_header_has_its_own_form() {
        let all = [("surrogate-key", "a  b"), ("cache-tag", "c, d,,b"), ("cache-groups", "\"e f\", \"g\"")];
        assert_eq!(named(&all).unwrap(), ["a", "b", "c", "d", "group:h:e_20f", "group:h:g"]);
        assert_eq!(named(&[]).unwrap(), [""; 0]);
    }

    #[test]
    fn what_could_not_be_purged_is_not_stored() {
        assert_eq!(named(&[("cache-tag", "a b")]), Err(IllegalTags));
        assert_eq!(named(&[("surrogate-key", "a/b")]), Err(IllegalTags));
        let many = (0..=TAGS_MAX).map(|n| format!("t{n}")).collect::<Vec<_>>().join(",");
        assert_eq!(named(&[("cache-tag", &many)]), Err(IllegalTags));
        // The limit is on all of them together.
        let most = (1..=TAGS_MAX).map(|n| format!("t{n}")).collect::<Vec<_>>().join(",");
        assert!(named(&[("cache-tag", &most)]).is_ok());
        assert_eq!(named(&[("cache-tag", &most), ("cache-groups", "\"x\"")]), Err(IllegalTags));
    }

    #[test]
    fn groups_are_a_list_of_strings_or_nothing() {
        let read = |value| groups(value).map(|names| names.join("|"));
        assert_eq!(read(r#""a", "b c" ,"d""#).as_deref(), Some("a|b c|d"));
        assert_eq!(read(r#""a\"b\\""#).as_deref(), Some(r#"a"b\"#));
        assert_eq!(read(r#""a";x=1;y;z="q,;", "b";t=?1;s=%"x y";b=:aGk=:"#).as_deref(), Some("a|b"));
        for bad in ["a", "\"a", "\"a\",", "\"a\" \"b\"", "\"a\", b", "(\"a\")", r#""\x""#, "\"a\";X=1", "\"a\";x=", "1", "?1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let two_lines = {
            let mut map = headers(&[("cache-groups", "\"a\"")]);
            map.append(CACHE_GROUPS, "\"b\"".parse().unwrap());
            map
        };
        assert_eq!(strings(&two_lines, &CACHE_GROUPS).unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_group_belongs_to_its_authority() {
        assert_ne!(group("a", "x"), group("b", "x"));
        // However the two are cut.
        assert_ne!(group("a:1", "x"), group("a", "1:x"));
        assert_ne!(group("a", "_20"), group("a", " "));
        // RFC 9875 §2: 32 characters at least, whatever they are.
        let long = "\"".repeat(200);
        let tag = group("example.com:8080", &long);
        assert!(tag.as_str().len() <= TAG_BYTES_MAX);
        assert_eq!(tag, group("example.com:8080", &long));
        assert_ne!(tag, group("example.com:8081", &long));
    }
}
