//! `floor-bare --listen 127.0.0.1:PORT --bytes N`: the least that tokio can do for a request. Reads
//! until an empty line, writes fixed bytes. No HTTP implementation, no date, no routing.

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

const REQUEST_BYTES_MAX: usize = 4096;

fn main() -> ExitCode {
    report(run())
}

fn run() -> Result<()> {
    let mut args = Args::from_env()?;
    let (listen, bytes) = (args.required("listen")?, args.required("bytes")?);
    args.finish()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_io().build().context(|| "starting a runtime".to_owned())?;
    LocalSet::new().block_on(&runtime, serve(listen, bytes))
}

async fn serve(listen: SocketAddr, bytes: usize) -> Result<()> {
    let listener = TcpListener::bind(listen).await.context(|| format!("listening on {listen}"))?;
    let mut response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncache-control: public, max-age=86400\r\n\
         etag: \"floor\"\r\nage: 1\r\ncache-status: floor; hit\r\ndate: Sun, 22 Nov 2026 17:00:00 GMT\r\ncontent-length: {bytes}\r\n\r\n"
    )
    .into_bytes();
    response.resize(response.len() + bytes, b'x');
    let response: Rc<[u8]> = response.into();
    loop {
        let (stream, _) = listener.accept().await.context(|| "accepting".to_owned())?;
        stream.set_nodelay(true).context(|| "TCP_NODELAY".to_owned())?;
        tokio::task::spawn_local(connection(stream, Rc::clone(&response)));
    }
}

async fn connection(mut stream: TcpStream, response: Rc<[u8]>) {
    let mut buffer = [0; REQUEST_BYTES_MAX];
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest).await {
            Ok(0) | Err(_) => return,
            Ok(n) => filled += n,
        }
        if buffer.get(..filled).is_some_and(|request| request.ends_with(b"\r\n\r\n")) {
            filled = 0;
            if stream.write_all(&response).await.is_err() {
                return;
            }
        }
    }
}
