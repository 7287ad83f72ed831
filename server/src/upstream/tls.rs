//! TLS towards upstreams and proxies: rustls with ring, the platform's roots, the bundled ones where there are none.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The versions of HTTP that are offered in the handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Offer {
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2, or else HTTP/1.1.
    Both,
    /// HTTP/2 only.
    Http2,
}

impl Offer {
    const ALL: [Self; 3] = [Self::Http1, Self::Both, Self::Http2];

    fn protocols(self) -> &'static [&'static str] {
        match self {
            Self::Http1 => &["http/1.1"],
            Self::Both => &["h2", "http/1.1"],
            Self::Http2 => &["h2"],
        }
    }
}

/// One configuration for each offer, made at the first use: reading the platform's roots takes some milliseconds.
#[derive(Default)]
pub(crate) struct Tls(OnceLock<Result<[Arc<ClientConfig>; 3], String>>);

impl Tls {
    /// Makes TLS over a connected stream.
    pub(crate) async fn connect<S>(&self, stream: S, host: &str, offer: Offer) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let configs = self.0.get_or_init(configs).as_ref().map_err(|why| io::Error::other(why.clone()))?;
        let config = Arc::clone(&configs[offer as usize]);
        let name = rustls::pki_types::ServerName::try_from(host.to_owned())
            .map_err(|_| io::Error::other(format!("`{host}` is not a name that TLS can check")))?;
        TlsConnector::from(config).connect(name, stream).await
    }
}

fn configs() -> Result<[Arc<ClientConfig>; 3], String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?;
    let config = match Verifier::new(provider) {
        Ok(verifier) => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        Err(error) => {
            tracing::warn!(%error, "the platform has no trusted roots: using the bundled ones");
            let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    Ok(Offer::ALL.map(|offer| {
        let mut config = config.clone();
        config.alpn_protocols = offer.protocols().iter().map(|name| name.as_bytes().to_vec()).collect();
        Arc::new(config)
    }))
}
