//! An origin or an edge that serves: two ports of its own, started again under the same ones.

use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Mutex,
};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{
    child::{Child, Program},
    client::{Ask, Got},
    wait::{eventually, in_time},
};

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

pub struct Service {
    program: Program,
    words: &'static [&'static str],
    environment: Vec<(String, String)>,
    log: PathBuf,
    pub address: SocketAddr,
    pub admin: SocketAddr,
    child: Option<Child>,
}

impl Service {
    /// Not started yet. `prefix` is that of the variables with its two addresses.
    pub fn new(program: Program, words: &'static [&'static str], prefix: &str, folder: &Path) -> Service {
        let (address, admin) = (free_address(), free_address());
        let environment = vec![
            (format!("{prefix}_LISTEN"), address.to_string()),
            (format!("{prefix}_ADMIN_LISTEN"), admin.to_string()),
            ("RUST_LOG".to_owned(), std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned())),
        ];
        let log = folder.join(format!("{}-{}.log", prefix.to_lowercase(), address.port()));
        Service { program, words, environment, log, address, admin, child: None }
    }

    /// A later setting of the same name wins.
    pub fn set(mut self, name: &str, value: impl ToString) -> Service {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn sets(self, settings: &[(&str, &str)]) -> Service {
        settings.iter().fold(self, |service, (name, value)| service.set(name, value))
    }

    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    pub fn start(&mut self) {
        assert!(self.child.is_none(), "{:?} runs already", self.program);
        self.child = Some(Child::start(self.program, self.words, &self.environment, &self.log));
    }

    pub fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("a process that was started")
    }

    /// As `kill -9` does. It can be started again.
    pub fn kill(&mut self) {
        self.child().kill();
        self.child = None;
    }

    pub fn terminate(&mut self) {
        self.child().terminate();
    }

    /// Waits until it has stopped by itself. It can be started again.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let what = format!("the {:?} has stopped", self.program);
        let code = self.child().exit_code(&what).await;
        self.child = None;
        code
    }

    /// Connects are accepted on both ports.
    pub async fn listening(&mut self) {
        let (address, admin, what) = (self.address, self.admin, format!("the {:?} listens", self.program));
        let child = self.child();
        eventually(&what, async || {
            assert!(child.ended().is_none(), "it ended instead: {}", child.said());
            (accepts(address).await && accepts(admin).await).then_some(())
        })
        .await;
    }

    pub async fn ready(&mut self) {
        self.listening().await;
        let what = format!("the {:?} is ready", self.program);
        eventually(&what, async || (self.administer("/readyz").await.status == 200).then_some(())).await;
    }

    pub async fn administer(&self, target: &str) -> Got {
        in_time(target, Ask::new(self.admin, Method::GET, target).send()).await
    }

    pub async fn get(&self, target: &str) -> Got {
        in_time(target, Ask::new(self.address, Method::GET, target).send()).await
    }
}

pub async fn accepts(address: SocketAddr) -> bool {
    TcpStream::connect(address).await.is_ok()
}

/// One request to a process that may die in the middle.
///
/// # Errors
/// When no whole answer came.
pub async fn attempt(address: SocketAddr, request: Request<Full<Bytes>>) -> Result<Got, BoxError> {
    let exchange = async {
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        Ok(Got { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
    };
    in_time("a request", exchange).await
}

/// A port that is free now, and that no other test of this process is given.
pub fn free_address() -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        if GIVEN.lock().unwrap().insert(address.port()) {
            return address;
        }
    }
}
