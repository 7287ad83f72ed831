//! `[tls]`: the relay's own certificate. Read and checked with the configuration, so that a pair that does not fit
//! is refused before anything listens, and a renewed one is taken over by a reload.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::inputs::why;
use super::reader::{At, Section, Wanted};
use super::secrets::Resolver;

/// The relay's certificate and key.
#[derive(Clone)]
pub struct Tls {
    /// The file of the certificate and what vouches for it, as configured.
    pub cert: PathBuf,
    /// The file of the private key, as configured.
    pub key: PathBuf,
    /// Both files as they are found, for looking at whether they have changed.
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

/// Reads `[tls]`. Paths are relative to the configuration's folder.
pub(super) fn read(section: &mut Section<'_>, resolver: &Resolver<'_>) -> Option<Tls> {
    let cert = section.string("cert", Wanted::new("a path", "\"cert.pem\""));
    let key = section.string("key", Wanted::new("a path", "\"key.pem\""));
    section.require(cert.is_some(), "cert", "\"cert.pem\"");
    section.require(key.is_some(), "key", "\"key.pem\"");
    let (cert, key) = (cert?, key?);
    let loaded = load(&cert, &key, resolver);
    let server = loaded.map_err(|(span, text)| section.note(span, text)).ok()?;
    Some(Tls {
        files: [&cert, &key].map(|at| resolver.dir.join(Path::new(&at.value))),
        cert: cert.value.into(),
        key: key.value.into(),
        server: Arc::new(server),
    })
}

type Wrong = (Range<usize>, String);

fn load(cert: &At<String>, key: &At<String>, resolver: &Resolver<'_>) -> Result<ServerConfig, Wrong> {
    let wrong = |at: &At<String>, name: &str, text: String| (at.span.clone(), format!("`{name}`: {text}"));
    let text = file(cert, resolver).map_err(|text| wrong(cert, "tls.cert", text))?;
    let chain = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|e| e.to_string()).and_then(|chain| match chain.is_empty() {
        true => Err("there is no `-----BEGIN CERTIFICATE-----` in it".to_owned()),
        false => Ok(chain),
    });
    let chain = chain.map_err(|why| {
        let text = format!("`{}` holds no certificate in PEM form: {why}", cert.value);
        wrong(cert, "tls.cert", text)
    })?;
    let text = file(key, resolver).map_err(|text| wrong(key, "tls.key", text))?;
    let private = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| {
        // Never more than the kind: the rest could be the key.
        let why = match error {
            pem::Error::NoItemsFound => {
                "there is no `-----BEGIN PRIVATE KEY-----` in it (a password is not supported)"
            }
            _ => "it is not PEM",
        };
        wrong(key, "tls.key", format!("`{}` holds no private key: {why}", key.value))
    })?;
    let key_at = key;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(cert, "tls", error.to_string()))?;
    let mut server = builder.with_no_client_auth().with_single_cert(chain, private).map_err(|error| {
        let (key, cert) = (&key.value, &cert.value);
        let text = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("the key in `{key}` does not belong to the certificate in `{cert}`")
            }
            error => format!("`{cert}` and `{key}` cannot be used: {error}"),
        };
        wrong(key_at, "tls.key", text)
    })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(server)
}

fn file(at: &At<String>, resolver: &Resolver<'_>) -> Result<String, String> {
    let path = resolver.dir.join(Path::new(&at.value));
    (resolver.inputs.read)(&path)
        .map_err(|error| format!("cannot read `{}`: {}", path.display(), why(&error)))
}
