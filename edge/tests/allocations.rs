//! What a request costs in allocations, counted in the running edge.
//!
//! A test crate of its own: the counting allocator is the whole process's.
#![cfg(test)]

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use common::{SystemClock, config::Env, entropy::SystemEntropy};
use edge::{
    config::Config,
    listen::{Inherited, Placement},
    run::{self, Sockets},
};
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const REQUESTS: u64 = 2000;

/// Answers every request with one page: on a thread, because nothing of it may be counted
/// while the hits are.
fn origin() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            thread::spawn(move || {
                let body = "x".repeat(4096);
                let date = "Sun, 22 Nov 2026 17:00:00 GMT";
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ndate: {date}\r\netag: \"a\"\r\ncache-control: max-age=3600\r\nlast-modified: {date}\r\n\
                     content-type: text/plain\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                );
                let mut request = [0; 16 * 1024];
                // A request without a body comes in one piece here.
                while stream.read(&mut request).is_ok_and(|read| read > 0) {
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    });
    address
}

/// An edge on threads of its own, and where readers reach it.
fn edge() -> SocketAddr {
    let env = [
        ("ORIGIN_URL", format!("http://{}", origin())),
        ("EDGE_FEED", "off".to_owned()),
        ("EDGE_LISTEN", "127.0.0.1:0".to_owned()),
        ("EDGE_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
    ];
    let config = Config::from_env(Env::from_pairs(env)).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(async {
            let sockets = Sockets::open(&config, Inherited::default()).unwrap();
            let edge = run::build(&config, Arc::new(SystemClock), Arc::new(SystemEntropy), Handle::current()).unwrap();
            tell.send(sockets.readers.http.local_addr().unwrap()).unwrap();
            let placement = Placement::Threads(config.workers);
            run::serve(edge, config, sockets, placement, Arc::default(), CancellationToken::new()).await.unwrap();
        });
    });
    told.recv().unwrap()
}

/// One kept-alive connection that allocates nothing itself.
struct Reader {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Reader {
    fn new(address: SocketAddr) -> Reader {
        Reader { stream: TcpStream::connect(address).unwrap(), answer: vec![0; 64 * 1024] }
    }

    /// Sends one request, and reads until the answer ends with `end`.
    fn ask(&mut self, request: &[u8], end: &[u8]) -> &[u8] {
        self.stream.write_all(request).unwrap();
        let mut length = 0;
        while !self.answer[..length].ends_with(end) {
            let read = self.stream.read(&mut self.answer[length..]).unwrap();
            assert!(read > 0, "the edge closed: {}", String::from_utf8_lossy(&self.answer[..length]));
            length += read;
        }
        &self.answer[..length]
    }

    /// Allocations per request of this kind, once everything is warm.
    fn allocations(&mut self, what: &str, request: &[u8], expected: &[u8], end: &[u8]) -> f64 {
        for _ in 0..200 {
            let answer = self.ask(request, end);
            let head = String::from_utf8_lossy(answer);
            assert!(answer.starts_with(expected), "{what}: {head}");
        }
        let before = dhat::HeapStats::get().total_blocks;
        for _ in 0..REQUESTS {
            self.ask(request, end);
        }
        let blocks = dhat::HeapStats::get().total_blocks - before;
        let each = blocks as f64 / REQUESTS as f64;
        println!("{what}: {each:.3} allocations per request");
        each
    }
}

/// The count is a promise: a hit in front of hyper allocates nothing. What remains is the
/// cache's own upkeep, once in many reads.
#[test]
fn a_hit_allocates_nothing() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let mut reader = Reader::new(edge());
    // The first is a miss.
    reader.ask(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n", b"xxxx");

    let hit = b"GET /page HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nUser-Agent: test\r\n\r\n";
    assert!(reader.allocations("a hit", hit, b"HTTP/1.1 200", b"xxxx") < 0.05);
    let known = b"GET /page HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"a\"\r\n\r\n";
    assert!(reader.allocations("a 304", known, b"HTTP/1.1 304", b"\r\n\r\n") < 0.05);
    let head = b"HEAD /page HTTP/1.1\r\nHost: h\r\n\r\n";
    assert!(reader.allocations("a HEAD", head, b"HTTP/1.1 200", b"\r\n\r\n") < 0.05);
    // Through hyper: its request and response, our header map. Not a promise to be fast, but one
    // to notice when it doubles.
    let dated = b"GET /page HTTP/1.1\r\nHost: h\r\nIf-Modified-Since: Sat, 21 Nov 2026 17:00:00 GMT\r\n\r\n";
    assert!(reader.allocations("a hit through hyper", dated, b"HTTP/1.1 200", b"xxxx") < 40.0);
}
