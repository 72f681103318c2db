//! Paths, checked before anything else looks at them.

use common::Problem;

use super::{kinds, limits::PATH_BYTES_MAX, query::percent_decode};

/// The variable parts of a matched path, decoded.
#[derive(Clone, Debug, Default)]
pub struct Path(Vec<(String, String)>);

impl Path {
    pub fn new(parts: impl IntoIterator<Item = (String, String)>) -> Path {
        Path(parts.into_iter().collect())
    }

    /// The part called `name`; the route table guarantees that it exists.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The part called `name`, as a domain type. What has no legal spelling cannot exist.
    ///
    /// # Errors
    /// 404.
    pub fn parse<T, E>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, Problem> {
        parse(self.get(name)).map_err(|_| Problem::new(kinds::NOT_FOUND))
    }
}

/// Refuses what no client of good will sends: climbing, control characters, broken escapes.
///
/// # Errors
/// 400, or 414 when it is too long.
pub fn check(raw: &str) -> Result<(), Problem> {
    if raw.len() > PATH_BYTES_MAX {
        return Err(Problem::new(kinds::URI_TOO_LONG).extension("limit_bytes", PATH_BYTES_MAX));
    }
    let bad = |why: &str| Err(Problem::new(kinds::BAD_PATH).detail(why));
    let Some(decoded) = percent_decode(raw.as_bytes()) else {
        return bad("Its percent-encoding does not give UTF-8 text.");
    };
    if decoded.contains(|c: char| c.is_control() || c == '\\') {
        return bad("It contains a control character or a backslash.");
    }
    if decoded.split('/').any(|segment| segment == "." || segment == "..") {
        return bad("It contains a dot segment.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_climbing_controls_and_broken_escapes() {
        for bad in
            ["/v1/../x", "/v1/%2e%2E/x", "/v1/..", "/v1/./x", "/a%00b", "/a%0ab", "/%ff", "/%4", "/%zz", "/..%2f..", "/a%5Cb"]
        {
            assert_eq!(check(bad).unwrap_err().kind, kinds::BAD_PATH, "{bad}");
        }
        assert_eq!(check(&"/a".repeat(PATH_BYTES_MAX)).unwrap_err().kind, kinds::URI_TOO_LONG);
        for good in ["/", "/v1/reviews/c%C3%A3o", "/v1/reviews/a..b"] {
            assert!(check(good).is_ok(), "{good}");
        }
    }
}
