//! One keep-alive connection with at most one request open.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::answer::{Answer, Expected};
use crate::error::{Context, Error, Result};

/// Of an answer that was wrong, shown in the message.
const SHOWN_BYTES_MAX: usize = 600;
const CONNECT_WAIT: Duration = Duration::from_secs(5);

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    answer: Answer,
    key: u32,
    sent_at: Instant,
    pub(super) is_open: bool,
}

impl Connection {
    pub(super) fn open(server: SocketAddr, now: Instant) -> Result<Connection> {
        let doing = || format!("connecting to {server}");
        let stream = std::net::TcpStream::connect_timeout(&server, CONNECT_WAIT).context(doing)?;
        stream.set_nodelay(true).context(doing)?;
        stream.set_nonblocking(true).context(doing)?;
        let stream = TcpStream::from_std(stream);
        Ok(Connection { stream, answer: Answer::default(), key: 0, sent_at: now, is_open: false })
    }

    /// A request is some hundred bytes to an empty socket: the kernel takes it whole.
    pub(super) fn send(&mut self, request: &[u8], key: u32, now: Instant) -> Result<()> {
        let written = self.stream.write(request).context(|| "sending a request".to_owned())?;
        if written < request.len() {
            return Err(Error::Usage(format!("the kernel took {written} of {} bytes of a request", request.len())));
        }
        (self.key, self.sent_at, self.is_open) = (key, now, true);
        Ok(())
    }

    /// Reads what is there. When that completes the answer: since when it was waited for.
    pub(super) fn receive(&mut self, buffer: &mut [u8], expected: Expected, received: &mut u64) -> Result<Option<Instant>> {
        loop {
            let length = match self.stream.read(buffer) {
                Ok(0) => return Err(self.wrong("the connection was closed", &[])),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error).context(|| "reading an answer".to_owned()),
            };
            let piece = buffer.get(..length).unwrap_or_default();
            *received += length as u64;
            if !self.is_open {
                return Err(self.wrong("bytes that nobody asked for", piece));
            }
            if self.answer.take(piece, self.key, expected).map_err(|what| self.wrong(&what, piece))? {
                self.is_open = false;
                return Ok(Some(self.sent_at));
            }
            // A read that did not fill the buffer has emptied the socket; the next bytes are a new event.
            if length < buffer.len() {
                return Ok(None);
            }
        }
    }

    fn wrong(&self, what: &str, piece: &[u8]) -> Error {
        let seen = piece.get(..SHOWN_BYTES_MAX).unwrap_or(piece);
        Error::WrongAnswer {
            asked: format!("key {:08}", self.key),
            what: what.to_owned(),
            seen: String::from_utf8_lossy(seen).into_owned(),
        }
    }
}
