//! Lists, page by page.

use crate::domain::{Cursor, cursor::Direction};

/// The most items of one page. Each item adds tags to the answer, and an edge stores no
/// answer with too many.
pub const LIMIT_MAX: u16 = 50;
/// The items of a page when the request does not say.
pub const LIMIT_DEFAULT: u16 = 20;

/// How many items a page may have: 1 to [`LIMIT_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    pub const fn new(items: u16) -> Option<Limit> {
        if items >= 1 && items <= LIMIT_MAX { Some(Limit(items)) } else { None }
    }

    pub const fn get(self) -> u16 {
        self.0
    }

    /// What to ask the database for: one more, which tells whether there is a further page.
    pub fn probe(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Limit {
        Limit(LIMIT_DEFAULT)
    }
}

/// Which page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    pub limit: Limit,
    /// `None`: the first.
    pub cursor: Option<Cursor>,
}

/// A page, in the list's order whichever way it was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
    pub prev: Option<Cursor>,
}

impl<T> Page<T> {
    /// Builds a page from up to `limit + 1` rows, which are in reverse when the request goes
    /// backwards. `cursor` makes the cursor that begins after (or before) an item.
    pub fn from_probe(mut rows: Vec<T>, request: &PageRequest, cursor: impl Fn(&T, Direction) -> Cursor) -> Page<T> {
        let limit = usize::from(request.limit.get());
        let more = rows.len() > limit;
        rows.truncate(limit);
        let backwards = request.cursor.as_ref().is_some_and(|cursor| cursor.direction() == Direction::Back);
        if backwards {
            rows.reverse();
        }
        // Coming from somewhere, there is at least what we came from.
        let (before, after) = if backwards { (more, true) } else { (request.cursor.is_some(), more) };
        let next = rows.last().filter(|_| after).map(|item| cursor(item, Direction::On));
        let prev = rows.first().filter(|_| before).map(|item| cursor(item, Direction::Back));
        Page { items: rows, next, prev }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cursor::List;

    fn cursor(item: &u32, direction: Direction) -> Cursor {
        Cursor::new(List::Cameras, direction, vec![item.to_string()])
    }

    fn request(cursor: Option<Cursor>) -> PageRequest {
        PageRequest { limit: Limit::new(2).unwrap(), cursor }
    }

    #[test]
    fn the_first_page_has_no_previous_and_the_last_no_next() {
        let first = Page::from_probe(vec![1, 2, 3], &request(None), cursor);
        assert_eq!((first.items, first.prev.is_some()), (vec![1, 2], false));
        let last = Page::from_probe(vec![3], &request(first.next), cursor);
        assert_eq!((last.items, last.next.is_some(), last.prev), (vec![3], false, Some(cursor(&3, Direction::Back))));
    }

    #[test]
    fn going_back_keeps_the_order() {
        let back = Page::from_probe(vec![2, 1], &request(Some(cursor(&3, Direction::Back))), cursor);
        assert_eq!((back.items, back.prev.is_some(), back.next), (vec![1, 2], false, Some(cursor(&2, Direction::On))));
    }

    #[test]
    fn limits_are_bounded() {
        assert_eq!(Limit::new(0), None);
        assert_eq!(Limit::new(LIMIT_MAX + 1), None);
    }
}
