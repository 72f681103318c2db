//! What a connection is doing, as far as its limits care: seen from the socket and from the
//! answers, so that it holds for anything that parses requests in between.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One connection's. Everything is relaxed: it only decides when to look at a clock.
#[derive(Debug, Default)]
pub struct Activity {
    /// The last bytes that moved: none yet, towards us, or towards the reader.
    last: AtomicU8,
    /// Bytes went out, or an answer changed hands, since the last look.
    progressed: AtomicBool,
    /// The socket takes no more at the moment.
    blocked: AtomicBool,
    /// Answers that are not complete.
    answering: AtomicU32,
    /// Those of them that wait for the edge or the origin, not for the reader.
    ours: AtomicU32,
    leaving: AtomicBool,
    /// Shorter writes are no progress, in bytes.
    least: AtomicU32,
    /// Requests that were answered, and those that the reader took back before.
    answered: AtomicU32,
    reset: AtomicU32,
}

const READ: u8 = 1;
const WRITTEN: u8 = 2;

/// Whose turn it is, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The reader's, to begin or to end a request's head.
    Head,
    /// The reader's, to send another request.
    Idle,
    /// The reader's, to take what has been answered.
    Taking,
    /// The edge's or the origin's; they have limits of their own.
    Ours,
}

impl Activity {
    pub fn turn(&self) -> Turn {
        if self.blocked.load(Relaxed) {
            Turn::Taking
        } else if self.ours.load(Relaxed) > 0 {
            Turn::Ours
        } else if self.answering.load(Relaxed) > 0 {
            Turn::Taking
        } else if self.last.load(Relaxed) == WRITTEN {
            Turn::Idle
        } else {
            Turn::Head
        }
    }

    /// Whether anything went on since the last time this was asked.
    pub fn progressed(&self) -> bool {
        // Mostly there was: a plain load keeps the line unwritten when there was not.
        self.progressed.load(Relaxed) && self.progressed.swap(false, Relaxed)
    }

    /// Forgets what a handshake has moved.
    pub fn begin(&self) {
        self.last.store(0, Relaxed);
    }

    /// The shortest write that counts as progress, in bytes: HTTP/2 answers a reader's pings
    /// for ever.
    pub fn count_writes_from(&self, least: u32) {
        self.least.store(least, Relaxed);
    }

    /// Asks an HTTP/2 connection to take no more requests.
    pub fn leave(&self) {
        self.leaving.store(true, Relaxed);
    }

    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Relaxed)
    }

    /// Whether the reader took back more than `limit` of its requests, and most of them.
    pub fn resets_beyond(&self, limit: u32) -> bool {
        let reset = self.reset.load(Relaxed);
        reset > limit && reset > self.answered.load(Relaxed)
    }

    fn progress(&self) {
        self.progressed.store(true, Relaxed);
    }
}

/// One answer, from its request to its last byte.
#[derive(Debug)]
pub struct Answering {
    activity: Arc<Activity>,
    ours: bool,
    answered: bool,
}

impl Answering {
    pub fn begin(activity: &Arc<Activity>) -> Answering {
        activity.answering.fetch_add(1, Relaxed);
        activity.ours.fetch_add(1, Relaxed);
        activity.progress();
        Answering { activity: Arc::clone(activity), ours: true, answered: false }
    }

    /// It waits for the edge or the origin, or else for the reader.
    pub fn set_ours(&mut self, ours: bool) {
        if ours == self.ours {
            return;
        }
        self.ours = ours;
        if ours {
            self.activity.ours.fetch_add(1, Relaxed);
        } else {
            self.activity.ours.fetch_sub(1, Relaxed);
        }
        self.activity.progress();
    }

    pub fn progress(&self) {
        self.activity.progress();
    }

    /// The answer's head is there: it is no longer a request that was taken back.
    pub fn answered(&mut self) {
        self.answered = true;
        self.set_ours(false);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.set_ours(false);
        self.activity.answering.fetch_sub(1, Relaxed);
        let ended = if self.answered { &self.activity.answered } else { &self.activity.reset };
        ended.fetch_add(1, Relaxed);
        self.activity.progress();
    }
}

/// A socket whose reads and writes are noted. It goes below TLS, which takes bytes that the
/// socket does not.
#[derive(Debug)]
pub struct Noted<I> {
    io: I,
    activity: Arc<Activity>,
}

impl<I> Noted<I> {
    pub fn new(io: I, activity: Arc<Activity>) -> Noted<I> {
        Noted { io, activity }
    }

    fn note(&self, written: &Poll<std::io::Result<usize>>) {
        match written {
            Poll::Ready(Ok(bytes)) => {
                self.activity.blocked.store(false, Relaxed);
                if *bytes >= self.activity.least.load(Relaxed) as usize {
                    self.activity.last.store(WRITTEN, Relaxed);
                    self.activity.progress();
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.blocked.store(true, Relaxed),
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Noted<I> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.last.store(READ, Relaxed);
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Noted<I> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
