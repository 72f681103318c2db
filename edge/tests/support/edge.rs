//! An edge in this process: the real settings, the real listeners.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use common::{Clock, Seq, SystemClock, clock::ManualClock, config::Env, entropy::SystemEntropy};
use edge::{
    config::Config,
    entry::Entry,
    epoch::Epoch,
    key::Key,
    listen::{Listeners, Placement},
    run::{self, Sockets},
    serve::Edge,
};
use http::HeaderMap;
use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Origin, Reply, client::Client, eventually, origin::TOKEN, s, until};

/// Every reader asks for this host, so that edges of one region share keys.
pub const HOST: &str = "edge.test";

/// What opens `POST /purge`.
pub const PURGE_TOKEN: &str = "purge-token-of-the-tests";

/// Settings by their names in the environment.
pub struct EdgeBuilder {
    env: BTreeMap<String, String>,
    clock: Option<Arc<ManualClock>>,
    placement: Placement,
}

impl EdgeBuilder {
    /// In front of `origin`, which need not be a [`super::Origin`].
    pub fn at(origin: SocketAddr) -> EdgeBuilder {
        let pairs = [
            ("ORIGIN_URL", format!("http://{origin}")),
            ("EDGE_TOKEN", TOKEN.to_owned()),
            ("EDGE_REGION", "test".to_owned()),
            ("EDGE_DRAIN_MS", "0".to_owned()),
            // What a test holds, it holds: those about stalls set their own limit.
            ("EDGE_FILL_STALL_MS", "60000".to_owned()),
            ("EDGE_PURGE_TOKEN", PURGE_TOKEN.to_owned()),
        ];
        EdgeBuilder {
            env: pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            clock: None,
            placement: Placement::Here,
        }
    }

    pub fn new(origin: &Origin) -> EdgeBuilder {
        EdgeBuilder::at(origin.address).set("ORIGIN_URL", origin.url())
    }

    pub fn set(mut self, name: &str, value: impl ToString) -> EdgeBuilder {
        self.env.insert(name.to_owned(), value.to_string());
        self
    }

    pub fn unset(mut self, name: &str) -> EdgeBuilder {
        self.env.remove(name);
        self
    }

    /// Time moves only when the test says so.
    pub fn manual_clock(mut self) -> EdgeBuilder {
        let clock = ManualClock::default();
        clock.advance(s(1000));
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Readers are served as in production: by threads of their own.
    pub fn threads(mut self, count: usize) -> EdgeBuilder {
        self.placement = Placement::Threads(count.try_into().unwrap());
        self
    }

    /// Listening; nothing more is waited for.
    pub async fn start(self) -> TestEdge {
        let config = Config::from_env(Env::from_pairs(self.env)).unwrap();
        let clock: Arc<dyn Clock> = match &self.clock {
            Some(manual) => Arc::clone(manual) as _,
            None => Arc::new(SystemClock),
        };
        let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (readers, admins) = (listen(), listen());
        let address = readers.local_addr().unwrap();
        let admin = Client::new(admins.local_addr().unwrap());
        let https = config.tls.as_ref().map(|_| listen());
        let tls_address = https.as_ref().map(|https| https.local_addr().unwrap());
        let edge = run::build(&config, Arc::clone(&clock), Arc::new(SystemEntropy), Handle::current()).unwrap();
        let shutdown = CancellationToken::new();
        let sockets = Sockets { readers: Listeners { http: readers, https, shared: false }, admin: admins };
        let served = run::serve(Arc::clone(&edge), config, sockets, self.placement, Arc::default(), shutdown.clone());
        let served = tokio::spawn(async move { served.await.unwrap() });
        TestEdge {
            edge,
            address,
            readers: Client::new(address).with_host(HOST),
            admins: admin,
            clock,
            manual: self.clock,
            tls_address,
            served,
            stop: shutdown.drop_guard(),
        }
    }

    /// Following the feed, and confirmed.
    pub async fn following(self) -> TestEdge {
        let edge = self.start().await;
        edge.confirmed().await;
        edge
    }
}

/// A running edge; it stops when it is dropped.
pub struct TestEdge {
    pub edge: Arc<Edge>,
    pub address: SocketAddr,
    readers: Client,
    admins: Client,
    clock: Arc<dyn Clock>,
    manual: Option<Arc<ManualClock>>,
    tls_address: Option<SocketAddr>,
    served: JoinHandle<()>,
    stop: DropGuard,
}

impl TestEdge {
    /// Where TLS is spoken, with `EDGE_TLS_LISTEN`.
    pub fn tls_address(&self) -> SocketAddr {
        self.tls_address.expect("EDGE_TLS_LISTEN")
    }

    /// As a signal does it.
    pub fn shut_down(self) -> JoinHandle<()> {
        drop(self.stop);
        self.served
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.send("GET", path, headers, "").await
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.readers.send(method, path, headers, body.to_owned()).await
    }

    /// A read in the background.
    pub fn reading(&self, path: &str, headers: &[(&str, &str)]) -> tokio::task::JoinHandle<Reply> {
        let client = self.readers.clone();
        let path = path.to_owned();
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        tokio::spawn(async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            client.send("GET", &path, &headers, "").await
        })
    }

    pub async fn admin(&self, path: &str) -> Reply {
        self.admins.send("GET", path, &[], "").await
    }

    pub async fn admin_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.admins.send(method, path, headers, body.to_owned()).await
    }

    /// Purges by hand, on an edge that was built with [`PURGE_TOKEN`]; fails unless it is done.
    pub async fn purge(&self, order: serde_json::Value) -> serde_json::Value {
        let bearer = format!("Bearer {PURGE_TOKEN}");
        let reply = self.admin_send("POST", "/purge", &[("authorization", &bearer)], &order.to_string()).await;
        assert_eq!(reply.status, 200, "{order}: {reply:?}");
        reply.json()
    }

    /// One number out of `/metrics`, by its name with labels; 0 if it is not there.
    pub async fn metric(&self, name: &str) -> f64 {
        let metrics = self.admin("/metrics").await;
        let line = metrics.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    pub fn epoch(&self) -> Arc<Epoch> {
        self.edge.epoch.load_full()
    }

    pub fn applied(&self) -> Seq {
        self.epoch().tags.applied()
    }

    /// Waits until the feed has brought `number`.
    pub async fn has_applied(&self, number: Seq) {
        let epoch = self.epoch();
        let mut progress = epoch.tags.progress();
        let reached = progress.wait_for(|applied| *applied >= number);
        super::in_time(&format!("event {number} is applied"), reached).await.unwrap();
    }

    pub fn is_confirmed(&self) -> bool {
        self.epoch().is_confirmed(self.clock.now())
    }

    pub async fn confirmed(&self) {
        until("the edge is confirmed", || self.is_confirmed()).await;
    }

    /// Lets time pass on the edge's clock, then waits until it is confirmed again.
    pub async fn passes(&self, time: Duration) {
        self.jumps(time);
        self.confirmed().await;
    }

    /// Lets time pass on the edge's clock, and nothing else.
    pub fn jumps(&self, time: Duration) {
        self.manual.as_ref().expect("manual_clock()").advance(time);
    }

    /// What is in memory for a path, if it answers a request without headers.
    pub fn stored(&self, path: &str) -> Option<Arc<Entry>> {
        self.epoch().memory.get(&TestEdge::key(path), &HeaderMap::new())
    }

    pub fn stored_text(&self, path: &str) -> Option<String> {
        self.stored(path).map(|entry| String::from_utf8(entry.message.body().to_vec()).unwrap())
    }

    pub fn key(path: &str) -> Key {
        format!("{HOST}{path}").into()
    }

    /// Reads until the answer is as wanted.
    pub async fn reads_until(&self, what: &str, path: &str, wanted: impl Fn(&Reply) -> bool) -> Reply {
        eventually(what, async || Some(self.get(path).await).filter(&wanted)).await
    }
}
