//! Certificates made for a test, and a client that trusts one of them.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::EdgeBuilder;

/// A certificate for `edge.test`, signed by itself.
pub struct Certificate {
    pub der: CertificateDer<'static>,
    certificate_pem: String,
    key_pem: String,
}

impl Certificate {
    pub fn new() -> Certificate {
        let made = rcgen::generate_simple_self_signed(["edge.test".to_owned()]).unwrap();
        let (certificate_pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
        Certificate { der: made.cert.der().clone(), certificate_pem, key_pem }
    }

    pub fn pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Connects with ALPN `protocols`, or does not.
    pub async fn connect(&self, address: SocketAddr, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        self.secure(TcpStream::connect(address).await?, protocols).await
    }

    /// The same on a connection that is open.
    pub async fn secure(&self, stream: TcpStream, protocols: &[&str]) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let mut config = config.with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("edge.test").unwrap(), stream).await
    }
}

/// The files an edge reads, in a folder of their own; removed when it is dropped.
pub struct Files(PathBuf);

impl Files {
    pub fn with(certificate: &Certificate) -> Files {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("edge-tls-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let files = Files(std::env::temp_dir().join(name));
        fs::create_dir_all(&files.0).unwrap();
        files.write(certificate);
        files
    }

    pub fn certificate(&self) -> PathBuf {
        self.0.join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.join("key.pem")
    }

    /// As certificate managers do it: each file whole or not at all.
    pub fn write(&self, certificate: &Certificate) {
        replace(&self.key(), &certificate.key_pem);
        replace(&self.certificate(), &certificate.certificate_pem);
    }

    pub fn write_certificate(&self, text: &str) {
        replace(&self.certificate(), text);
    }

    /// Settings of an edge that speaks TLS and looks at these files often.
    pub fn set(&self, edge: EdgeBuilder) -> EdgeBuilder {
        edge.set("EDGE_TLS_LISTEN", "127.0.0.1:0")
            .set("EDGE_TLS_CERT_FILE", self.certificate().display())
            .set("EDGE_TLS_KEY_FILE", self.key().display())
            .set("EDGE_TLS_RELOAD_MS", 50)
    }
}

fn replace(path: &Path, text: &str) {
    let unfinished = path.with_extension("new");
    fs::write(&unfinished, text).unwrap();
    fs::rename(unfinished, path).unwrap();
}

impl Drop for Files {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
