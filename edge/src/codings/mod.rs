//! Content codings (RFC 9110 §8.4): identity is kept, the edge makes `br`, `zstd` and
//! `gzip` of it. Each is made once per entry, when a reader first asks for it, on a thread of
//! its own; until it is there, readers get what is. A hit never compresses.

mod make;
mod negotiate;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU8, Ordering},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio::{runtime::Handle, sync::Semaphore};

pub use self::negotiate::Accepted;
use crate::{entry::Entry, epoch::Epoch, policy::opaque};

/// Shorter bodies fit a packet as they are.
const BODY_BYTES_MIN: usize = 512;
/// Longer ones would hold a thread for too long.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bodies being coded at once.
const RUNNING_MAX: usize = 2;
/// Bodies that wait for that; beyond it nothing is begun, and a later reader asks again.
const WAITING_MAX: usize = 16_384;

/// What says something of the very bytes.
const DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
];

/// A content coding that is made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    Brotli,
    Zstd,
    Gzip,
}

impl Coding {
    /// The smallest result first.
    pub const ALL: [Coding; 3] = [Coding::Brotli, Coding::Zstd, Coding::Gzip];

    /// As in `Content-Encoding`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
            Coding::Gzip => "gzip",
        }
    }

    /// What tells its strong entity tag from identity's (RFC 9110 §8.8.3.3).
    pub const fn etag_suffix(self) -> &'static str {
        match self {
            Coding::Brotli => "--edge-br\"",
            Coding::Zstd => "--edge-zstd\"",
            Coding::Gzip => "--edge-gzip\"",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Coding::Brotli => 1,
            Coding::Zstd => 2,
            Coding::Gzip => 4,
        }
    }
}

/// One entry's codings. Takes no more than a pointer until somebody asks.
#[derive(Debug, Default)]
pub struct Codings(OnceLock<Box<Made>>);

/// `Some(None)`: it was tried and brought nothing.
type Slot = OnceLock<Option<Bytes>>;

#[derive(Debug, Default)]
struct Made {
    brotli: Slot,
    zstd: Slot,
    gzip: Slot,
    /// The codings that somebody is making.
    begun: AtomicU8,
}

/// What has been made goes with the body: a revalidated entry starts with it.
impl Clone for Codings {
    fn clone(&self) -> Codings {
        let copy = |made: &Made| {
            let done = Coding::ALL.iter().filter(|coding| made.slot(**coding).get().is_some());
            let begun = done.fold(0, |bits, coding| bits | coding.bit());
            let (brotli, zstd, gzip) = (made.brotli.clone(), made.zstd.clone(), made.gzip.clone());
            Box::new(Made { brotli, zstd, gzip, begun: AtomicU8::new(begun) })
        };
        Codings(self.0.get().map_or_else(OnceLock::new, |made| OnceLock::from(copy(made))))
    }
}

impl Made {
    fn slot(&self, coding: Coding) -> &Slot {
        match coding {
            Coding::Brotli => &self.brotli,
            Coding::Zstd => &self.zstd,
            Coding::Gzip => &self.gzip,
        }
    }
}

impl Codings {
    /// The coded body, if it has been made; `Err(Missing)` if it has not even been tried.
    fn get(&self, coding: Coding) -> Result<Option<&Bytes>, Missing> {
        match self.0.get().and_then(|made| made.slot(coding).get()) {
            Some(tried) => Ok(tried.as_ref()),
            None => Err(Missing),
        }
    }

    /// The best coding that a reader accepts and that is there; `wanted` is told of a better
    /// one that is not.
    pub fn choose(&self, accepted: &Accepted, mut wanted: impl FnMut(Coding)) -> Option<(Coding, &Bytes)> {
        let mut told = false;
        for coding in accepted.in_order() {
            match self.get(coding) {
                Ok(Some(body)) => return Some((coding, body)),
                Ok(None) => {}
                Err(Missing) if told => {}
                Err(Missing) => {
                    told = true;
                    wanted(coding);
                }
            }
        }
        None
    }

    /// Bytes they hold.
    pub fn weight(&self) -> usize {
        let Some(made) = self.0.get() else { return 0 };
        let bytes = Coding::ALL.iter().filter_map(|coding| made.slot(*coding).get()?.as_ref()).map(Bytes::len);
        size_of::<Made>() + bytes.sum::<usize>()
    }
}

struct Missing;

/// Whether a response may be sent coded, so that its `Vary` must say so from the start.
pub fn is_codable(status: StatusCode, headers: &HeaderMap, length: usize) -> bool {
    status == StatusCode::OK
        && (BODY_BYTES_MIN..=BODY_BYTES_MAX).contains(&length)
        && !headers.contains_key(header::CONTENT_ENCODING)
        // Whoever checks them would find that they are of other bytes.
        && !DIGESTS.iter().any(|name| headers.contains_key(name))
        && !headers.get_all(header::CACHE_CONTROL).iter().any(|value| contains(value.as_bytes(), b"no-transform"))
        && headers.get(header::CONTENT_TYPE).is_some_and(|kind| is_text(kind.as_bytes()))
}

/// Says that the response is one of several, for caches further down.
pub fn announce(headers: &mut HeaderMap) {
    let said = headers.get_all(header::VARY).iter().any(|value| contains(value.as_bytes(), b"accept-encoding"));
    if !said {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// Whether a reader who names this entity tag holds what would be sent now: by weak comparison,
/// and in the same coding, since a 304 renews what is named and not what it is made of.
pub fn is_named(named: &[u8], own: &[u8], coding: Option<Coding>) -> bool {
    let (stem, suffix) = etag(own, coding);
    opaque(named).strip_suffix(suffix) == Some(opaque(stem))
}

/// A reader's condition in the origin's words: the origin knows nothing of codings made here.
pub fn without_suffixes(condition: &HeaderValue) -> Option<HeaderValue> {
    let text = condition.to_str().ok().filter(|text| text.contains("--edge-"))?;
    let plain = Coding::ALL.iter().fold(text.to_owned(), |text, coding| text.replace(coding.etag_suffix(), "\""));
    HeaderValue::try_from(plain).ok()
}

/// The entity tag of a coding of the representation whose own is `own`: a strong one must
/// differ (RFC 9110 §8.8.3.3), a weak one says that it does not matter. In two pieces.
pub fn etag(own: &[u8], coding: Option<Coding>) -> (&[u8], &'static [u8]) {
    match (coding, own.strip_suffix(b"\"")) {
        (Some(coding), Some(stem)) if own.starts_with(b"\"") => (stem, coding.etag_suffix().as_bytes()),
        (Some(_) | None, _) => (own, b""),
    }
}

/// Types that shrink; pictures and archives are compressed already.
fn is_text(content_type: &[u8]) -> bool {
    let kind = content_type.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
    const KINDS: [&[u8]; 5] =
        [b"application/json", b"application/javascript", b"application/xml", b"application/wasm", b"image/svg+xml"];
    kind.starts_with(b"text/") || kind.ends_with(b"+json") || kind.ends_with(b"+xml") || KINDS.contains(&kind.as_slice())
}

fn contains(value: &[u8], word: &[u8]) -> bool {
    value.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

/// Where codings are made: on blocking threads of one runtime, a few at a time.
#[derive(Clone, Debug)]
pub struct Workshop {
    waiting: Arc<Semaphore>,
    running: Arc<Semaphore>,
    tasks: Handle,
}

impl Workshop {
    pub fn on(tasks: Handle) -> Workshop {
        let semaphore = |places| Arc::new(Semaphore::new(places));
        Workshop { waiting: semaphore(WAITING_MAX), running: semaphore(RUNNING_MAX), tasks }
    }
}

/// Makes `coding` of an entry's body, behind everybody's back, unless somebody does already or
/// too many wait.
pub fn begin(epoch: &Arc<Epoch>, key: &str, entry: &Arc<Entry>, coding: Coding, workshop: &Workshop) {
    let begun = |made: &Made| made.begun.load(Ordering::Acquire) & coding.bit() != 0;
    if entry.codings.0.get().is_some_and(|made| begun(made)) {
        return;
    }
    let Ok(place) = Arc::clone(&workshop.waiting).try_acquire_owned() else { return };
    let made = entry.codings.0.get_or_init(Box::default);
    if made.begun.fetch_or(coding.bit(), Ordering::AcqRel) & coding.bit() != 0 {
        return;
    }
    let (epoch, key, entry) = (Arc::clone(epoch), crate::key::Key::from(key), Arc::clone(entry));
    let (running, tasks) = (Arc::clone(&workshop.running), workshop.tasks.clone());
    workshop.tasks.spawn(async move {
        // Never closed.
        let Ok(turn) = running.acquire_owned().await else { return };
        tasks.spawn_blocking(move || {
            let coded = make::make(coding, entry.message.body());
            if let Some(made) = entry.codings.0.get() {
                drop(made.slot(coding).set(coded));
            }
            // It weighs more now.
            epoch.memory.weigh_again(&key, &entry);
            drop((turn, place));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codable(fields: &[(header::HeaderName, &'static str)], length: usize) -> bool {
        let headers = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        is_codable(StatusCode::OK, &headers, length)
    }

    #[test]
    fn only_what_shrinks_and_may_be_changed_is_coded() {
        let json = (header::CONTENT_TYPE, "Application/JSON; charset=utf-8");
        assert!(codable(std::slice::from_ref(&json), 4096));
        assert!(codable(&[(header::CONTENT_TYPE, "application/problem+json")], 4096));
        assert!(!codable(std::slice::from_ref(&json), 100));
        assert!(!codable(std::slice::from_ref(&json), BODY_BYTES_MAX + 1));
        assert!(!codable(&[(header::CONTENT_TYPE, "image/jpeg")], 4096));
        assert!(!codable(&[], 4096));
        assert!(!codable(&[json.clone(), (header::CONTENT_ENCODING, "gzip")], 4096));
        assert!(!codable(&[json, (header::CACHE_CONTROL, "max-age=1, No-Transform")], 4096));
    }

    #[test]
    fn each_coding_has_a_strong_tag_of_its_own() {
        let put_together = |own: &'static [u8], coding| [etag(own, coding).0, etag(own, coding).1].concat();
        assert_eq!(put_together(b"\"a\"", Some(Coding::Brotli)), b"\"a--edge-br\"");
        assert_eq!(put_together(b"W/\"a\"", Some(Coding::Brotli)), b"W/\"a\"");
        assert_eq!(put_together(b"\"a\"", None), b"\"a\"");
        let gzip = Some(Coding::Gzip);
        assert!(is_named(b"\"a--edge-gzip\"", b"\"a\"", gzip) && is_named(b"W/\"a\"", b"\"a\"", None));
        assert!(is_named(b"\"a\"", b"W/\"a\"", gzip), "a weak tag is of all codings");
        assert!(!is_named(b"\"a\"", b"\"a\"", gzip) && !is_named(b"\"a--edge-gzip\"", b"\"a\"", None));
        let condition = HeaderValue::from_static("W/\"a\", \"b--edge-br\"");
        assert_eq!(without_suffixes(&condition).unwrap(), "W/\"a\", \"b\"");
        assert_eq!(without_suffixes(&HeaderValue::from_static("\"a-br\"")), None);
    }

    #[test]
    fn the_best_that_is_there_is_chosen_and_a_better_one_asked_for() {
        let codings = Codings::default();
        let accepted = Accepted::parse(b"gzip, br");
        let mut wanted = Vec::new();
        assert!(codings.choose(&accepted, |coding| wanted.push(coding)).is_none());
        assert_eq!(wanted, [Coding::Brotli]);

        let made = codings.0.get_or_init(Box::default);
        made.gzip.set(Some(Bytes::from_static(b"g"))).unwrap();
        assert_eq!(codings.choose(&accepted, |_| {}).unwrap().0, Coding::Gzip);
        made.brotli.set(None).unwrap();
        let chosen = codings.choose(&accepted, |_| panic!("brotli was tried")).unwrap();
        assert_eq!(chosen.0, Coding::Gzip);
    }
}
