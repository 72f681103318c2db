//! Where a page begins, as an opaque text.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::domain::locale::names;

/// The longest cursor that is looked at.
pub const CURSOR_BYTES_MAX: usize = 512;

names! {
    /// Which list a cursor belongs to: it cannot be used for another.
    List, "a list", {
        Reviews = "r",
        Cameras = "c",
        Editors = "e",
        Editorial = "d",
        Search = "s",
        Audit = "a",
    }
}

names! {
    /// Which way the page lies from the cursor's key.
    Direction, "a direction", { On = "n", Back = "p" }
}

/// A key in a list's order, and which side of it the page lies on. Its text is the same for
/// the same page, so that caches share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    list: List,
    direction: Direction,
    key: Vec<String>,
}

/// Text that is not a cursor of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this list: use one from its next or prev link")]
pub struct InvalidCursor;

/// Changes whenever the meaning of keys does; older cursors are then refused.
const FORMAT: &str = "1";
/// Between the parts; no part can contain it.
const SEPARATOR: char = '\u{1f}';
/// Enough to notice a cursor that was cut or edited. It keeps no secret: a made-up cursor
/// only shows what its maker may see anyway.
const CHECK_BYTES: usize = 4;

impl Cursor {
    pub fn new(list: List, direction: Direction, key: Vec<String>) -> Cursor {
        Cursor { list, direction, key }
    }

    pub fn direction(&self) -> Direction {
        self.direction
    }

    pub fn list(&self) -> List {
        self.list
    }

    /// The key of `list`, if it has `N` parts.
    ///
    /// # Errors
    /// When this is a cursor of another list.
    pub fn key<const N: usize>(&self, list: List) -> Result<&[String; N], InvalidCursor> {
        if self.list != list {
            return Err(InvalidCursor);
        }
        self.key.as_slice().try_into().map_err(|_| InvalidCursor)
    }

    fn payload(&self) -> String {
        let mut text = [FORMAT, self.list.as_str(), self.direction.as_str()].join("\u{1f}");
        for part in &self.key {
            text.push(SEPARATOR);
            text.push_str(part);
        }
        text
    }
}

fn check(payload: &[u8]) -> [u8; CHECK_BYTES] {
    use sha2::Digest as _;
    let digest: [u8; 32] = sha2::Sha256::digest(payload).into();
    [digest[0], digest[1], digest[2], digest[3]]
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.payload().into_bytes();
        bytes.extend_from_slice(&check(&bytes));
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Cursor, InvalidCursor> {
        if text.len() > CURSOR_BYTES_MAX {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (payload, sum) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(InvalidCursor)?;
        if *sum != check(payload) {
            return Err(InvalidCursor);
        }
        let payload = std::str::from_utf8(payload).map_err(|_| InvalidCursor)?;
        // The check is no secret, so anything may be in a made-up key. No key of ours has
        // control characters, and PostgreSQL takes no NUL.
        if payload.chars().any(|char| char.is_control() && char != SEPARATOR) {
            return Err(InvalidCursor);
        }
        let mut parts = payload.split(SEPARATOR);
        if parts.next() != Some(FORMAT) {
            return Err(InvalidCursor);
        }
        let list = parts.next().and_then(|part| part.parse().ok()).ok_or(InvalidCursor)?;
        let direction = parts.next().and_then(|part| part.parse().ok()).ok_or(InvalidCursor)?;
        Ok(Cursor { list, direction, key: parts.map(str::to_owned).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor::new(List::Reviews, Direction::On, vec!["1795366800123".to_owned(), "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned()])
    }

    #[test]
    fn reads_back_what_it_writes() {
        assert_eq!(cursor().to_string().parse(), Ok(cursor()));
        assert_eq!(cursor().to_string(), cursor().to_string());
    }

    #[test]
    fn notices_every_single_edit() {
        let text = cursor().to_string();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(String::from_utf8(bytes).unwrap().parse::<Cursor>(), Err(InvalidCursor), "edited at {at}");
            assert_eq!(text[..at].parse::<Cursor>(), Err(InvalidCursor), "cut at {at}");
        }
    }

    #[test]
    fn a_made_up_key_has_no_control_characters() {
        for key in ["\0", "a\0b", "a\nb", "\u{7f}", "\u{9f}"] {
            let made_up = Cursor::new(List::Cameras, Direction::On, vec![key.to_owned()]).to_string();
            assert_eq!(made_up.parse::<Cursor>(), Err(InvalidCursor), "{key:?}");
        }
    }

    #[test]
    fn belongs_to_one_list() {
        assert!(cursor().key::<2>(List::Reviews).is_ok());
        assert_eq!(cursor().key::<2>(List::Cameras), Err(InvalidCursor));
        assert_eq!(cursor().key::<1>(List::Reviews), Err(InvalidCursor));
    }
}
