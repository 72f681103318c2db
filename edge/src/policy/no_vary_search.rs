//! `No-Vary-Search` (draft-ietf-httpbis-no-vary-search-10): which parts of a query do not
//! matter to a response.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use common::headers::NO_VARY_SEARCH;
use http::HeaderMap;
use sfv::{BareItem, ListEntry};

use super::structured;

/// How a response says that its query is to be read. Never the default, by which every
/// difference matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    params: Params,
    order_matters: bool,
}

/// Which parameters matter, by their decoded names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Params {
    AllBut(Box<[String]>),
    Only(Box<[String]>),
}

impl Params {
    fn matters(&self, name: &str) -> bool {
        match self {
            Params::AllBut(names) => !names.iter().any(|one| one == name),
            Params::Only(names) => names.iter().any(|one| one == name),
        }
    }
}

impl Rule {
    /// The rule of a response. `None` for the default, and for a field with any mistake.
    pub fn of(response: &HeaderMap) -> Option<Rule> {
        let field = structured::dictionary(response, &NO_VARY_SEARCH)?;
        let flag = |member: &ListEntry| structured::item(member).and_then(BareItem::as_boolean);
        let names = |member: &ListEntry| -> Option<Box<[String]>> {
            structured::strings(member).map(|names| names.into_iter().map(|name| decoded(name).into_owned()).collect())
        };
        let order_matters = match field.get("key-order") {
            Some(member) => !flag(member)?,
            None => true,
        };
        let params = match (field.get("params"), field.get("except")) {
            (Some(params), Some(except)) if flag(params) == Some(true) => Params::Only(names(except)?),
            (_, Some(_)) => return None,
            (None, None) => Params::AllBut(Box::default()),
            (Some(params), None) => match flag(params) {
                Some(true) => Params::Only(Box::default()),
                Some(false) => Params::AllBut(Box::default()),
                None => Params::AllBut(names(params)?),
            },
        };
        let is_default = order_matters && params == Params::AllBut(Box::default());
        (!is_default).then_some(Rule { params, order_matters })
    }

    /// The key under which what this rule says is the same as `key` is kept: the path alone
    /// if no parameter matters, else with those that do in one spelling. The rule is part of
    /// it, so that it is never the key of what another rule, or none, was said of.
    pub fn key_of(&self, key: &str) -> String {
        let (path, query) = key.split_once('?').unwrap_or((key, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (decoded(name), value));
        let mut pairs: Vec<_> = pairs.filter(|(name, _)| self.params.matters(name)).collect();
        let mut text = String::with_capacity(key.len() + 24);
        text.push_str(path);
        if pairs.is_empty() {
            return text;
        }
        if !self.order_matters {
            // Stable: several values of one name keep their order, which matters.
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
        }
        for (at, (name, value)) in pairs.iter().enumerate() {
            text.push(if at == 0 { '?' } else { '&' });
            encode(name, &mut text);
            text.push('=');
            encode(&decoded(value), &mut text);
        }
        // No target has a fragment: this is no resource's own key.
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        text.push_str(&format!("#{:016x}", hasher.finish()));
        text
    }
}

/// Whether a response with these headers, kept under `key`, is for a request of `exact` too.
pub fn covers(response: &HeaderMap, exact: &str, key: &str) -> bool {
    exact == key || Rule::of(response).is_some_and(|rule| rule.key_of(exact) == key)
}

/// A name or value of `application/x-www-form-urlencoded`.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['+', '%']) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        let (byte, length) = match (bytes[at], digit(1), digit(2)) {
            (b'+', _, _) => (b' ', 1),
            (b'%', Some(high), Some(low)) => (u8::try_from(high * 16 + low).unwrap_or(b'%'), 3),
            (byte, _, _) => (byte, 1),
        };
        plain.push(byte);
        at += length;
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

/// The one spelling of a decoded text: everything but unreserved characters as `%XX`.
fn encode(plain: &str, out: &mut String) {
    for byte in plain.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(value: &str) -> Option<Rule> {
        let mut headers = HeaderMap::new();
        headers.insert(NO_VARY_SEARCH, value.parse().unwrap());
        Rule::of(&headers)
    }

    fn same(value: &str, one: &str, other: &str) -> bool {
        let rule = rule(value).unwrap();
        rule.key_of(&format!("h/p{one}")) == rule.key_of(&format!("h/p{other}"))
    }

    #[test]
    fn a_mistake_or_nothing_said_is_the_default() {
        for value in [
            "unknown-key",
            "key-order=\"x\"",
            "params=\"x\"",
            "params=(x)",
            "params=(\"a\"), except=(\"x\")",
            "params=(), except=()",
            "params=?0, except=(\"x\")",
            "params, except=(x)",
            "params, except=\"x\"",
            "params, except=?1",
            "except=(\"x\")",
            "params=?0",
            "params=()",
            "key-order=?0",
            "params, &",
        ] {
            assert_eq!(rule(value), None, "{value}");
        }
        assert_eq!(rule("params=?1, key-order=?1, new"), rule("key-order, params"));
        assert_ne!(rule("params, except=(\"x\")"), None);
    }

    #[test]
    fn what_does_not_matter_does_not_change_the_key() {
        assert!(same("params", "", "?a=1&b=2"));
        assert!(same("params, except=(\"id\")", "?id=1", "?utm=9&id=1&x"));
        assert!(!same("params, except=(\"id\")", "?id=1", "?id=2"));
        assert!(same("params=(\"utm\")", "?id=1&utm=5", "?id=1"));
        assert!(!same("params=(\"utm\")", "?id=1&x=5", "?id=1"));
        assert!(same("key-order", "?b=2&a=1", "?a=1&b=2"));
        assert!(!same("params=(\"utm\")", "?b=2&a=1", "?a=1&b=2"));
        assert!(!same("key-order", "?a=1&a=2", "?a=2&a=1"));
        assert!(same("key-order", "?a=1&b=9&a=2", "?a=1&a=2&b=9"));
    }

    #[test]
    fn queries_are_compared_as_forms() {
        assert!(same("key-order", "", "?"));
        assert!(same("key-order", "?a=x", "?%61=%78"));
        assert!(same("key-order", "?a=x&&&", "?a=x"));
        assert!(same("key-order", "?a=", "?a"));
        assert!(same("key-order", "?a=%20", "?a=+"));
        assert!(same("key-order", "?a=%f6", "?a=%ef%bf%bd"));
        assert!(!same("key-order", "?a=1%26b=2", "?a=1&b=2"));
        assert!(!same("key-order", "?a=%2B", "?a=+"));
        assert!(same("params=(\"%C3%A9+%E6%B0%97\")", "?%C3%A9%20%E6%B0%97=1", "?"));
    }

    #[test]
    fn the_key_of_one_rule_is_no_other_rules_key() {
        let one = rule("key-order").unwrap().key_of("h/p?a=1");
        assert_ne!(one, rule("params=(\"x\")").unwrap().key_of("h/p?a=1"));
        assert!(one.starts_with("h/p?a=1#"));
        assert_eq!(rule("params").unwrap().key_of("h/p?a=1"), "h/p");
    }
}
