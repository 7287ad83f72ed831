//! A connection to a relay, with TLS or without. Every read and write has a deadline.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use tempfile::TempDir;

use crate::client::LIFE;
use crate::fail;

/// A connection.
pub struct Wire {
    tcp: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// The system's.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let tcp = TcpStream::connect_timeout(&address, Duration::from_secs(10))?;
        tcp.set_nodelay(true)?;
        tcp.set_write_timeout(Some(LIFE))?;
        tcp.set_read_timeout(Some(LIFE))?;
        Ok(Self { tcp, tls: None })
    }

    /// Connects, and shakes hands for one of these protocols.
    ///
    /// # Errors
    /// The system's, or why the handshake failed.
    pub fn encrypted(address: SocketAddr, identity: &Identity, alpn: &[&str]) -> io::Result<Self> {
        let mut wire = Self::connect(address)?;
        let mut config = ClientConfig::clone(&identity.trust);
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let mut tls = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        while tls.is_handshaking() {
            tls.complete_io(&mut wire.tcp)?;
        }
        wire.tls = Some(Box::new(tls));
        Ok(wire)
    }

    /// The socket below.
    #[must_use]
    pub fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// The protocol that the handshake agreed on.
    #[must_use]
    pub fn protocol(&self) -> Option<String> {
        let protocol = self.tls.as_ref()?.alpn_protocol()?;
        Some(String::from_utf8_lossy(protocol).into_owned())
    }

    /// The certificate that the relay showed.
    #[must_use]
    pub fn certificate(&self) -> Option<CertificateDer<'static>> {
        Some(self.tls.as_ref()?.peer_certificates()?.first()?.clone().into_owned())
    }

    /// How long the next read may wait.
    ///
    /// # Errors
    /// The system's.
    pub fn patience(&self, left: Duration) -> io::Result<()> {
        self.tcp.set_read_timeout(Some(left.max(Duration::from_millis(1))))
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => self.tcp.read(buffer),
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.tcp).read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            None => self.tcp.write(bytes),
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.tcp).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.tls {
            None => self.tcp.flush(),
            Some(tls) => rustls::Stream::new(tls.as_mut(), &mut self.tcp).flush(),
        }
    }
}

/// A certificate of `localhost` with its key, in files, and a client's trust in it.
pub struct Identity {
    folder: TempDir,
    trust: Arc<ClientConfig>,
    /// The certificate.
    pub certificate: CertificateDer<'static>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file("cert.pem"))
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self::new()
    }
}

impl Identity {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| fail("no temporary folder", error));
        let (trust, certificate) = make(&folder);
        Self { folder, trust, certificate }
    }

    /// One that trusts what `other` trusts now, in files of its own.
    #[must_use]
    pub fn copy_of(other: &Self) -> Self {
        let copy = Self::new();
        Self { trust: Arc::clone(&other.trust), certificate: other.certificate.clone(), ..copy }
    }

    /// Puts another pair into the same files, and trusts that from now on.
    pub fn renew(&mut self) {
        (self.trust, self.certificate) = make(&self.folder);
    }

    /// The path of `cert.pem` or `key.pem`.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

fn make(folder: &TempDir) -> (Arc<ClientConfig>, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let made = made.unwrap_or_else(|error| fail("no certificate", error));
    for (name, text) in [("cert.pem", made.cert.pem()), ("key.pem", made.signing_key.serialize_pem())] {
        if let Err(error) = std::fs::write(folder.path().join(name), text) {
            fail(&format!("cannot write {name}"), error);
        }
    }
    let certificate = made.cert.der().clone();
    let mut roots = RootCertStore::empty();
    if let Err(error) = roots.add(certificate.clone()) {
        fail("the certificate cannot be trusted", error);
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap_or_else(|error| fail("no TLS", error))
        .with_root_certificates(roots)
        .with_no_client_auth();
    (Arc::new(config), certificate)
}
