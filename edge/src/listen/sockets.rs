//! The listening sockets: inherited from whoever started this process, or opened by it.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use listenfd::ListenFd;

/// Connections that the kernel keeps until they are accepted, for a socket opened here.
const BACKLOG: i32 = 4096;

/// Sockets that came with the start: systemd's `LISTEN_FDS`, named by `LISTEN_FDNAMES`.
#[derive(Debug, Default)]
pub struct Inherited {
    pub http: Option<TcpListener>,
    pub https: Option<TcpListener>,
    pub admin: Option<TcpListener>,
}

/// What was inherited is of no use.
#[derive(Debug, thiserror::Error)]
pub enum InheritError {
    #[error("LISTEN_FDNAMES: {0:?} is not one of http, https, admin")]
    Name(String),
    #[error("LISTEN_FDNAMES: {0} is named twice")]
    Twice(&'static str),
    #[error("the inherited socket {0} is no listening TCP socket: {1}")]
    Socket(usize, #[source] io::Error),
}

impl Inherited {
    /// Takes them out of the environment. To be called once, before there are threads.
    ///
    /// # Errors
    /// When there are sockets that cannot be used: to go on without them would mean to leave
    /// readers waiting in their queues.
    pub fn from_env() -> Result<Inherited, InheritError> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut sockets = ListenFd::from_env();
        let count = sockets.len();
        let mut names = names.split(':').map(str::to_owned);
        let mut inherited = Inherited::default();
        for index in 0..count {
            let name = names.next().unwrap_or_default();
            let (place, name) = match &*name {
                "https" => (&mut inherited.https, "https"),
                "admin" => (&mut inherited.admin, "admin"),
                "http" => (&mut inherited.http, "http"),
                // One alone need not be named: systemd calls it after its unit.
                _ if count == 1 => (&mut inherited.http, "http"),
                _ => return Err(InheritError::Name(name)),
            };
            let socket = sockets.take_tcp_listener(index).map_err(|error| InheritError::Socket(index, error))?;
            if place.replace(socket.ok_or_else(|| missing(index))?).is_some() {
                return Err(InheritError::Twice(name));
            }
        }
        Ok(inherited)
    }
}

fn missing(index: usize) -> InheritError {
    InheritError::Socket(index, io::ErrorKind::NotFound.into())
}

/// Opens a socket on `address`.
///
/// # Errors
/// When the address is taken or not this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpListener::bind(address)?;
    // Listening again sets the length of the queue, which the standard library keeps short.
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(socket)
}

/// Where readers connect.
#[derive(Debug)]
pub struct Listeners {
    pub http: TcpListener,
    pub https: Option<TcpListener>,
    /// Somebody else holds the sockets too, so that closing them here loses nothing.
    pub shared: bool,
}

impl Listeners {
    /// The same sockets once more, for another thread.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub fn again(&self) -> io::Result<Listeners> {
        let https = self.https.as_ref().map(TcpListener::try_clone).transpose()?;
        Ok(Listeners { http: self.http.try_clone()?, https, shared: self.shared })
    }
}

/// A socket as the runtime that calls this needs it.
///
/// # Errors
/// When the runtime cannot register it.
pub fn on_this_runtime(socket: TcpListener) -> io::Result<tokio::net::TcpListener> {
    socket.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(socket)
}
