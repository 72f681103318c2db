//! `floor-bare --listen 127.0.0.1:PORT --bytes N [--pages N]`: the least that tokio can do for a request. Reads
//! until an empty line, writes fixed bytes. No HTTP implementation, no date, no routing. With `--pages`, each page has
//! bytes of its own, found by its number: what it costs that so much memory does not fit the processor's caches.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::rc::Rc;

use bench::{
    args::Args,
    error::{Context as _, Result, report},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

/// As the edge has it: it asks for huge pages, without which most of the cost of much memory is finding it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const REQUEST_BYTES_MAX: usize = 4096;

fn main() -> ExitCode {
    report(run())
}

fn run() -> Result<()> {
    let mut args = Args::from_env()?;
    let (listen, bytes, pages) = (args.required("listen")?, args.required("bytes")?, args.or("pages", 1)?);
    args.finish()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().build().context(|| "starting a runtime".to_owned())?;
    LocalSet::new().block_on(&runtime, serve(listen, bytes, pages))
}

async fn serve(listen: SocketAddr, bytes: usize, pages: usize) -> Result<()> {
    let listener = TcpListener::bind(listen).await.context(|| format!("listening on {listen}"))?;
    let mut response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncache-control: public, max-age=86400\r\n\
         etag: \"floor\"\r\nage: 1\r\ncache-status: floor; hit\r\ndate: Sun, 22 Nov 2026 17:00:00 GMT\r\ncontent-length: {bytes}\r\n\r\n"
    )
    .into_bytes();
    response.resize(response.len() + bytes, b'x');
    let response: Box<[u8]> = response.into();
    let responses: Rc<[Box<[u8]>]> = std::iter::repeat_n(response, pages.max(1)).collect();
    loop {
        let (stream, _) = listener.accept().await.context(|| "accepting".to_owned())?;
        stream.set_nodelay(true).context(|| "TCP_NODELAY".to_owned())?;
        tokio::task::spawn_local(connection(stream, Rc::clone(&responses)));
    }
}

async fn connection(mut stream: TcpStream, responses: Rc<[Box<[u8]>]>) {
    let mut buffer = [0; REQUEST_BYTES_MAX];
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest).await {
            Ok(0) | Err(_) => return,
            Ok(n) => filled += n,
        }
        if let Some(request) = buffer.get(..filled).filter(|request| request.ends_with(b"\r\n\r\n")) {
            filled = 0;
            let Some(response) = responses.get(number(request) % responses.len()) else { return };
            if stream.write_all(response).await.is_err() {
                return;
            }
        }
    }
}

/// The digits that the path ends with.
fn number(request: &[u8]) -> usize {
    let path = request.iter().skip("GET ".len()).take_while(|byte| **byte != b' ');
    path.fold(0, |number, byte| if byte.is_ascii_digit() { number * 10 + usize::from(byte - b'0') } else { 0 })
}
