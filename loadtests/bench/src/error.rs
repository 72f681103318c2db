//! What can go wrong while measuring. Each ends the run: a figure of a server that answered
//! wrongly is worth nothing.

use std::io;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Usage(String),
    #[error("{doing}: {source}")]
    Io { doing: String, source: io::Error },
    /// The server under test answered, but not with what was asked for.
    #[error("asked for {asked}, answered wrongly: {what}\n{seen}")]
    WrongAnswer { asked: String, what: String, seen: String },
    #[error("no answer for {0} s with {1} requests open")]
    Silence(u64, usize),
    #[error("hyper: {0}")]
    Http(#[from] hyper::Error),
}

/// Says what was being done when the operating system refused.
pub trait Context<T> {
    /// # Errors
    /// The same failure, with what was being done.
    fn context(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { doing: doing(), source })
    }
}

/// Ends a program: what went wrong to standard error.
pub fn report(outcome: Result<()>) -> std::process::ExitCode {
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
