//! One error type for the runner. Its text is what the person at the terminal reads, so each says what to do next.

use std::io;
use std::time::Duration;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{what} is missing: {how}")]
    Missing { what: String, how: String },
    /// Nobody answered, or nobody has it for this machine: not the fault of what was asked for.
    #[error("{what} fetched nothing:\n{said}")]
    Unreachable { what: String, said: String },
    #[error("{0}")]
    Failed(String),
    #[error("{context}: {source}")]
    Io { context: String, source: io::Error },
    #[error("{what}: not within {} s; last seen: {last}", limit.as_secs_f32())]
    Timeout { what: String, limit: Duration, last: String },
    #[error("stopped by a signal")]
    Interrupted,
    /// The last line already says it, and has to stay the last line.
    #[error("")]
    AlreadyTold,
    #[error("{0}\n`cargo stack help` lists the commands")]
    Usage(String),
}

impl Error {
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

/// Says what was being done when the operating system refused.
pub trait Context<T> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { context: doing(), source })
    }
}
