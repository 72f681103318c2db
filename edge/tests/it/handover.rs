//! One process after the other on one socket, under load, and what a stop does to connections.

use std::{
    net::{SocketAddr, TcpListener},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{
    EdgeBuilder, HoldAt, Origin, Page, TestEdge, eventually, in_time,
    origin::TOKEN,
    raw::{self, Answer},
    until,
};

const CLIENTS: usize = 32;
const RESTARTS: usize = 3;

/// An edge as a process of its own, with a socket that somebody else holds.
struct Process {
    child: Child,
    admin: SocketAddr,
}

impl Process {
    async fn start(origin: &Origin, socket: &TcpListener) -> Process {
        // The port is free now; nobody else asks for exactly this one.
        let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        // As systemd does it: the socket is descriptor 3, and the process is told its own id.
        let shell = r#"exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http exec "$0""#;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", shell, env!("CARGO_BIN_EXE_edge")]).env_clear();
        command.stdin(Stdio::from(OwnedFd::from(socket.try_clone().unwrap())));
        command.env("ORIGIN_URL", format!("http://{}", origin.address)).env("EDGE_TOKEN", TOKEN);
        command.env("EDGE_ADMIN_LISTEN", admin.to_string()).env("EDGE_DRAIN_MS", "8000").env("EDGE_WORKERS", "2");
        command.env("RUST_LOG", "warn");
        let process = Process { child: command.spawn().unwrap(), admin };
        let ready = b"GET /readyz HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n";
        eventually("the new edge is ready", async || {
            let mut stream = TcpStream::connect(process.admin).await.ok()?;
            stream.write_all(ready).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            answer.starts_with("HTTP/1.1 200").then_some(())
        })
        .await;
        process
    }

    /// As a supervisor does it; the process must end by itself, in time and content.
    async fn stop(mut self) {
        let id = Pid::from_child(&self.child);
        kill_process(id, Signal::TERM).unwrap();
        let mut ended = None;
        until("the old edge has ended", || {
            ended = self.child.try_wait().unwrap();
            ended.is_some()
        })
        .await;
        assert!(ended.unwrap().success(), "{ended:?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Asks over and over on connections that it keeps as long as it may.
async fn client(address: SocketAddr, number: usize, done: &AtomicU64, stop: &AtomicBool) -> Result<(), String> {
    let mut asked = 0;
    while !stop.load(Relaxed) {
        let mut stream = TcpStream::connect(address).await.map_err(|error| format!("connecting: {error}"))?;
        let mut open = true;
        while open && !stop.load(Relaxed) {
            asked += 1;
            let request = match asked % 10 {
                0 => format!("GET /new/{number}/{asked} HTTP/1.1\r\nhost: edge.test\r\n\r\n"),
                1 => "POST /echo HTTP/1.1\r\nhost: edge.test\r\ncontent-length: 5\r\n\r\nhello".to_owned(),
                _ => "GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n".to_owned(),
            };
            let Answer { status, closes, .. } =
                raw::ask(&mut stream, &request).await.map_err(|error| format!("request {asked} of {number}: {error}"))?;
            let expected = if asked % 10 == 0 { 404 } else { 200 };
            if status != expected {
                return Err(format!("request {asked} of {number}: {status}"));
            }
            done.fetch_add(1, Relaxed);
            open = !closes;
            // Some pause, so that connections are idle as well as busy when the process stops.
            if number.is_multiple_of(2) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_under_load_loses_no_request() {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut serving = Process::start(&origin, &socket).await;

    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
            tokio::spawn(async move { client(address, number, &done, &stop).await })
        })
        .collect();
    for _ in 0..RESTARTS {
        let answered = done.load(Relaxed);
        until("the load goes on", || done.load(Relaxed) > answered + 500 || clients.iter().any(|client| client.is_finished()))
            .await;
        let next = Process::start(&origin, &socket).await;
        std::mem::replace(&mut serving, next).stop().await;
    }
    let answered = done.load(Relaxed);
    until("the last one serves", || done.load(Relaxed) > answered + 500 || clients.iter().any(|client| client.is_finished()))
        .await;
    stop.store(true, Relaxed);
    for client in clients {
        in_time("a client ends", client).await.unwrap().unwrap();
    }
    serving.stop().await;
}

async fn draining(drain_ms: u64) -> (Origin, TestEdge) {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let edge = EdgeBuilder::new(&origin).set("EDGE_DRAIN_MS", drain_ms).threads(2).following().await;
    assert_eq!(edge.get("/page").await.status, 200);
    (origin, edge)
}

const GET: &str = "GET /page HTTP/1.1\r\nhost: edge.test\r\n\r\n";

#[tokio::test]
async fn a_kept_connection_is_answered_once_more_and_told_to_close() {
    let (_origin, edge) = draining(20_000).await;
    let mut kept = TcpStream::connect(edge.address).await.unwrap();
    assert!(!raw::ask(&mut kept, GET).await.unwrap().closes);
    let address = edge.address;
    let served = edge.shut_down();
    // The listening socket is closed: the stop has begun.
    eventually("nothing is accepted", async || TcpStream::connect(address).await.is_err().then_some(())).await;
    let last = raw::ask(&mut kept, GET).await.unwrap();
    assert!(last.closes && last.status == 200, "{last:?}");
    assert_eq!(kept.read(&mut [0; 1]).await.unwrap(), 0);
    in_time("the rest of the grace is not waited for", served).await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_half_of_the_grace() {
    let (_origin, edge) = draining(400).await;
    let mut kept = TcpStream::connect(edge.address).await.unwrap();
    raw::ask(&mut kept, GET).await.unwrap();
    let served = edge.shut_down();
    assert_eq!(in_time("it is closed", kept.read(&mut [0; 1])).await.unwrap(), 0);
    in_time("the edge ends", served).await.unwrap();
}

#[tokio::test]
async fn connections_that_wait_for_a_place_do_not_hold_up_a_stop() {
    let origin = Origin::start().await;
    origin.put("/page", Page::new("text"));
    let edge = EdgeBuilder::new(&origin).set("EDGE_DRAIN_MS", 400).set("EDGE_CONNECTIONS_MAX", 1).threads(2).following().await;
    let mut kept = TcpStream::connect(edge.address).await.unwrap();
    raw::ask(&mut kept, GET).await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(TcpStream::connect(edge.address).await.unwrap());
    }
    let served = edge.shut_down();
    in_time("the edge ends", served).await.unwrap();
}

#[tokio::test]
async fn a_request_under_way_is_finished_and_a_hopeless_one_cut_off() {
    for (hopeless, drain_ms) in [(false, 20_000), (true, 400)] {
        let (origin, edge) = draining(drain_ms).await;
        origin.put("/slow", Page::new("late"));
        let held = origin.hold("/slow", HoldAt::Head);
        let mut stream = TcpStream::connect(edge.address).await.unwrap();
        let asking = tokio::spawn(async move {
            raw::ask(&mut stream, "GET /slow HTTP/1.1\r\nhost: edge.test\r\nauthorization: x\r\n\r\n").await
        });
        held.arrived().await;
        let served = edge.shut_down();
        if !hopeless {
            held.release();
        }
        match in_time("it ends", asking).await.unwrap() {
            Ok(answer) => assert!(!hopeless && answer.status == 200 && answer.closes, "{answer:?}"),
            Err(error) => assert!(hopeless, "{error}"),
        }
        in_time("the edge ends", served).await.unwrap();
    }
}
