//! TLS with an authority of its own, made at the start: nothing secret is kept anywhere.

use std::sync::Arc;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::connection_fault::ConnectionFault;

/// The names that the good certificate is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A server's certificate and who vouches for it.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate of the authority that a client is to trust, as PEM.
    pub(crate) authority: String,
}

struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> anyhow::Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(Self { params, key: KeyPair::generate()? })
    }
}

/// Makes an authority and a certificate, with the fault if there is one.
pub(crate) fn make(fault: Option<ConnectionFault>) -> anyhow::Result<Tls> {
    let authority = Authority::new("drill")?;
    let told = authority.params.self_signed(&authority.key)?.pem();
    let signer = match fault {
        Some(ConnectionFault::TlsUnknown) => Authority::new("drill, whom nobody knows")?,
        _ => authority,
    };
    let names: &[&str] = match fault {
        Some(ConnectionFault::TlsOtherName) => &["elsewhere.invalid"],
        _ => &NAMES,
    };
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    if fault == Some(ConnectionFault::TlsExpired) {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 1);
    }
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &Issuer::from_params(&signer.params, &signer.key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .context("the certificate that was made cannot be used")?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), authority: told })
}
