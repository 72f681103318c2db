//! Between the socket and hyper.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    hits::{Hits, Served},
    turn::Turn,
};
use crate::listen::{Stage, Stop};

/// What is read from a socket at once.
const READ_BYTES: usize = 16 * 1024;
/// Reads in which one head may arrive. A head in more pieces is hyper's, which does not read it
/// from its start every time.
const PIECES_MAX: u32 = 8;
/// Reads whose requests are answered before the other connections of this thread get their turn.
const READS_PER_POLL_MAX: u32 = 32;

/// What one thread's connections share: they run one after the other.
struct Scratch {
    input: Box<[u8]>,
    output: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> =
        RefCell::new(Scratch { input: vec![0; READ_BYTES].into_boxed_slice(), output: Vec::with_capacity(READ_BYTES) });
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// What comes next is the head of a request.
    Between,
    /// hyper has been given one whole request and is not done with it.
    Handed,
    /// hyper reads the socket itself, for good.
    Through,
}

/// A connection's bytes on their way to hyper, less the requests that were answered here.
pub struct Gate<I> {
    io: I,
    hits: Hits,
    turn: Arc<Turn>,
    stop: Stop,
    state: State,
    /// Read, and neither answered nor given to hyper yet.
    input: Vec<u8>,
    /// Whether `input` has bytes that nobody has looked at.
    unseen: bool,
    /// Reads since the head at hand began.
    pieces: u32,
    /// How many bytes of `input` hyper may have.
    owed: usize,
    /// An answer of ours that the socket has not taken yet.
    output: Vec<u8>,
    body: Bytes,
}

impl<I: AsyncRead + AsyncWrite + Unpin> Gate<I> {
    /// `turn` is the one that the service above hyper ends. While `stop` drains, every request is
    /// hyper's: its answer is the connection's last and says so.
    pub fn new(io: I, hits: Hits, turn: Arc<Turn>, stop: Stop) -> Gate<I> {
        Gate {
            io,
            hits,
            turn,
            stop,
            state: State::Between,
            input: Vec::new(),
            unseen: false,
            pieces: 0,
            owed: 0,
            output: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Whether part of a request is here.
    pub fn is_begun(&self) -> bool {
        begins(&self.input)
    }

    /// The socket, for a last word.
    pub fn into_io(self) -> I {
        self.io
    }

    /// Answers what can be answered here, until there is something for hyper (`Ready`), or
    /// nothing more to read.
    fn poll_between(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut served_here = 0;
            loop {
                let input = std::mem::take(&mut self.input);
                let fresh = if self.unseen {
                    0
                } else {
                    let mut buffer = ReadBuf::new(&mut scratch.input);
                    match Pin::new(&mut self.io).poll_read(context, &mut buffer) {
                        Poll::Ready(read) => read?,
                        Poll::Pending => {
                            self.input = input;
                            return Poll::Pending;
                        }
                    }
                    if buffer.filled().is_empty() {
                        // The end. hyper decides what an unfinished head is worth.
                        (self.owed, self.input, self.state) = (input.len(), input, State::Through);
                        return Poll::Ready(Ok(()));
                    }
                    buffer.filled().len()
                };
                self.unseen = false;
                scratch.output.clear();
                let served = if input.is_empty() {
                    let served = self.hits.serve(&scratch.input[..fresh], &mut scratch.output);
                    self.input.extend_from_slice(&scratch.input[served.consumed()..fresh]);
                    served
                } else {
                    let mut input = input;
                    input.extend_from_slice(&scratch.input[..fresh]);
                    let served = self.hits.serve(&input, &mut scratch.output);
                    input.drain(..served.consumed());
                    // An idle connection keeps no buffer.
                    self.input = if input.is_empty() { Vec::new() } else { input };
                    served
                };
                served_here += 1;
                let body = self.settle(served);
                self.send(context, &scratch.output, body)?;
                if self.state != State::Between {
                    return Poll::Ready(Ok(()));
                }
                ready!(self.poll_send(context))?;
                if served_here == READS_PER_POLL_MAX {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        })
    }

    /// Takes over how the requests at hand were dealt with. Returns what the last answer lacks.
    fn settle(&mut self, served: Served) -> Bytes {
        self.pieces = if served.consumed() > 0 { 0 } else { self.pieces + 1 };
        match served {
            Served::All { .. } if self.input.len() >= self.hits.limits().bytes || self.pieces > PIECES_MAX => self.open(),
            Served::All { .. } => {}
            Served::Large { body, .. } => {
                self.unseen = !self.input.is_empty();
                return body;
            }
            Served::Hand { len, .. } => {
                self.turn.hand_over();
                (self.state, self.owed) = (State::Handed, len);
            }
            Served::Open { .. } => self.open(),
        }
        Bytes::new()
    }

    fn open(&mut self) {
        self.turn.hand_over();
        (self.state, self.owed) = (State::Through, self.input.len());
    }

    /// Writes what the socket takes at once and keeps the rest.
    fn send(&mut self, context: &mut Context<'_>, head: &[u8], body: Bytes) -> io::Result<()> {
        self.body = body;
        if head.is_empty() {
            return Ok(());
        }
        let taken = match self.poll_write_once(context, head) {
            Poll::Ready(taken) => taken?,
            Poll::Pending => 0,
        };
        if taken < head.len() {
            self.output.extend_from_slice(&head[taken..]);
        } else {
            self.body.advance(taken - head.len());
        }
        Ok(())
    }

    /// One write of `head` and the body behind it.
    fn poll_write_once(&mut self, context: &mut Context<'_>, head: &[u8]) -> Poll<io::Result<usize>> {
        let io = Pin::new(&mut self.io);
        let written = if self.body.is_empty() {
            ready!(io.poll_write(context, head))?
        } else {
            ready!(io.poll_write_vectored(context, &[io::IoSlice::new(head), io::IoSlice::new(&self.body)]))?
        };
        if written == 0 { Poll::Ready(Err(io::ErrorKind::WriteZero.into())) } else { Poll::Ready(Ok(written)) }
    }

    /// Ready when everything that was said here has left.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.output.is_empty() || !self.body.is_empty() {
            let output = std::mem::take(&mut self.output);
            let written = self.poll_write_once(context, &output);
            self.output = output;
            let written = ready!(written)?;
            let of_head = written.min(self.output.len());
            self.output.drain(..of_head);
            self.body.advance(written - of_head);
            if self.output.is_empty() {
                self.output = Vec::new();
            }
        }
        Pin::new(&mut self.io).poll_flush(context)
    }

    /// hyper waits for its own answer to end, or for the client to go away in the meantime.
    fn poll_handed(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.input.is_empty() {
            return Poll::Pending;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(&mut scratch.input);
            ready!(Pin::new(&mut self.io).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.input.extend_from_slice(buffer.filled());
            self.unseen = true;
            Poll::Pending
        })
    }

    fn give(&mut self, cursor: &mut ReadBufCursor<'_>) {
        let given = self.owed.min(cursor.remaining());
        cursor.put_slice(&self.input[..given]);
        self.input.drain(..given);
        self.owed -= given;
        if self.input.is_empty() {
            self.input = Vec::new();
        }
        self.unseen = self.owed == 0 && !self.input.is_empty();
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Read for Gate<I> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, mut cursor: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.owed == 0 {
            ready!(this.poll_send(context))?;
            if this.state == State::Between && this.stop.is(Stage::Draining) {
                this.open();
            }
            match this.state {
                _ if this.owed > 0 => {}
                State::Between => ready!(this.poll_between(context))?,
                State::Handed => return this.poll_handed(context),
                State::Through => return this.poll_through(context, cursor),
            }
        }
        this.give(&mut cursor);
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Gate<I> {
    fn poll_through(&mut self, context: &mut Context<'_>, mut cursor: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        SCRATCH.with_borrow_mut(|scratch| {
            let length = cursor.remaining().min(READ_BYTES);
            let mut buffer = ReadBuf::new(&mut scratch.input[..length]);
            ready!(Pin::new(&mut self.io).poll_read(context, &mut buffer))?;
            cursor.put_slice(buffer.filled());
            Poll::Ready(Ok(()))
        })
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> Write for Gate<I> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(context))?;
        Pin::new(&mut this.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(context))?;
        Pin::new(&mut this.io).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(context))?;
        if this.turn.is_answered() && this.owed == 0 {
            // hyper has written its last byte of that answer and asks for the next request.
            this.turn.hand_over();
            if this.state == State::Handed {
                this.state = State::Between;
                context.waker().wake_by_ref();
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(context))?;
        Pin::new(&mut this.io).poll_shutdown(context)
    }
}

/// Whether a request begins in these bytes: an empty line before one is none (RFC 9112 §2.2).
pub fn begins(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| !matches!(byte, b'\r' | b'\n'))
}
