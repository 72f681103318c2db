//! The origin's side of the protocol, scripted: one log, one number, pages that change
//! together with it, and switches for everything that can go wrong.

mod feed;
mod page;
mod server;
mod tls;

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use common::{Clock as _, Event, LogId, Seq, SystemClock, Tag, entropy::Entropy as _};
use http::{HeaderMap, Version};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::tls::Tls;
pub use self::{page::Page, tls::Offer};
use super::until;

/// What opens the internal endpoints.
pub const TOKEN: &str = "test-token";

/// Tags that a write purges.
#[derive(Clone, Debug, Default)]
pub struct Purge {
    gone: Vec<Tag>,
    hard: Vec<Tag>,
    soft: Vec<Tag>,
}

impl Purge {
    pub fn gone(tags: &[&str]) -> Purge {
        Purge { gone: parse(tags), ..Purge::default() }
    }

    pub fn hard(tags: &[&str]) -> Purge {
        Purge { hard: parse(tags), ..Purge::default() }
    }

    pub fn soft(tags: &[&str]) -> Purge {
        Purge { soft: parse(tags), ..Purge::default() }
    }
}

fn parse(tags: &[&str]) -> Vec<Tag> {
    tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect()
}

/// How a kind of request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// This status and an empty body.
    Status(u16),
    /// Not at all, until the mood changes.
    Silent,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub version: Version,
    /// Which connection it came by, counted from one.
    pub connection: usize,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Where a held answer waits. Its snapshot is taken before, in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldAt {
    Head,
    /// The head has left, the body has not.
    Body,
}

/// An answer that waits to be released.
pub struct Held {
    arrived: CancellationToken,
    released: CancellationToken,
    path: String,
}

impl Held {
    /// Waits until the request has come and its snapshot is taken.
    pub async fn arrived(&self) {
        super::in_time(&format!("a request for {} arrives", self.path), self.arrived.cancelled()).await;
    }

    pub fn release(&self) {
        self.released.cancel();
    }
}

struct Gate {
    path: String,
    at: HoldAt,
    arrived: CancellationToken,
    released: CancellationToken,
}

struct State {
    log: LogId,
    head: Seq,
    /// The highest number no longer kept.
    forgotten: Seq,
    events: Vec<Event>,
    pages: HashMap<String, Page>,
    requests: Vec<Recorded>,
    gates: Vec<Gate>,
    /// Answers of a replica that lags: used once each, in order, before the page's own.
    lagging: HashMap<String, VecDeque<(Page, Seq)>>,
    pages_mood: Mood,
    heads_mood: Mood,
    feed_mood: Mood,
    /// Events are withheld while heads go on.
    feed_paused: bool,
    /// Left out once, as if lost on the way.
    feed_skips: Option<Seq>,
    /// Sent once more after its turn.
    feed_repeats: Option<Seq>,
    /// Connections are closed as soon as they are accepted.
    down: bool,
    /// Accepted so far.
    connections: usize,
    receipts: Vec<serde_json::Value>,
}

struct Shared {
    state: Mutex<State>,
    /// Counts changes: wakes the feeds.
    changed: watch::Sender<u64>,
    /// Ends the connections that are open now.
    connections: Mutex<CancellationToken>,
    tls: Option<Tls>,
    /// Silences the connections that are open now, if they are TLS.
    frozen: Mutex<Arc<AtomicBool>>,
    /// HTTP/2 pings received.
    pings: Arc<AtomicUsize>,
}

/// A running origin; it stops when it is dropped.
pub struct Origin {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl Origin {
    pub async fn start() -> Origin {
        Origin::starting_at(0).await
    }

    /// With a history that begins at `head`: nothing before is kept.
    pub async fn starting_at(head: u64) -> Origin {
        Origin::launch(head, None).await
    }

    /// Behind TLS, with a certificate of an authority of its own.
    pub async fn start_tls(offer: Offer) -> Origin {
        Origin::launch(0, Some(Tls::new(offer))).await
    }

    async fn launch(head: u64, tls: Option<Tls>) -> Origin {
        let state = State {
            log: new_log(),
            head: super::seq(head),
            forgotten: super::seq(head),
            events: Vec::new(),
            pages: HashMap::new(),
            requests: Vec::new(),
            gates: Vec::new(),
            lagging: HashMap::new(),
            pages_mood: Mood::Well,
            heads_mood: Mood::Well,
            feed_mood: Mood::Well,
            feed_paused: false,
            feed_skips: None,
            feed_repeats: None,
            down: false,
            connections: 0,
            receipts: Vec::new(),
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: watch::Sender::new(0),
            connections: Mutex::new(CancellationToken::new()),
            tls,
            frozen: Mutex::default(),
            pings: Arc::default(),
        });
        let stop = CancellationToken::new();
        let address = server::start(Arc::clone(&shared), stop.clone()).await;
        Origin { address, shared, stop }
    }

    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// A file with the certificate of this origin's authority.
    pub fn ca_file(&self) -> PathBuf {
        self.shared.tls.as_ref().expect("start_tls()").ca_file(self.address)
    }

    /// The connections that are open now say and hear nothing any more, and do not close.
    pub fn freeze_connections(&self) {
        std::mem::take(&mut *self.shared.frozen.lock()).store(true, Ordering::SeqCst);
    }

    /// HTTP/2 pings received so far.
    pub fn pings(&self) -> usize {
        self.shared.pings.load(Ordering::SeqCst)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let done = change(&mut self.shared.state.lock());
        self.shared.changed.send_modify(|changes| *changes += 1);
        done
    }

    /// A page that was always there: no event.
    pub fn put(&self, path: &str, page: Page) {
        self.change(|state| state.pages.insert(path.to_owned(), page));
    }

    /// A committed write: the pages, the number and the event, all at once.
    pub fn write(&self, purge: Purge, pages: &[(&str, Page)]) -> Seq {
        self.change(|state| {
            state.head = state.head.next();
            state.pages.extend(pages.iter().map(|(path, page)| ((*path).to_owned(), page.clone())));
            state.events.push(Event {
                seq: state.head,
                at: SystemClock.wall(),
                kind: "test.changed".to_owned(),
                gone: purge.gone,
                hard: purge.hard,
                soft: purge.soft,
            });
            state.head
        })
    }

    /// The next request for `path` takes its snapshot, then waits.
    pub fn hold(&self, path: &str, at: HoldAt) -> Held {
        let held = Held { arrived: CancellationToken::new(), released: CancellationToken::new(), path: path.to_owned() };
        let (arrived, released) = (held.arrived.clone(), held.released.clone());
        self.change(|state| state.gates.push(Gate { path: path.to_owned(), at, arrived, released }));
        held
    }

    /// The next `times` answers for `path` come from the snapshot of this moment.
    pub fn lag(&self, path: &str, times: usize) {
        self.change(|state| {
            let snapshot = (state.pages[path].clone(), state.head);
            state.lagging.entry(path.to_owned()).or_default().extend(std::iter::repeat_n(snapshot, times));
        });
    }

    /// The next answer for `path` is this one, as if from a snapshot at `as_of`.
    pub fn answers_next(&self, path: &str, page: Page, as_of: u64) {
        self.change(|state| state.lagging.entry(path.to_owned()).or_default().push_back((page, super::seq(as_of))));
    }

    pub fn log(&self) -> LogId {
        self.shared.state.lock().log
    }

    pub fn pages_are(&self, mood: Mood) {
        self.change(|state| state.pages_mood = mood);
    }

    pub fn heads_are(&self, mood: Mood) {
        self.change(|state| state.heads_mood = mood);
    }

    pub fn feed_is(&self, mood: Mood) {
        self.change(|state| state.feed_mood = mood);
        self.cut_connections();
    }

    pub fn pause_feed(&self, paused: bool) {
        self.change(|state| state.feed_paused = paused);
    }

    /// The next event gets lost on its way, once.
    pub fn lose_next_event(&self) {
        self.change(|state| state.feed_skips = Some(state.head.next()));
    }

    /// The next event is sent twice.
    pub fn repeat_next_event(&self) {
        self.change(|state| state.feed_repeats = Some(state.head.next()));
    }

    /// Connections are lost, and new ones too.
    pub fn down(&self) {
        self.change(|state| state.down = true);
        self.cut_connections();
    }

    pub fn up(&self) {
        self.change(|state| state.down = false);
    }

    pub fn cut_connections(&self) {
        let mut connections = self.shared.connections.lock();
        std::mem::take(&mut *connections).cancel();
    }

    /// As after a restore from a backup: another log, which stands at `head`.
    pub fn renew_log(&self, head: u64) {
        self.change(|state| {
            state.log = new_log();
            state.head = super::seq(head);
            state.forgotten = state.head;
            state.events.clear();
        });
    }

    /// As after a rolled-back volume that nobody noticed: the same log, at a lower number.
    pub fn rewind(&self, head: u64) {
        self.change(|state| {
            state.head = super::seq(head);
            state.events.retain(|event| event.seq <= state.head);
        });
    }

    /// Forgets every event: a resume from below the head is 410.
    pub fn forget_events(&self) {
        self.change(|state| {
            state.forgotten = state.head;
            state.events.clear();
        });
    }

    /// Every request for `target`, in order.
    pub fn requests(&self, target: &str) -> Vec<Recorded> {
        let state = self.shared.state.lock();
        state.requests.iter().filter(|request| request.target == target).cloned().collect()
    }

    pub fn count(&self, target: &str) -> usize {
        self.shared.state.lock().requests.iter().filter(|request| request.target == target).count()
    }

    /// Connections accepted so far, those closed at once included.
    pub fn connections(&self) -> usize {
        self.shared.state.lock().connections
    }

    /// Requests that are not the edge's own.
    pub fn public_requests(&self) -> Vec<Recorded> {
        let state = self.shared.state.lock();
        state.requests.iter().filter(|request| !request.target.starts_with("/internal/")).cloned().collect()
    }

    /// Connections to the feed.
    pub fn feed_requests(&self) -> Vec<Recorded> {
        let state = self.shared.state.lock();
        state.requests.iter().filter(|request| request.target.starts_with("/internal/feed")).cloned().collect()
    }

    pub fn receipts(&self) -> Vec<serde_json::Value> {
        self.shared.state.lock().receipts.clone()
    }

    /// Waits until there were `count` requests for `target`.
    pub async fn was_asked(&self, target: &str, count: usize) {
        until(&format!("the origin was asked {count} times for {target}"), || self.count(target) >= count).await;
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.stop.cancel();
        self.cut_connections();
    }
}

fn new_log() -> LogId {
    LogId::from_ulid(common::entropy::SystemEntropy.ulid(SystemClock.wall()))
}
