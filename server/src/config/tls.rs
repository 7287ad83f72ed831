//! `[tls]`: the relay's own certificate. Read and checked with the configuration, so that a pair that does not fit
//! is refused before anything listens, and a renewed one is taken over by a reload.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::forms::words;
use super::inputs::why;
use super::reader::Section;
use super::secrets::Resolver;
use super::table::{Form, Key, lay, record};

/// The relay's certificate and key.
#[derive(Clone)]
pub struct Tls {
    /// The file of the certificate and what vouches for it, as configured.
    pub cert: PathBuf,
    /// The file of the private key, as configured.
    pub key: PathBuf,
    /// Both files as they are found.
    pub(crate) files: [PathBuf; 2],
    server: Arc<ServerConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("cert", &self.cert).field("key", &self.key).finish_non_exhaustive()
    }
}

impl Tls {
    /// Shakes hands with this certificate: HTTP/2 where the client knows it, HTTP/1.1 where not.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }
}

record! {
    /// `[tls]` as it is given.
    Given => Tls;
    cert: String, words("a path", "\"cert.pem\""), |tls| Some(tls.cert.display().to_string());
    key: String, words("a path", "\"key.pem\""), |tls| Some(tls.key.display().to_string());
}

/// Reads `[tls]`. Paths are relative to the configuration's folder.
pub(super) fn read(section: &mut Section<'_>) -> Option<Tls> {
    let Given { cert, key } = Given::read(section);
    section.require(cert.is_some(), "cert", "\"cert.pem\"");
    section.require(key.is_some(), "key", "\"key.pem\"");
    let (cert, key) = (cert?, key?);
    let from = section.resolver();
    match load(&cert, &key, from) {
        Ok(server) => Some(Tls {
            files: [&cert, &key].map(|name| from.dir.join(name)),
            cert: cert.into(),
            key: key.into(),
            server: Arc::new(server),
        }),
        Err((at, why)) => {
            section.get(at)?.note(format_args!(": {why}"));
            None
        }
    }
}

/// The server's half of TLS, or the key at fault and why.
fn load(cert: &str, key: &str, from: &Resolver<'_>) -> Result<ServerConfig, (&'static str, String)> {
    let chain = chain(cert, from).map_err(|why| ("cert", why))?;
    let private = private(key, from).map_err(|why| ("key", why))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ("cert", error.to_string()))?;
    let mut server = builder.with_no_client_auth().with_single_cert(chain, private).map_err(|error| {
        let why = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("the key in `{key}` does not belong to the certificate in `{cert}`")
            }
            error => format!("`{cert}` and `{key}` cannot be used: {error}"),
        };
        ("key", why)
    })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(server)
}

fn chain(name: &str, from: &Resolver<'_>) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = file(name, from)?;
    let chain = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
    let why = match chain {
        Ok(chain) if !chain.is_empty() => return Ok(chain),
        Ok(_) => "there is no `-----BEGIN CERTIFICATE-----` in it".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(format!("`{name}` holds no certificate in PEM form: {why}"))
}

fn private(name: &str, from: &Resolver<'_>) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(file(name, from)?.as_bytes()).map_err(|error| {
        // Never more than the kind: the rest could be the key.
        let why = match error {
            pem::Error::NoItemsFound => {
                "there is no `-----BEGIN PRIVATE KEY-----` in it (a password is not supported)"
            }
            _ => "it is not PEM",
        };
        format!("`{name}` holds no private key: {why}")
    })
}

fn file(name: &str, from: &Resolver<'_>) -> Result<String, String> {
    let path = from.dir.join(name);
    (from.inputs.read)(&path).map_err(|error| format!("cannot read `{}`: {}", path.display(), why(&error)))
}
