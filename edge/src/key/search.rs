//! What the resources have said of their queries, so that parameters that do not matter make
//! no keys.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http::HeaderMap;

use super::Key;
use crate::policy::no_vary_search::Rule;

/// Paths whose rule is remembered; what is used least makes room. A path that is forgotten is
/// keyed by its whole query until it answers again.
pub const RULES_MAX: u64 = 65_536;

/// The rules of one epoch, by `authority/path`. A path has the rule of the response that was
/// stored last.
#[derive(Debug)]
pub struct SearchRules {
    rules: moka::sync::Cache<Key, Known>,
    /// Whether there ever was one: most upstreams never send the field.
    any: AtomicBool,
}

/// A path's last rule.
#[derive(Clone, Debug)]
struct Known {
    rule: Arc<Rule>,
    /// Whether the response that was stored last said it. If not, it makes no keys any more,
    /// but what it made still has to be found when a URL is purged.
    holds: bool,
}

impl Default for SearchRules {
    fn default() -> SearchRules {
        SearchRules { rules: moka::sync::Cache::new(RULES_MAX), any: AtomicBool::new(false) }
    }
}

/// What a response that is to be stored means for the keys of its path.
pub struct Learned {
    /// Where it belongs.
    pub key: Key,
    /// The key of the path alone, where now only what this rule was said of may lie.
    pub vacate: Option<Key>,
}

impl SearchRules {
    /// The key to look up for a normalised key. Without a query, or without a rule for the
    /// path, it is the same one.
    pub fn key_for<'a>(&self, key: &'a str) -> Cow<'a, str> {
        let Some(end) = key.find('?').filter(|_| self.any.load(Ordering::Acquire)) else { return Cow::Borrowed(key) };
        match self.rules.get(&key[..end]) {
            Some(known) if known.holds => Cow::Owned(known.rule.key_of(key)),
            Some(_) | None => Cow::Borrowed(key),
        }
    }

    /// Every key under which an answer to a request of `exact` may lie.
    pub fn keys_of(&self, exact: &Key) -> Vec<Key> {
        let known = Some(exact).filter(|_| self.any.load(Ordering::Acquire)).and_then(|exact| self.rules.get(path_of(exact)));
        let shared = known.map(|known| Key::from(known.rule.key_of(exact))).filter(|shared| shared != exact);
        std::iter::once(Arc::clone(exact)).chain(shared).collect()
    }

    /// Takes the rule of a response to `exact` that says one; to be called before it is put
    /// into memory. `None` if it says none.
    pub fn learn(&self, exact: &Key, response: &HeaderMap) -> Option<Learned> {
        let rule = Rule::of(response)?;
        let key = rule.key_of(exact).into();
        let path: Key = path_of(exact).into();
        let known = self.rules.get(&path).is_some_and(|known| known.holds && *known.rule == rule);
        if !known {
            self.rules.insert(Arc::clone(&path), Known { rule: Arc::new(rule), holds: true });
            self.any.store(true, Ordering::Release);
        }
        Some(Learned { key, vacate: (!known).then_some(path) })
    }

    /// Forgets the rule of a path whose response says none any more; to be called after that
    /// response was put into memory. In this order no request with a query that mattered to
    /// it can find it.
    pub fn forget(&self, exact: &str) {
        if self.any.load(Ordering::Acquire) {
            let path = path_of(exact);
            if let Some(known) = self.rules.get(path).filter(|known| known.holds) {
                self.rules.insert(path.into(), Known { holds: false, ..known });
            }
        }
    }
}

fn path_of(key: &str) -> &str {
    key.split_once('?').map_or(key, |(path, _)| path)
}

#[cfg(test)]
mod tests {
    use common::headers::NO_VARY_SEARCH;
    use http::HeaderValue;

    use super::*;

    fn saying(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(NO_VARY_SEARCH, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_rule_is_of_one_path_and_the_last_counts() {
        let rules = SearchRules::default();
        let exact: Key = "h/p?id=1&utm=2".into();
        assert!(matches!(rules.key_for(&exact), Cow::Borrowed(_)));
        let learned = rules.learn(&exact, &saying("params=(\"utm\")")).unwrap();
        assert_eq!(learned.vacate.as_deref(), Some("h/p"));
        assert_eq!(rules.key_for("h/p?utm=7&id=1"), &*learned.key);
        assert_eq!(rules.key_for("h/p?utm=7"), "h/p");
        assert!(matches!(rules.key_for("h/q?utm=7"), Cow::Borrowed(_)));
        assert!(matches!(rules.key_for("h/p"), Cow::Borrowed(_)));

        assert!(rules.learn(&exact, &saying("params=(\"utm\")")).unwrap().vacate.is_none());
        assert!(rules.learn(&exact, &saying("params")).unwrap().vacate.is_some());
        assert_eq!(rules.key_for(&exact), "h/p");
        assert!(rules.learn(&exact, &HeaderMap::new()).is_none());
        rules.forget(&exact);
        assert_eq!(rules.key_for(&exact), &*exact);
    }

    #[test]
    fn rules_are_bounded() {
        let rules = SearchRules::default();
        for n in 0..RULES_MAX + 1000 {
            rules.learn(&format!("h/{n}").into(), &saying("params"));
        }
        rules.rules.run_pending_tasks();
        assert!(rules.rules.entry_count() <= RULES_MAX);
    }
}
