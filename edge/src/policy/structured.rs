//! Structured Fields (RFC 9651), as far as caching reads them.

use http::{HeaderMap, HeaderName};
use sfv::{BareItem, Dictionary, ListEntry, Parser};

/// All lines of `name` as one dictionary, of which the last of several equal keys counts.
/// `None` if there is none, if it is empty, or if there is a mistake anywhere in it: then the
/// whole field counts for nothing.
pub fn dictionary(headers: &HeaderMap, name: &HeaderName) -> Option<Dictionary> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next()?;
    let parsed = if lines.next().is_none() {
        Parser::new(first.as_bytes()).parse::<Dictionary>()
    } else {
        let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
        Parser::new(&lines.join(&b", "[..])).parse::<Dictionary>()
    };
    parsed.ok().filter(|found| !found.is_empty())
}

/// The value of a member that is one item; parameters are passed over.
pub fn item(member: &ListEntry) -> Option<&BareItem> {
    match member {
        ListEntry::Item(item) => Some(&item.bare_item),
        ListEntry::InnerList(_) => None,
    }
}

/// The strings of a member that is a list of nothing else.
pub fn strings(member: &ListEntry) -> Option<Vec<&str>> {
    match member {
        ListEntry::Item(_) => None,
        ListEntry::InnerList(list) => {
            list.items.iter().map(|item| item.bare_item.as_string().map(|text| text.as_str())).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(lines: &[&str]) -> Option<Dictionary> {
        let name = HeaderName::from_static("test");
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), HeaderValue::from_str(line).unwrap());
        }
        dictionary(&headers, &name)
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let one = |lines: &[&str]| item(&read(lines).unwrap()["a"]).and_then(BareItem::as_integer).map(i64::from);
        assert_eq!(one(&["a=1, a=2"]), Some(2));
        assert_eq!(one(&["a=1", "b, a=3;x=1"]), Some(3));
    }

    #[test]
    fn a_mistake_anywhere_voids_the_field() {
        for bad in ["a=1, &", "A=1", "a=1,", "a=1 b", "a=\"x", "a=01234567890123456", "a=1.", "a=(1", "a=:x", ""] {
            assert!(read(&[bad]).is_none(), "{bad}");
        }
        for good in ["a=1.5", "a=?0", "a=:aGk=:", "a=tok/en:*", "a=(\"x\" 1);y", "a;b=2", "  a=1  ", "a=1 ,\tb"] {
            assert!(read(&[good]).is_some(), "{good}");
        }
    }

    #[test]
    fn strings_are_a_list_of_nothing_else() {
        assert_eq!(strings(&read(&["a=(\"x\" \"y z\")"]).unwrap()["a"]), Some(vec!["x", "y z"]));
        assert_eq!(strings(&read(&["a=(\"x\" y)"]).unwrap()["a"]), None);
        assert_eq!(strings(&read(&["a=\"x\""]).unwrap()["a"]), None);
    }
}
