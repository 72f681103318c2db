//! The pages that upstream and load generator agree on: path, ETag and body of a key.

/// What the path begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `/o/…`: one representation.
    Plain,
    /// `/z/…`: varies by `Accept-Encoding`, and is sent compressed to who takes it.
    Compressible,
    /// `/e/…`: carries one tag more that all of its kind share.
    Tagged,
}

impl Kind {
    pub const fn letter(self) -> char {
        match self {
            Kind::Plain => 'o',
            Kind::Compressible => 'z',
            Kind::Tagged => 'e',
        }
    }

    fn of(letter: &str) -> Option<Kind> {
        [Kind::Plain, Kind::Compressible, Kind::Tagged]
            .into_iter()
            .find(|kind| letter.len() == 1 && letter.starts_with(kind.letter()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub kind: Kind,
    /// Bytes of the body, uncompressed.
    pub bytes: usize,
    pub key: u32,
}

/// Digits of a key in a path, so that every request of a scenario has the same length.
pub const KEY_DIGITS: usize = 8;
/// `k00001234`: what a body and an ETag begin with, so that an answer of another key is noticed.
pub const MARK_BYTES: usize = KEY_DIGITS + 1;

impl Page {
    /// `/o/4096/00001234`
    pub fn path(&self) -> String {
        format!("/{}/{}/{:08}", self.kind.letter(), self.bytes, self.key)
    }

    pub fn parse(path: &str) -> Option<Page> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let kind = Kind::of(parts.next()?)?;
        let bytes = parts.next()?.parse().ok().filter(|bytes| (MARK_BYTES..=BODY_BYTES_MAX).contains(bytes))?;
        let key = parts.next().filter(|digits| digits.len() == KEY_DIGITS)?.parse().ok()?;
        parts.next().is_none().then_some(Page { kind, bytes, key })
    }

    pub fn mark(&self) -> String {
        format!("k{:08}", self.key)
    }

    /// Strong, with its quotes.
    pub fn etag(&self) -> String {
        format!("\"{}-{}\"", self.mark(), self.bytes)
    }
}

const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Text that compresses about as prose does. Bodies are its beginning with the key's mark put over it.
pub struct Prose(Vec<u8>);

impl Default for Prose {
    fn default() -> Prose {
        const WORDS: [&str; 24] = [
            "the",
            "lens",
            "shutter",
            "a",
            "focus",
            "of",
            "aperture",
            "and",
            "sensor",
            "in",
            "grain",
            "with",
            "review",
            "body",
            "to",
            "viewfinder",
            "colour",
            "noise",
            "for",
            "battery",
            "is",
            "mount",
            "stabilised",
            "frame",
        ];
        let mut text = String::with_capacity(BODY_BYTES_MAX + 32);
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        while text.len() < BODY_BYTES_MAX {
            state = xorshift(state);
            let word = WORDS.get(usize::try_from(state % WORDS.len() as u64).unwrap_or(0)).unwrap_or(&"");
            // Numbers among the words: without them a page of 64 KB would shrink to nothing.
            let separator = if state.is_multiple_of(7) { "\n" } else { " " };
            text.push_str(&format!("{word} {}{separator}", state % 997));
        }
        Prose(text.into_bytes())
    }
}

impl Prose {
    pub fn body(&self, page: &Page) -> Vec<u8> {
        let mut body = self.0.iter().copied().take(page.bytes).collect::<Vec<u8>>();
        if let Some(start) = body.get_mut(..MARK_BYTES) {
            start.copy_from_slice(page.mark().as_bytes());
        }
        body
    }
}

/// Marsaglia's generator: the load must not spend its core on randomness.
#[inline]
pub fn xorshift(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^ (state << 17)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_page() {
        let page = Page { kind: Kind::Compressible, bytes: 4096, key: 1234 };
        assert_eq!(page.path(), "/z/4096/00001234");
        assert_eq!(Page::parse(&page.path()), Some(page));
        for bad in ["/", "/x/4096/00001234", "/o/4096/1234", "/o/4/00001234", "/o/4096/00001234/", "/o/9999999/00001234"] {
            assert_eq!(Page::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_body_is_as_long_as_asked_and_says_whose_it_is() {
        let page = Page { kind: Kind::Plain, bytes: 1024, key: 7 };
        let body = Prose::default().body(&page);
        assert_eq!(body.len(), 1024);
        assert!(body.starts_with(b"k00000007"));
    }
}
