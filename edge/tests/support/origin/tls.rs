//! An origin behind TLS: a private authority, HTTP/2 where it is offered, and a look at the
//! frames.

use std::{
    net::SocketAddr,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
    server::TlsStream,
};

/// What the origin offers by ALPN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    Http2,
    Http1,
}

/// One origin's certificate, and the authority that it comes from.
pub struct Tls {
    pub acceptor: TlsAcceptor,
    ca_pem: String,
}

impl Tls {
    /// For 127.0.0.1.
    pub fn new(offer: Offer) -> Tls {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = match offer {
            Offer::Http2 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Offer::Http1 => vec![b"http/1.1".to_vec()],
        };
        Tls { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: authority.pem() }
    }

    /// Writes the authority's certificate to a file for the origin at `address`.
    pub fn ca_file(&self, address: SocketAddr) -> PathBuf {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("ca-{}-{}.pem", std::process::id(), address.port()));
        std::fs::write(&path, &self.ca_pem).unwrap();
        path
    }
}

/// A connection whose HTTP/2 pings are counted, and which can fall silent without a word.
pub struct Watched {
    stream: TlsStream<TcpStream>,
    frozen: Arc<AtomicBool>,
    pings: Arc<AtomicUsize>,
    frames: Frames,
}

impl Watched {
    pub fn new(stream: TlsStream<TcpStream>, frozen: Arc<AtomicBool>, pings: Arc<AtomicUsize>) -> Watched {
        Watched { stream, frozen, pings, frames: Frames { skip: PREFACE_BYTES, head: Vec::new() } }
    }

    pub fn is_http2(&self) -> bool {
        self.stream.get_ref().1.alpn_protocol() == Some(b"h2")
    }

    fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::SeqCst)
    }
}

const PREFACE_BYTES: usize = 24;
const FRAME_HEAD_BYTES: usize = 9;
const PING: u8 = 6;
const ACK: u8 = 1;

/// Where in the stream of frames a connection is.
struct Frames {
    skip: usize,
    head: Vec<u8>,
}

impl Frames {
    /// Pings among what has just arrived.
    fn pings(&mut self, bytes: &[u8]) -> usize {
        let mut pings = 0;
        for &byte in bytes {
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            self.head.push(byte);
            if let [a, b, c, kind, flags, ..] = self.head[..]
                && self.head.len() == FRAME_HEAD_BYTES
            {
                self.skip = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap();
                self.head.clear();
                pings += usize::from(kind == PING && flags & ACK == 0);
            }
        }
        pings
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if self.is_frozen() {
            return Poll::Pending;
        }
        if self.is_http2() {
            let pings = self.frames.pings(&buffer.filled()[before..]);
            self.pings.fetch_add(pings, Ordering::SeqCst);
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        if self.is_frozen() { Poll::Pending } else { Pin::new(&mut self.stream).poll_write(context, bytes) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        if self.is_frozen() { Poll::Pending } else { Pin::new(&mut self.stream).poll_flush(context) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
