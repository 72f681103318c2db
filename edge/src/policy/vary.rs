//! `Vary` (RFC 9111 §4.1): which requests a stored response answers.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// A request field that selects a response, with the normalised value it was made for.
pub type Selecting = (HeaderName, Option<HeaderValue>);

/// Whether nothing but the origin can tell: `Vary: *`, alone or among others.
pub fn varies_by_everything(response: &HeaderMap) -> bool {
    names(response).any(|name| name == b"*")
}

/// The request's values that the response's `Vary` names.
pub fn selecting_values(response: &HeaderMap, request: &HeaderMap) -> Box<[Selecting]> {
    let mut found: Vec<HeaderName> = Vec::new();
    for name in names(response).filter_map(|name| HeaderName::from_bytes(name).ok()) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found.into_iter().map(|name| (name.clone(), normalised(request, &name))).collect()
}

/// Whether a request has the values that `selecting` names. Where the request is spelt in the
/// normal form, as most are, nothing is allocated.
pub fn selects(selecting: &[Selecting], request: &HeaderMap) -> bool {
    selecting.iter().all(|(name, wanted)| {
        let mut lines = request.get_all(name).iter();
        match (lines.next(), wanted) {
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => false,
            (Some(line), Some(wanted)) if lines.next().is_none() && line == wanted => true,
            (Some(_), Some(wanted)) => normalised(request, name).as_ref() == Some(wanted),
        }
    })
}

fn names(response: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let lines = response.get_all(header::VARY).iter();
    lines.flat_map(|value| value.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii)
}

/// All lines of a field as one value. White space around the members says nothing; in the
/// `Accept` fields, neither do their order, their case and a weight of 1.
fn normalised(request: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let lines = request.get_all(name);
    lines.iter().next()?;
    let members = lines.iter().flat_map(|line| line.as_bytes().split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    let text = if [header::ACCEPT, header::ACCEPT_ENCODING, header::ACCEPT_LANGUAGE].contains(name) {
        let mut members: Vec<_> = members.filter(|member| !member.is_empty()).map(preference).collect();
        members.sort_unstable();
        members.dedup();
        members.join(&b", "[..])
    } else {
        members.collect::<Vec<_>>().join(&b", "[..])
    };
    HeaderValue::from_bytes(&text).ok()
}

/// One member of an `Accept` field, in lower case. The values of media types' parameters may
/// differ by case alone, so what is quoted stays as it is.
fn preference(member: &[u8]) -> Vec<u8> {
    let parts = member.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let parts = parts.map(|part| if part.contains(&b'"') { part.to_vec() } else { part.to_ascii_lowercase() });
    let full = |part: &[u8]| part.strip_prefix(b"q=1").is_some_and(|rest| matches!(rest, b"" | b"." | b".0" | b".00" | b".000"));
    parts.filter(|part| !full(part)).collect::<Vec<_>>().join(&b';')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> HeaderMap {
        let field = |(name, value): &(&str, &str)| (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in fields.iter().map(field) {
            map.append(name, value);
        }
        map
    }

    fn same(field: &str, first: &str, second: &str) -> bool {
        let selecting = selecting_values(&headers(&[("vary", field)]), &headers(&[(field, first)]));
        selects(&selecting, &headers(&[(field, second)]))
    }

    #[test]
    fn spellings_of_one_wish_select_one_response() {
        assert!(same("accept-encoding", "gzip, br", "br,gzip"));
        assert!(same("accept-encoding", "gzip, br;q=1.0", "BR , gzip"));
        assert!(same("accept-language", "en, de", "dE,EN"));
        assert!(same("x-any", "1, 2", "1,2"));
    }

    #[test]
    fn different_wishes_do_not() {
        assert!(!same("accept-encoding", "gzip, br", "gzip"));
        assert!(!same("accept-language", "en, de;q=0.5", "de, en;q=0.5"));
        assert!(!same("accept", "text/html;v=\"A\"", "text/html;v=\"a\""));
        assert!(!same("x-any", "1, 2", "2, 1"));
        assert!(!same("x-any", "a", "A"));
        let selecting = selecting_values(&headers(&[("vary", "x-any")]), &HeaderMap::new());
        assert!(selects(&selecting, &HeaderMap::new()) && !selects(&selecting, &headers(&[("x-any", "")])));
    }

    #[test]
    fn lines_and_lists_are_one() {
        let selecting = selecting_values(&headers(&[("vary", "X-A,, x-a")]), &headers(&[("x-a", "1"), ("x-a", "2")]));
        assert_eq!(selecting.len(), 1);
        assert!(selects(&selecting, &headers(&[("x-a", " 1,2 ")])));
    }

    #[test]
    fn a_star_anywhere_is_everything() {
        for value in ["*", "*, *", ", *", "accept, *"] {
            assert!(varies_by_everything(&headers(&[("vary", value)])), "{value}");
        }
        assert!(!varies_by_everything(&headers(&[("vary", "accept, x-*")])));
    }
}
