//! The real Redis: the shared one of TEST_REDIS_URL, or one of a test's own.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::eventually;

/// The Redis that all tests share. Keys carry the log, and every test has a log of its own.
pub fn redis_url() -> String {
    std::env::var("TEST_REDIS_URL").expect(
        "TEST_REDIS_URL: set it to a running Redis, for example redis://127.0.0.1:6390 (`cargo stack services up` starts one)",
    )
}

pub async fn connect(url: &str) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    eventually(&format!("Redis answers at {url}"), async || client.get_multiplexed_async_connection().await.ok()).await
}

/// A Redis of the test's own, to be stopped and started; killed when it is dropped.
pub struct RedisServer {
    child: Child,
    port: u16,
}

impl RedisServer {
    pub async fn start() -> RedisServer {
        // The port is free now; nobody else asks for exactly this one.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = RedisServer { child: spawn(port), port };
        drop(connect(&server.url()).await);
        server
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Empty, on the same port.
    pub async fn restart(&mut self) {
        self.child = spawn(self.port);
        drop(connect(&self.url()).await);
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(port: u16) -> Child {
    let binary = std::env::var_os("REDIS_SERVER_BIN").map_or_else(|| PathBuf::from("redis-server"), PathBuf::from);
    let directory = std::env::temp_dir();
    let mut command = Command::new(&binary);
    // An unpacked Redis that is not installed finds its libraries here.
    if let Some(libraries) = std::env::var_os("REDIS_SERVER_LD_LIBRARY_PATH") {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]);
    command.arg(directory).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| {
        panic!(
            "{}: {error}. This test needs a redis-server of its own: install Debian's `redis-server`, or name the binary in REDIS_SERVER_BIN",
            binary.display()
        )
    })
}
