//! HTTP/1.1 by hand, on one connection: nothing is retried, so that nothing is hidden.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub closes: bool,
}

/// Sends one request and reads its answer, by its length or chunks.
pub async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &str) -> io::Result<Answer> {
    stream.write_all(request.as_bytes()).await?;
    answer(stream).await
}

pub async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        more(stream, &mut bytes).await?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let mut body = bytes.split_off(end + 4);
    let field = |name: &str| head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim().to_owned()));
    let chunked = field("transfer-encoding").is_some();
    let length = field("content-length").map_or(0, |length| length.parse().unwrap());
    while if chunked { !body.ends_with(b"0\r\n\r\n") } else { body.len() < length } {
        more(stream, &mut body).await?;
    }
    let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
    let closes = field("connection").is_some_and(|value| value == "close");
    Ok(Answer { status, body, closes })
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, bytes: &mut Vec<u8>) -> io::Result<()> {
    match stream.read_buf(bytes).await? {
        0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("closed after {} bytes of an answer", bytes.len()))),
        _ => Ok(()),
    }
}
