//! TLS with certificates that can be replaced while connections go on.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{expiry::expiry, metrics::ConnectionMetrics};

/// Where the certificate comes from.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// PEM: this server's certificate first, then its issuers'.
    pub certificate: PathBuf,
    /// PEM: the certificate's private key.
    pub key: PathBuf,
    /// How often the files are looked at.
    pub reload_every: Duration,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{}: {source}", .path.display())]
    Read { path: PathBuf, source: pem::Error },
    #[error("{}: holds no certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The key is not the certificate's, or of no use.
    #[error("certificate and key: {0}")]
    Rejected(#[from] rustls::Error),
}

/// The certificate in use.
#[derive(Debug)]
pub struct Certificates {
    current: ArcSwap<CertifiedKey>,
    files: TlsFiles,
    metrics: ConnectionMetrics,
}

/// What the files hold.
struct Loaded {
    key: CertifiedKey,
    /// In seconds since 1970; `None` if that cannot be read, which keeps nobody from showing it.
    expires: Option<i64>,
}

/// Tells one state of a file from another, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl Certificates {
    /// # Errors
    /// When the files cannot be read or do not belong together.
    pub fn load(files: TlsFiles, metrics: ConnectionMetrics) -> Result<Certificates, TlsError> {
        let Loaded { key, expires } = read(&files)?;
        metrics.certificate_shown(expires);
        Ok(Certificates { current: ArcSwap::from_pointee(key), files, metrics })
    }

    /// Replaces the certificate for the handshakes to come whenever the files have changed, or
    /// when `reload` says so. What cannot be used changes nothing but metrics.
    pub async fn follow(self: Arc<Certificates>, reload: Arc<Notify>, shutdown: CancellationToken) {
        let mut seen = self.stamps().ok();
        loop {
            let asked = tokio::select! {
                () = shutdown.cancelled() => return,
                () = reload.notified() => true,
                () = tokio::time::sleep(self.files.reload_every) => false,
            };
            // Taken before the files are read: a change in between is seen the next time.
            let stamps = self.stamps().ok();
            if stamps == seen && !asked {
                continue;
            }
            seen = stamps;
            let certificates = Arc::clone(&self);
            let loaded = tokio::task::spawn_blocking(move || read(&certificates.files)).await;
            match loaded {
                Ok(Ok(Loaded { key, expires })) => {
                    self.metrics.certificate_shown(expires);
                    self.current.store(Arc::new(key));
                    tracing::info!(file = %self.files.certificate.display(), "the certificate was replaced");
                }
                Ok(Err(error)) => {
                    self.metrics.certificate_failed();
                    tracing::error!(%error, "the new certificate cannot be used; the old one stays");
                }
                Err(error) => tracing::error!(%error, "the certificate was not read"),
            }
        }
    }

    fn stamps(&self) -> io::Result<[Stamp; 2]> {
        Ok([Stamp::of(&self.files.certificate)?, Stamp::of(&self.files.key)?])
    }
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Stamp> {
        let meta = fs::metadata(path)?;
        Ok(Stamp { inode: meta.ino(), bytes: meta.len(), modified: (meta.mtime(), meta.mtime_nsec()) })
    }
}

fn read(files: &TlsFiles) -> Result<Loaded, TlsError> {
    let unreadable = |path: &PathBuf| {
        let path = path.clone();
        move |source| TlsError::Read { path, source }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate).map_err(unreadable(&files.certificate))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(unreadable(&files.certificate))?;
    let expires = expiry(chain.first().ok_or_else(|| TlsError::NoCertificate(files.certificate.clone()))?);
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(unreadable(&files.key))?;
    Ok(Loaded { key: CertifiedKey::from_der(chain, key, &ring::default_provider())?, expires })
}

/// Agrees on TLS 1.2 or 1.3 and on HTTP/2 or HTTP/1.1. Sessions are resumed by tickets.
///
/// # Errors
/// When the process has no randomness for the tickets' key.
pub fn acceptor(certificates: Arc<Certificates>) -> Result<TlsAcceptor, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12])?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = ring::Ticketer::new()?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
